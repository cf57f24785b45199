"""What `mfgui fuse` and `mfgui align` write beside and around a picture, read by other programs."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import Image, ImageCms

from mfgui.app import headless
from mfgui.cli.main import run as main
from mfgui.core.errors import OutputError
from mfgui.files import images, layers, spaces
from tests.files.camera_heads import main_tags, shot_tags, tiff
from tests.files.pictures import camera_block, wide_profile

HEIGHT, WIDTH = 96, 150
THIRD = WIDTH // 3


@pytest.fixture(autouse=True)
def compiled_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops are compiled when they are first needed here, not all of them before."""
    monkeypatch.setattr(headless.compiled, "ready", lambda: True)


def shown(number: int) -> npt.NDArray[np.uint8]:
    """Frame 0, 1 or 2 of a stack: sharp in its third from the left, more blurred further away."""
    noise = np.random.default_rng(4).random((HEIGHT, WIDTH, 3))
    scene = cv2.GaussianBlur(noise, (0, 0), 1.0)
    scene = np.clip((scene - 0.5) * 2.5 + 0.5, 0, 1)
    frame = np.empty_like(scene)
    for third in range(3):
        part = slice(third * THIRD, (third + 1) * THIRD)
        distance = abs(third - number)
        blurred = cv2.GaussianBlur(scene, (0, 0), 2.5 * distance) if distance else scene
        frame[:, part] = blurred[:, part]
    return np.rint(frame * 255).astype(np.uint8)


@pytest.fixture
def stack(tmp_path: Path) -> list[str]:
    """Three frames with camera data, a place and a profile of their own."""
    folder = tmp_path / "orchid"
    folder.mkdir()
    paths = []
    for number in range(3):
        paths.append(str(folder / f"DSC_{number + 1}.png"))
        options: dict[str, Any] = {"exif": camera_block(), "icc_profile": wide_profile()}
        Image.fromarray(shown(number)).save(paths[-1], **options)
    return paths


def fused(stack: list[str], out: Path, *options: str, method: str = "composite") -> None:
    assert main(["fuse", *stack, "-o", str(out), "--method", method, *options]) == 0


def read(path: Path) -> Image.Image:
    """A picture with its tags by Pillow, its file closed."""
    return Image.open(io.BytesIO(path.read_bytes()))


def meaning(path: Path) -> dict[str, Any]:
    """What the description of a map says."""
    picture = read(path)
    if path.suffix == ".png":
        picture.load()
        text = picture.info["Description"]
    else:
        text = picture.getexif()[270]
    found: dict[str, Any] = json.loads(text)
    return found


def comment(path: Path) -> str:
    """The user comment."""
    data = read(path).getexif().get_ifd(0x8769).get(0x9286, b"")
    return bytes(data)[8:].decode() if data[:8] == b"ASCII\0\0\0" else ""


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg", ".webp"])
def test_that_the_method_stands_in_the_camera_data(
    suffix: str, stack: list[str], tmp_path: Path
) -> None:
    out = tmp_path / f"a{suffix}"
    fused(stack, out, "-p", "detector=variance")
    assert comment(out).startswith("mfgui: 3 frames fused with composite")
    tags = read(out).getexif()
    assert tags[271] == "Canon"
    assert tags.get_ifd(0x8825)[1] == "N"


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg", ".webp"])
def test_that_the_place_can_be_left_out(suffix: str, stack: list[str], tmp_path: Path) -> None:
    out = tmp_path / f"a{suffix}"
    layered = tmp_path / "layers.tif"
    fused(stack, out, "--drop-location", "--save-layers", str(layered))
    for path in (out, layered):
        tags = read(path).getexif()
        assert tags[271] == "Canon"
        assert not tags.get_ifd(0x8825)
        assert b"\x03\x00\x00\x00\x30\x00\x00\x00\x01" not in path.read_bytes()  # its latitude


def test_that_a_format_without_camera_data_tells_of_no_loss_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [str(tmp_path / f"{number}.bmp") for number in range(2)]
    for number, path in enumerate(paths):
        Image.fromarray(shown(number)).save(path)
    assert main(["fuse", *paths, "-o", str(tmp_path / "out.bmp"), "--method", "average"]) == 0
    assert capsys.readouterr().err == ""


def in_space(path: Path, name: spaces.SpaceName) -> npt.NDArray[np.float64]:
    """8-bit pixels of a file with a profile, by LittleCMS through Pillow."""
    picture = read(path)
    source = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
    target = ImageCms.ImageCmsProfile(io.BytesIO(spaces.profile(name)))
    converted = ImageCms.profileToProfile(picture, source, target)
    assert converted is not None
    return np.asarray(converted, np.float64)


