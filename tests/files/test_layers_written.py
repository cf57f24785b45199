from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import Image

from mfgui import __version__
from mfgui.core.errors import OutputError, UsageError
from mfgui.files import images, layers
from tests.files.pictures import bytes8, camera_block, wide_profile, words16

exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
NAMES = ["near.tif", "middle é.tif", "far.tif"]


def asked(path: Path, *options: str) -> dict[str, Any]:
    call = ["exiftool", "-json", "-G1", "-a", "-n", *options, str(path)]
    answer = json.loads(subprocess.run(call, capture_output=True, check=True).stdout)
    return dict(answer[0])


def frames_of(kind: str) -> list[npt.NDArray[Any]]:
    make = bytes8 if kind == "uint8" else words16
    frames = [make(seed=seed) for seed in range(3)]
    if kind == "float32":
        return [(frame / 65535).astype(np.float32) for frame in frames]
    return [frame[..., :1] for frame in frames] if kind == "grey" else frames


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32", "grey"])
def test_that_others_read_every_layer(kind: str, tmp_path: Path) -> None:
    path, frames = tmp_path / "a.tif", frames_of(kind)
    icc = wide_profile() if kind != "grey" else None
    notices = layers.write_layers(path, frames, NAMES, icc=icc, camera=camera_block(orientation=6))
    assert notices == ()
    with tifffile.TiffFile(path) as file:
        assert len(file.pages) == 3
        for number, (page, frame) in enumerate(zip(file.pages, frames, strict=True)):
            np.testing.assert_array_equal(page.asarray(), frame.squeeze())
            assert page.tags[285].value == NAMES[number].replace("é", "?")
            assert page.tags[297].value == (number, 3)
            assert page.iccprofile == icc
    if kind == "uint8":
        with Image.open(path) as picture:
            assert picture.n_frames == 3
            for number, frame in enumerate(frames):
                picture.seek(number)
                np.testing.assert_array_equal(np.asarray(picture), frame)


@exiftool
def test_that_exiftool_finds_names_camera_and_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    layers.write_layers(path, frames_of("uint16"), NAMES, camera=camera_block(orientation=6))
    found = asked(path, "-all", "-validate", "-warning")
    assert found["IFD0:PageName"] == "near.tif"
    assert found["IFD2:PageName"] == "far.tif"
    assert found["IFD0:Make"] == "Canon"
    assert found["IFD0:Orientation"] == 1
    assert found["IFD0:Software"] == f"mfgui {__version__}"
    assert found["ExifIFD:ExifImageWidth"] == 36
    assert "ExifTool:Error" not in found


def test_that_layers_are_opened_as_a_stack(tmp_path: Path) -> None:
    path, frames = tmp_path / "a.tif", frames_of("uint16")
    layers.write_layers(path, frames, NAMES, icc=wide_profile())
    stack = images.read_stack([path])
    assert stack.k == 3
    for index, frame in enumerate(frames):
        np.testing.assert_array_equal(stack.pixels(index), frame)


def test_that_large_files_get_long_offsets_and_say_what_they_lose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "_CLASSIC_LIMIT", 1000)
    path, frames = tmp_path / "a.tif", frames_of("uint16")
    notices = layers.write_layers(path, frames, NAMES, camera=camera_block())
    assert notices == ("of the camera data only texts are kept in TIFF files above 4 GB",)
    assert path.read_bytes()[:4] == b"II+\0"
    with tifffile.TiffFile(path) as file:
        np.testing.assert_array_equal(file.asarray(), np.stack(frames))
        assert file.pages[0].tags[271].value == "Canon"


def test_that_frames_are_asked_for_one_by_one(tmp_path: Path) -> None:
    written: list[int] = []

    def frames() -> Iterator[npt.NDArray[Any]]:
        for number in range(3):
            (temporary,) = tmp_path.glob(".mfgui-*") if number else (None,)
            written.append(temporary.stat().st_size if temporary else 0)
            yield frames_of("uint16")[number]

    layers.write_layers(tmp_path / "a.tif", frames(), NAMES)
    assert written[0] == 0
    assert written[2] > 0 or written[1] >= 0
    assert len(tifffile.imread(tmp_path / "a.tif")) == 3


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits memory as Linux does")
def test_that_mapped_frames_do_not_fill_memory(tmp_path: Path) -> None:
    shape = (2000, 3000, 3)
    frame = np.memmap(tmp_path / "frame", np.uint16, "w+", shape=shape)
    frame[:] = np.arange(3000, dtype=np.uint16)[:, np.newaxis]
    frame.flush()
    program = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from mfgui.files.layers import write_layers\n"
        "def anon():\n"
        "    lines = Path('/proc/self/status').read_text().splitlines()\n"
        "    return next(int(s.split()[1]) for s in lines if s.startswith('RssAnon'))\n"
        "peak = []\n"
        f"frames = (np.memmap({str(tmp_path / 'frame')!r}, np.uint16, 'r', shape={shape})\n"
        "          for _ in range(8) if not peak.append(anon()))\n"
        f"write_layers(Path({str(tmp_path / 'a.tif')!r}), frames, [str(i) for i in range(8)])\n"
        "print(max(peak) - peak[0])\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert answer.stderr == ""
    assert int(answer.stdout) < 36_000  # a frame has 36 MB


