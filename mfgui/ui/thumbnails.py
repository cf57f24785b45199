"""Small pictures for lists, and the folder that keeps those of recent sets."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPixmap, QPixmapCache

from mfgui.core.pyramid import Picture

log = logging.getLogger(__name__)

LIST_SIDE = 216  # three times the shown side
RECENT_SIDE = 320  # twice the shown side


def thumbnail(picture: Picture, *, side: int = LIST_SIDE) -> QPixmap:
    """A pixmap at most `side` wide and high, made from the level just above that size."""
    largest = max(picture.size.width, picture.size.height)
    level = picture.levels[picture.level_for(min(1.0, side / largest))]
    height, width = level.shape[:2]
    image = QImage(level.data, width, height, level.strides[0], QImage.Format.Format_RGB32)
    pixmap = QPixmap.fromImage(image)
    if max(width, height) <= side:
        return pixmap
    return pixmap.scaled(
        side,
        side,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )


def filling(pixmap: QPixmap, size: QSize, *, scale: float) -> QPixmap:
    """`pixmap` scaled to cover `size` at the screen's `scale`, cut to its middle."""
    name = f"filling {pixmap.cacheKey()} {size.width()} {size.height()} {scale}"
    kept = QPixmap()
    if QPixmapCache.find(name, kept):
        return kept
    target = size * scale
    covering = pixmap.scaled(
        target,
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
    left = (covering.width() - target.width()) // 2
    top = (covering.height() - target.height()) // 2
    cut = covering.copy(left, top, target.width(), target.height())
    cut.setDevicePixelRatio(scale)
    QPixmapCache.insert(name, cut)
    return cut


class RecentThumbnails:
    """One small JPEG for each recent set, named by the paths of the set."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, paths: tuple[str, ...]) -> QPixmap | None:
        """The picture of a set, None when none was kept."""
        pixmap = QPixmap(str(self._file(paths)))
        return None if pixmap.isNull() else pixmap

    def save(self, paths: tuple[str, ...], picture: Picture) -> None:
        """Keep the picture of a set; a failure is logged, for it must not stop the work."""
        file = self._file(paths)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            log.warning("%s: %s", file.parent, error)
            return
        if not thumbnail(picture, side=RECENT_SIDE).save(str(file), "JPG", 85):
            log.warning("%s was not written", file)

    def keep_only(self, sets: tuple[tuple[str, ...], ...]) -> None:
        """Remove pictures of sets that are no longer listed."""
        wanted = {self._file(paths) for paths in sets}
        for file in self._folder.glob("*.jpg"):
            if file not in wanted:
                file.unlink(missing_ok=True)

    def _file(self, paths: tuple[str, ...]) -> Path:
        digest = hashlib.sha256("\n".join(paths).encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / f"{digest[:24]}.jpg"
