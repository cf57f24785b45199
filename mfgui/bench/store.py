"""What was computed, kept on disk by keys that are hashes of all it depends on.

Below the folder of a table lie ``cache/pictures`` and ``cache/scores``. A fused picture is a float
TIFF, so that nothing is lost by rounding; its focus map lies beside it as PNG of labels. The
record, JSON, is written last: without it the picture does not count. Scores are one JSON file for
each picture, with a value or a reason for each measure that was asked for so far. Every file is
written atomically, so that a table that was killed at any moment can go on.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mfgui import __version__
from mfgui.core.arrays import ImageF32, LabelArray, Size
from mfgui.core.errors import MfguiError
from mfgui.files import atomic, maps
from mfgui.files.images import read_image, write_image
from mfgui.files.reports import write_json
from mfgui.methods.metrics.measures import Score

SCHEMA = 1
# Their versions decide numbers.
_LIBRARIES = ("numpy", "scipy", "opencv-python-headless", "numba", "PyWavelets", "scikit-image")
_INFINITE = {"infinity": math.inf, "-infinity": -math.inf}


def versions(*, torch: bool = False) -> dict[str, str]:
    """Versions that decide the numbers of a table: of the program and of its libraries."""
    found = {"mfgui": __version__}
    for name in (*_LIBRARIES, *(("torch",) if torch else ())):
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def python_version() -> str:
    """Recorded, but not part of a key."""
    return platform.python_version()


def key_of(content: Mapping[str, object]) -> str:
    """SHA-256 of JSON with sorted names.

    >>> key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})
    True
    """
    text = json.dumps({"schema": SCHEMA, **content}, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Store:
    """The cache below the folder of a table; `picture_key` and `score_key` are made by `key_of`."""

    folder: Path

    def prepare(self) -> None:
        """Make the folders; raises OutputError when that is refused."""
        for place in (self._pictures, self._scores):
            with atomic.writing(place):
                place.mkdir(parents=True, exist_ok=True)

    @property
    def _pictures(self) -> Path:
        return self.folder / "cache" / "pictures"

    @property
    def _scores(self) -> Path:
        return self.folder / "cache" / "scores"

    def picture_path(self, key: str) -> Path:
        return self._pictures / f"{key}.tif"

    def map_path(self, key: str) -> Path:
        return self._pictures / f"{key}.png"

    def record(self, key: str) -> dict[str, Any] | None:
        """How the picture was made; None when there is none."""
        found = _read_json(self._pictures / f"{key}.json")
        if found is None or not self.picture_path(key).is_file():
            return None
        return found

    def forget(self, picture_key: str, score_key: str) -> None:
        """Compute these again; raises OutputError when they cannot be removed."""
        record = self._pictures / f"{picture_key}.json"
        for path in (record, self._scores / f"{score_key}.json"):
            with atomic.writing(path):
                path.unlink(missing_ok=True)

    def picture(self, key: str, *, k: int) -> tuple[ImageF32, LabelArray | None] | None:
        """Image and map; None when they are not there or damaged."""
        record = self.record(key)
        if record is None:
            return None
        try:
            image = read_image(self.picture_path(key))
            height, width = image.shape[:2]
            labels = None
            if record.get("map"):
                labels = maps.read_map(self.map_path(key), k=k, size=Size(width, height))
        except MfguiError:
            return None
        return image, labels

    def keep_picture(
        self,
        key: str,
        image: ImageF32,
        labels: LabelArray | None,
        *,
        k: int,
        record: Mapping[str, object],
    ) -> None:
        """Write the picture, its map and, last, its record."""
        write_image(self.picture_path(key), image, depth="float32")
        if labels is not None:
            atomic.write_bytes(self.map_path(key), maps.encoded_map(labels, k=k))
        write_json(self._pictures / f"{key}.json", {**record, "map": labels is not None})

    def scores(self, key: str) -> dict[str, Score]:
        """The scores of a picture by the key of their column."""
        found = _read_json(self._scores / f"{key}.json") or {}
        values = found.get("scores")
        if not isinstance(values, dict):
            return {}
        return {name: _score(entry) for name, entry in values.items()}

    def keep_scores(self, key: str, scores: Mapping[str, Score], about: Mapping[str, str]) -> None:
        """Write all scores of a picture; `about` says of which, for people."""
        entries = {name: score_entry(score) for name, score in sorted(scores.items())}
        write_json(self._scores / f"{key}.json", {**about, "scores": entries})


def score_entry(score: Score) -> dict[str, object]:
    """A score as JSON, which has no infinity: the PSNR of a perfect picture is a text."""
    value: object = score.value
    if score.value is not None and math.isinf(score.value):
        value = "infinity" if score.value > 0 else "-infinity"
    return {"value": value, **({"why": score.why} if score.why else {})}


def _score(entry: Mapping[str, Any]) -> Score:
    value = entry.get("value")
    if isinstance(value, str):
        value = _INFINITE.get(value)
    return Score(None if value is None else float(value), str(entry.get("why", "")))


def _read_json(path: Path) -> dict[str, Any] | None:
    """A file of ours; None when it is missing or damaged, as if it had never been written."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