def agrees(found: npt.NDArray[np.uint8], expected: npt.NDArray[np.float64]) -> None:
    """Within rounding; in 8 bits LittleCMS is further off where it is dark."""
    difference = np.abs(found - expected)
    assert np.percentile(difference, 99) <= 1
    assert difference.mean() < 0.5


@pytest.mark.parametrize("name", list(spaces.SPACES))
def test_that_pictures_and_layers_come_in_the_space_asked_for(
    name: spaces.SpaceName, stack: list[str], tmp_path: Path
) -> None:
    plain, out, layered = (tmp_path / text for text in ("p.png", "a.png", "l.tif"))
    fused(stack, plain, method="average")
    fused(stack, out, "--space", name, "--save-layers", str(layered), method="average")
    pictures = (read(out), read(layered))
    assert [picture.info["icc_profile"] for picture in pictures] == [spaces.profile(name)] * 2
    assert read(plain).info["icc_profile"] == wide_profile()
    agrees(np.asarray(pictures[0]), in_space(plain, name))
    pages = tifffile.imread(layered)
    for page, source in zip(pages, stack, strict=True):
        agrees(page, in_space(Path(source), name))


def test_that_layers_are_the_frames(stack: list[str], tmp_path: Path) -> None:
    layered = tmp_path / "layers.tif"
    fused(stack, tmp_path / "a.png", "--save-layers", str(layered), method="average")
    with tifffile.TiffFile(layered) as file:
        names = [page.tags[285].value for page in file.pages]
        pages = [page.asarray() for page in file.pages]
    assert names == ["DSC_1.png", "DSC_2.png", "DSC_3.png"]
    for number, page in enumerate(pages):
        np.testing.assert_array_equal(page, shown(number))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_that_depth_and_confidence_of_a_stack_are_told(
    suffix: str, stack: list[str], tmp_path: Path
) -> None:
    depth, sure = tmp_path / f"d{suffix}", tmp_path / f"c{suffix}"
    options = ["--align", "off", "--save-depth", str(depth), "--save-confidence", str(sure)]
    fused(stack, tmp_path / "a.tif", *options, method="photo")
    scale, stored = meaning(depth), cv2.imread(str(depth), cv2.IMREAD_UNCHANGED)
    assert stored.dtype == np.uint16
    assert (scale["low"], scale["high"], scale["unknown"]) == (1, 3, 0)
    found = 1 + (stored.astype(float) - 1) / 65534 * 2
    inner = [found[8:-8, third * THIRD + 8 : (third + 1) * THIRD - 8] for third in range(3)]
    places = [float(np.median(part)) for part in inner]
    assert places == pytest.approx([1, 2, 3], abs=0.3) or places == pytest.approx(
        [3, 2, 1], abs=0.3
    )
    assert meaning(sure)["map"] == "confidence"
    values = cv2.imread(str(sure), cv2.IMREAD_UNCHANGED)
    assert (values.dtype, values.shape) == (np.uint16, (HEIGHT, WIDTH))
    assert len(np.unique(values)) > 10


def test_that_the_depth_of_other_methods_is_their_map(stack: list[str], tmp_path: Path) -> None:
    depth, used = tmp_path / "d.png", tmp_path / "m.png"
    fused(stack, tmp_path / "a.png", "--save-depth", str(depth), "--save-map", str(used))
    stored = cv2.imread(str(depth), cv2.IMREAD_UNCHANGED)
    labels = cv2.imread(str(used), cv2.IMREAD_UNCHANGED)
    assert set(np.unique(labels)) == {1, 2, 3}
    np.testing.assert_array_equal(1 + (stored.astype(int) - 1) / 32767, labels)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--method", "average", "--save-depth", "d.png"], "average knows no depth"),
        (["--method", "gff", "--save-confidence", "c.png"], "gff knows no confidence"),
        (["--save-depth", "d.jpg"], "depth and confidence need 16 bits; end its name with .png"),
        (["--save-layers", "l.png"], "layers are written as TIFF"),
        (["--space", "cmyk"], "no colour space 'cmyk'; use srgb, display-p3"),
        (["--save-depth", "a.png"], "two outputs have the same name"),
        (["--save-layers", "none/l.tif"], "the folder does not exist"),
        (["--report", "{naem}.json"], "no field {naem} in names of outputs; use "),
        (["--save-depth", "{name.png"], "has a brace without its partner; write {{ or }}"),
    ],
)
def test_that_what_cannot_be_is_refused_before_any_work(
    options: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["fuse", "none1.png", "none2.png", "-o", "a.png", *options]) in (2, 5)
    assert said in one_line(capsys)
    assert list(tmp_path.iterdir()) == []


