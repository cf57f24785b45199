"""Pictures of the window for README and guide: made here, compared with the committed ones.

With ``MFGUI_WRITE_PICTURES=1`` in the environment they are written anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from skimage.metrics import structural_similarity

from mfgui.core.arrays import ImageU8

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
LEAST_SIMILARITY = 0.9  # curves and times differ a little between machines
_SMALL = {
    ".png": [cv2.IMWRITE_PNG_COMPRESSION, 9],
    ".jpg": [cv2.IMWRITE_JPEG_QUALITY, 82, cv2.IMWRITE_JPEG_OPTIMIZE, 1],
}


def check_picture(widget: QWidget, name: str, *, suffix: str = ".png") -> None:
    """The widget looks as in ``docs/pictures/NAME.png``, or ``.jpg`` where there are many."""
    check_pixels(pixels_of(widget.grab().toImage()), name, suffix=suffix)


def check_pixels(shown: ImageU8, name: str, *, suffix: str = ".png") -> None:
    """(h, w, 3) uint8, red first, look as the committed picture."""
    path = PICTURES / f"{name}{suffix}"
    if os.environ.get("MFGUI_WRITE_PICTURES"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(suffix, shown[..., ::-1], _SMALL[suffix])[1].tobytes())
    kept = cv2.imread(str(path))[..., ::-1]
    assert kept.shape == shown.shape
    alike = structural_similarity(reduced(kept), reduced(shown), data_range=255)
    assert alike >= LEAST_SIMILARITY


def pixels_of(image: QImage) -> ImageU8:
    """(h, w, 3) uint8, red first."""
    converted = image.convertToFormat(QImage.Format.Format_RGB888)
    data = np.frombuffer(converted.constBits(), np.uint8)
    rows = data.reshape(converted.height(), converted.bytesPerLine())
    # Copied, for the image takes its memory with it.
    return rows[:, : converted.width() * 3].reshape(converted.height(), -1, 3).copy()


def reduced(pixels: ImageU8) -> ImageU8:
    """Grey at half size, so that a line moved by one pixel weighs little."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