def test_that_wrong_layers_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"layers are written as TIFF; end its name with \.tif"):
        layers.write_layers(tmp_path / "a.png", frames_of("uint8"), NAMES)
    unlike = [*frames_of("uint8")[:2], bytes8(height=5)]
    with pytest.raises(ValueError, match="frame 3 differs"):
        layers.write_layers(tmp_path / "a.tif", unlike, NAMES)
    with pytest.raises(OutputError, match="the folder does not exist"):
        layers.write_layers(tmp_path / "no" / "a.tif", frames_of("uint8"), NAMES)
    assert list(tmp_path.iterdir()) == []


def description_of(path: Path) -> dict[str, Any]:
    with Image.open(path) as picture:
        text = picture.info["Description"] if path.suffix == ".png" else picture.tag_v2[270]
    return dict(json.loads(text))


@pytest.mark.parametrize("name", ["depth.png", "depth.tif"])
def test_that_depths_can_be_computed_from_the_file_alone(name: str, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    depth = random.uniform(1, 30, (40, 50)).astype(np.float32)
    depth[0, :3] = (1, 30, np.nan)
    layers.write_depth(tmp_path / name, depth, low=1, high=30)
    with Image.open(tmp_path / name) as picture:
        values = np.asarray(picture).astype(np.float64)
    meaning = description_of(tmp_path / name)
    assert (values[0, 0], values[0, 1], values[0, 2]) == (1, 65535, 0)
    assert (meaning["map"], meaning["unknown"]) == ("depth", 0)
    found = eval(
        meaning["depth"], {"value": values, "low": meaning["low"], "high": meaning["high"]}
    )
    known = values != meaning["unknown"]
    assert np.array_equal(known, np.isfinite(depth))
    assert np.abs(found - depth)[known].max() <= 29 / 65534 / 2 * 1.01


def test_that_labels_are_depths_and_what_lies_outside_is_unknown(tmp_path: Path) -> None:
    labels = np.array([[1, 2, 3], [0, 255, 2]], np.uint8)
    layers.write_depth(tmp_path / "a.png", labels, low=1, high=3, unit="number of the source")
    values = np.asarray(Image.open(tmp_path / "a.png"))
    np.testing.assert_array_equal(values, [[1, 32768, 65535], [0, 0, 32768]])


def test_that_floats_keep_the_values_themselves(tmp_path: Path) -> None:
    depth = np.array([[1.25, 2.5], [np.nan, 9]], np.float32)
    layers.write_depth(tmp_path / "a.tif", depth, low=1, high=3, stored="float32", unit="mm")
    np.testing.assert_array_equal(
        tifffile.imread(tmp_path / "a.tif"), np.array([[1.25, 2.5], [np.nan, np.nan]], np.float32)
    )
    assert description_of(tmp_path / "a.tif")["unit"] == "mm"


@pytest.mark.parametrize("name", ["c.png", "c.tif"])
def test_that_confidence_fills_the_range(name: str, tmp_path: Path) -> None:
    values = np.array([[0, 0.5, 1], [-1, 2, np.nan]], np.float32)
    layers.write_confidence(tmp_path / name, values)
    with Image.open(tmp_path / name) as picture:
        np.testing.assert_array_equal(np.asarray(picture), [[0, 32768, 65535], [0, 65535, 0]])
    assert description_of(tmp_path / name)["confidence"] == "value / 65535"


@exiftool
@pytest.mark.parametrize("name", ["depth.png", "depth.tif"])
def test_that_exiftool_reads_the_scale(name: str, tmp_path: Path) -> None:
    layers.write_depth(tmp_path / name, np.ones((4, 5), np.float32), low=0, high=2)
    found = asked(tmp_path / name, "-all", "-validate", "-warning")
    tag = "PNG:Description" if name.endswith("png") else "IFD0:ImageDescription"
    assert json.loads(found[tag])["high"] == 2
    # Deflate is no part of the TIFF of the EXIF standard.
    deflate = "Invalid value for IFD0 tag 0x0103 Compression"
    assert found.get("ExifTool:Warning", deflate) == deflate


def test_that_a_wrong_name_for_a_map_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"need 16 bits; end its name with \.png or \.tif"):
        layers.write_confidence(tmp_path / "a.jpg", np.ones((2, 2), np.float32))
    with pytest.raises(UsageError, match=r"PNG holds no floats; end its name with \.tif"):
        layers.write_depth(tmp_path / "a.png", np.ones((2, 2)), low=0, high=1, stored="float32")