def test_that_a_confidence_that_was_not_told_is_a_note(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Two frames without any structure: there is nothing to invert.
    flat = [str(tmp_path / f"{number}.png") for number in range(2)]
    for path in flat:
        Image.fromarray(np.full((40, 60, 3), 128, np.uint8)).save(path)
    out, sure = tmp_path / "a.png", tmp_path / "c.png"
    options = ["--align", "off", "--exposure", "off", "--save-confidence", str(sure)]
    fused(flat, out, *options, method="photo")
    assert (out.exists(), sure.exists()) == (True, False)
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "mfgui: note: c.png: not written, photo told none of these frames"


def test_that_a_failure_beside_the_picture_leaves_the_picture(
    stack: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(path: Path, *_arguments: object, **_options: object) -> None:
        raise OutputError("the disk is full", path=path)

    monkeypatch.setattr(layers, "write_layers", full)
    out = tmp_path / "a.png"
    arguments = ["fuse", *stack, "-o", str(out), "--method", "average"]
    assert main([*arguments, "--save-layers", str(tmp_path / "l.tif")]) == 5
    assert f"the disk is full; {out} was written" in one_line(capsys)
    assert out.exists()


def test_that_names_are_filled_in(
    stack: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    depth = out / "{name}-depth.png"
    template = out / "{folder}_{first}-{last}_{count:02}_{method}_{date:%Y%m%d}_{{x}}.tif"
    fused(stack, template, "--save-depth", str(depth))
    names = sorted(path.name for path in out.iterdir())
    written = "orchid_DSC_1-DSC_3_03_composite_20240506_{x}.tif"
    assert names == ["DSC_1-depth.png", written]
    assert capsys.readouterr().out.startswith(f"{out / written}: 150 x 96, 3 sources")


def test_that_parameters_and_folders_fill_names_in(stack: list[str], tmp_path: Path) -> None:
    options = ["-o", str(tmp_path / "{name}-{iterations}.png"), "-p", "iterations=2"]
    folder = str(Path(stack[0]).parent)
    assert main(["fuse", folder, *options, "-p", "detector=variance"]) == 0
    assert (tmp_path / "DSC_1-2.png").exists()


@pytest.fixture
def two_stacks(tmp_path: Path) -> Path:
    """A folder with two stacks of three frames, four minutes apart."""
    folder = tmp_path / "card"
    folder.mkdir()
    for number, minute in enumerate((1, 1, 1, 5, 5, 5)):
        taken = datetime(2026, 5, 3, 14, minute, number).strftime("%Y:%m:%d %H:%M:%S")
        block = tiff(main_tags(), shot_tags(taken))
        Image.fromarray(shown(number % 3)).save(folder / f"IMG_{number}.png", exif=block)
    return folder


SEVERAL = (
    "mfgui: note: IMG_3.png: here the second of 2 stacks by their times of capture begins; "
    "fuse each alone: name its files, or use a batch with the rule time"
)


def test_that_several_stacks_in_a_folder_are_told_once(
    two_stacks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fused([str(two_stacks)], tmp_path / "a.png", method="average")
    assert one_line(capsys) == SEVERAL


def test_that_several_stacks_are_told_before_anything_is_decoded(
    two_stacks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = two_stacks / "IMG_0.png"
    data = first.read_bytes()
    first.write_bytes(data[:-3000] + bytes(1000) + data[-2000:])
    arguments = ["fuse", str(two_stacks), "-o", str(tmp_path / "a.png"), "--method", "average"]
    assert main(arguments) == 3
    told, failed = capsys.readouterr().err.splitlines()
    assert told == SEVERAL
    assert "IMG_0.png" in failed


def test_that_aligned_frames_are_written_as_layers_too(stack: list[str], tmp_path: Path) -> None:
    out, layered = tmp_path / "aligned", tmp_path / "layers.tif"
    options = ["--layers", str(layered), "--depth", "16", "--space", "srgb", "--drop-location"]
    assert main(["align", *stack, "-o", str(out), *options]) == 0
    single = [tifffile.imread(path) for path in sorted(out.glob("*.tif"))]
    pages = tifffile.imread(layered)
    assert pages.dtype == np.uint16
    np.testing.assert_array_equal(pages, np.stack(single))
    for path in (layered, *out.glob("*.tif")):
        picture = read(path)
        assert picture.info["icc_profile"] == spaces.profile("srgb")
        assert not picture.getexif().get_ifd(0x8825)
        assert images.probe(path).exif is not None
    assert main(["align", *stack, "-o", str(out), "--layers", "l.jpg"]) == 2
