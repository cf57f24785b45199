"""What the machine has: processor, memory, disk. Nothing is imported that starts slowly."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


@dataclass(frozen=True)
class Memory:
    """Bytes of main memory; None where the system does not tell."""

    total: int | None
    available: int | None


def processor_name() -> str:
    """Marketing name of the processor, else its architecture."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name" and value.strip():
                return " ".join(value.split())
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine() or "processor"


def memory(*, meminfo: Path = Path("/proc/meminfo")) -> Memory:
    """Main memory, within the limit of the container if there is one."""
    if sys.platform == "win32":
        return _windows_memory()
    total, available = _total(), None
    try:
        rows = (line.split() for line in meminfo.read_text(encoding="ascii").splitlines())
        kilobytes = {row[0].rstrip(":"): int(row[1]) for row in rows if len(row) > 1}
        available = kilobytes["MemAvailable"] * 1024
    except (OSError, KeyError, ValueError):
        pass  # macOS has no such file
    limit = _container_limit()
    if limit is not None and (total is None or limit < total):
        total = limit
        available = limit if available is None else min(limit, available)
    return Memory(total, available)


def return_memory() -> None:
    """Give back what was freed: the allocator of Linux keeps some hundred megabytes of it."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library has its own ways
            ctypes.CDLL(None).malloc_trim(0)


def free_disk(folder: Path) -> int:
    """Free bytes where `folder` is or would be made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _total() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def _container_limit() -> int | None:
    for path in _CGROUP_LIMITS:
        try:
            return int(path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue  # absent, or the word "max"
    return None


def _windows_memory() -> Memory:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "available", *"abcde")),
        )

    status = Status(length=ctypes.sizeof(Status))
    if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):  # type: ignore[attr-defined]
        return Memory(None, None)
    return Memory(int(status.total), int(status.available))
