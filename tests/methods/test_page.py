"""The page on the methods is true, see `tests.methods.page`.

With ``MFGUI_WRITE_PICTURES=1`` in the environment page and pictures are written anew.
"""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.methods import registry
from mfgui.methods.registry import FUSING, MAPPING
from tests.methods.page import page, strip

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = DOCS / "pictures" / "methods"
WRITING = bool(os.environ.get("MFGUI_WRITE_PICTURES"))
SHOWN = [m for m in registry.built_in() if m.kind in {*FUSING, *MAPPING}]


def test_that_the_page_says_what_the_methods_say():
    text = page(SHOWN)
    if WRITING:
        (DOCS / "methods.md").write_text(text, encoding="utf-8")
    assert (DOCS / "methods.md").read_text(encoding="utf-8") == text


def test_that_the_page_shows_no_picture_of_what_is_gone():
    assert {path.stem for path in PICTURES.iterdir()} == {method.name for method in SHOWN}


@pytest.mark.parametrize("method", SHOWN, ids=lambda method: method.name)
def test_that_the_picture_is_what_the_method_gives(method):
    made = strip(method)
    path = PICTURES / f"{method.name}.jpg"
    if WRITING:
        PICTURES.mkdir(parents=True, exist_ok=True)
        coded = cv2.imencode(".jpg", made[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])[1]
        path.write_bytes(coded.tobytes())
    kept = cv2.imread(str(path))[..., ::-1]
    assert kept.shape == made.shape
    # The codec alone differs by 3 grey levels; the enlarged errors of a fusion gone wrong by more.
    assert np.abs(kept.astype(np.float32) - made).mean() < 6.0
