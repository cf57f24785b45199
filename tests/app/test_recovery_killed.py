"""A process that is killed while it edits and saves loses nothing that was kept."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "crash.py"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_that_a_killed_process_loses_nothing_that_was_kept() -> None:
    done = subprocess.run(
        [sys.executable, str(_SCRIPT), "--kills", "5", "--side", "128", "--seed", "3"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 killed, 0 with a loss" in done.stdout
