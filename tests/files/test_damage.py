"""Files with random damage: read, or refused in one line, never anything else."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mfgui.core.errors import MfguiError
from mfgui.files.images import read_image, read_proxy
from tests.files.pictures import bytes8, camera_block, ink_profile, pillow_bytes, wide_profile


def tiff_bytes(**options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, bytes8(), photometric="rgb", **options)
    return buffer.getvalue()


def whole_files() -> dict[str, bytes]:
    picture = Image.fromarray(bytes8())
    block = b"Exif\0\0" + camera_block(orientation=6)
    return {
        "jpg": pillow_bytes(picture, "JPEG", exif=block, icc_profile=wide_profile()),
        "inks": pillow_bytes(picture.convert("CMYK"), "JPEG", icc_profile=ink_profile()),
        "png": pillow_bytes(picture, "PNG", icc_profile=wide_profile(), exif=block),
        "palette": pillow_bytes(picture.convert("P"), "PNG"),
        "webp": pillow_bytes(picture, "WEBP", icc_profile=wide_profile(), exif=block),
        "bmp": pillow_bytes(picture, "BMP"),
        "ppm": pillow_bytes(picture, "PPM"),
        "tif": tiff_bytes(iccprofile=wide_profile()),
        "lzw": tiff_bytes(compression="lzw", predictor=True),
        "tiles": tiff_bytes(compression="zlib", tile=(16, 16)),
        "jpeg in tif": tiff_bytes(compression="jpeg"),
    }


def outcome(read: Callable[[Path], Any], path: Path) -> tuple[Any, str]:
    """The pixels, or the line of the refusal; anything else goes through."""
    try:
        return read(path), ""
    except MfguiError as error:
        return None, str(error)


@pytest.mark.parametrize("kind", sorted(whole_files()))
@settings(max_examples=30)
@given(data=st.data())
def test_that_damage_is_read_or_refused(
    kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    damaged = bytearray(whole_files()[kind])
    places = st.one_of(st.integers(0, 200), st.integers(0, len(damaged) - 1))
    for at in data.draw(st.lists(places, min_size=1, max_size=4)):
        damaged[at] = data.draw(st.sampled_from([0, 1, 127, 128, 255]))
    end = data.draw(st.integers(1, 2 * len(damaged)))
    path = tmp_path_factory.getbasetemp() / "damaged.bin"
    path.write_bytes(damaged[:end])
    for read in (read_image, read_proxy):
        found, line = outcome(read, path)
        assert "\n" not in line
        assert str(path) in line or found.shape[2] in (1, 3)
