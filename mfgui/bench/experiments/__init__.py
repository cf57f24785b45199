"""Experiments of the papers, and others, on sets of images: what is varied, and what comes of it.

Each module has a `Study`: its jobs, what one job computes, and how the rows are summarised and
drawn. `cases` reads the sets, `recipes` names methods, `frame` carries a study out, keeps what is
done and writes the files.
"""

from __future__ import annotations

NAMES = ("robustness", "window", "expansion", "convergence", "matrix", "sensitivity")
