"""Start of the command line: `mfgui --help` and `mfgui fuse A B -o OUT`, process start to end.

The rival, in the same run on the same machine, is a Python that only imports NumPy and OpenCV:

    python benchmarks/cli_start.py A.tif B.tif [--repeat 5]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

RIVAL = [sys.executable, "-c", "import numpy, cv2"]


def seconds(command: Sequence[str], *, repeat: int) -> list[float]:
    """Wall-clock seconds of `repeat` runs after one warm-up, each from start to exit."""
    taken = []
    for _ in range(repeat + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - began)
    return taken[1:]


def main() -> None:
    """Print one line per command: median, minimum, ratio to the rival, limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pair", nargs=2, type=Path, help="two source images")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    mfgui = [sys.executable, "-m", "mfgui"]
    with tempfile.TemporaryDirectory() as folder:
        fused = str(Path(folder) / "fused.png")
        commands = [
            ("python -c 'import numpy, cv2'", RIVAL, None),
            ("mfgui --help", [*mfgui, "--help"], 0.3),
            ("mfgui fuse A B", [*mfgui, "fuse", *map(str, options.pair), "-o", fused], 3.0),
        ]
        rival = 0.0
        for name, command, limit in commands:
            taken = seconds(command, repeat=options.repeat)
            median = statistics.median(taken)
            rival = rival or median
            verdict = "" if limit is None else f"   limit {limit:.1f} s"
            print(
                f"{name:<30} median {median:6.3f} s   best {min(taken):6.3f} s   "
                f"{median / rival:5.2f} x rival{verdict}"
            )


if __name__ == "__main__":
    main()
