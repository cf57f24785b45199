"""How the loops of MFF-SSIM are compiled.

numba compiles a function on its first call and keeps the machine code on disk, so that only the
first run after an installation waits for it. The functions hold no interpreter lock.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding

# Loops over many arrays are only vectorised after a check that these do not overlap; LLVM gives
# up beyond 8 comparisons, where the loops here need up to 40 (once per row).
llvmlite.binding.set_option("mfgui", "-runtime-memory-check-threshold=64")

# No reassociation: running sums and Q shall not depend on the width of vectors.
ARITHMETIC: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract", "nnan", "ninf", "nsz", "arcp"},
}
# For sums of a row that are not carried on.
SUMMING: dict[str, Any] = {**ARITHMETIC, "fastmath": True}
