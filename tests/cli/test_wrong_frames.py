"""Frames that do not belong to a stack are named, and the result is as good as without them."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.app import headless
from mfgui.cli.main import run as main
from mfgui.core.arrays import Size
from mfgui.synth.moving_stack import MovingStack, rendered

SIZE = Size(640, 432)
STACK = MovingStack(
    SIZE, frames=4, seed=53, radius=1.5, breathing=1.5, shift=4.0, rotation=0.2, noise=1.0
)
STRANGER = 77
WRONG = {
    "b-black.png": "is black",
    "d-shaken.png": "looks shaken",
    "f-stranger.png": "has no structure in common with its neighbours",
    "h-twice.png": "is the same picture as frame",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good frames a, c, e and g, wrong ones between them, and the truth beside the folder."""
    into = tmp_path_factory.mktemp("mixed")
    found = rendered(STACK)
    good = [frame.pixels for frame in found.frames()]
    kernel = np.full((1, 31), 1 / 31, np.float32)
    noise = np.random.default_rng(STRANGER).random((SIZE.height, SIZE.width, 3))
    other = cv2.GaussianBlur(noise.astype(np.float32), (0, 0), 2.0)
    pictures = dict(zip(("a.png", "c.png", "e.png", "g.png"), good, strict=True)) | {
        "b-black.png": np.zeros_like(good[0]),
        "d-shaken.png": cv2.filter2D(good[1], -1, kernel),
        "f-stranger.png": np.uint8(255 * cv2.normalize(other, None, 0, 1, cv2.NORM_MINMAX)),
        "h-twice.png": good[3],
    }
    (into / "frames").mkdir()
    for name, pixels in pictures.items():
        cv2.imwrite(str(into / "frames" / name), pixels[..., ::-1])
    cv2.imwrite(str(into / "truth.png"), found.truth()[..., ::-1])
    return into


@pytest.fixture(autouse=True)
def compiled_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops are compiled when they are first needed here, not all of them before."""
    monkeypatch.setattr(headless.compiled, "ready", lambda: True)


def frames(folder: Path, *, wrong: bool) -> list[str]:
    found = sorted((folder / "frames").iterdir())
    return [str(path) for path in found if wrong or path.name not in WRONG]


def quality(result: Path, truth: Path) -> float:
    """PSNR in dB after registration by an affine map and a gain per channel."""
    read = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in (result, truth)]
    seen, wanted = (one.astype(np.float32) / np.iinfo(one.dtype).max for one in read)
    start = np.eye(2, 3, dtype=np.float32)
    start[:, 2] = [(a - b) / 2 for a, b in zip(seen.shape[1::-1], wanted.shape[1::-1], strict=True)]
    grey = [cv2.cvtColor(one, cv2.COLOR_BGR2GRAY) for one in (wanted, seen)]
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-6)
    _, matrix = cv2.findTransformECC(*grey, start, cv2.MOTION_AFFINE, stop, None, 5)
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(seen, matrix, (SIZE.width, SIZE.height), flags=flags)[32:-32, 48:-48]
    inner = wanted[32:-32, 48:-48]
    gains = (moved * inner).sum(axis=(0, 1)) / (moved**2).sum(axis=(0, 1))
    return float(-10 * np.log10(np.mean((moved * gains - inner) ** 2)))


def test_that_fuse_names_wrong_frames_and_is_as_good_as_without_them(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {}
    for wrong in (False, True):
        out = tmp_path / f"{wrong}.tif"
        command = ["fuse", *frames(folder, wrong=wrong), "--method", "photo", "-o", str(out)]
        assert main(command) == 0
        notes = [one for one in capsys.readouterr().err.splitlines() if "note: " in one]
        found[wrong] = quality(out, folder / "truth.png")
        told = {name: one for name in WRONG for one in notes if name in one}
        assert set(told) == (set(WRONG) if wrong else set()), notes
        assert all(WRONG[name] in one for name, one in told.items())
        assert all(one.endswith("left out") == ("shaken" not in one) for one in told.values())
        assert not any(re.search(r"\b[aceg]\.png: ", one) for one in notes)
    assert found[False] > 40
    # The shaken frame takes part, and costs a little.
    assert found[True] > found[False] - 0.5, found


def test_that_align_names_wrong_frames(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["align", *frames(folder, wrong=True), "-o", str(tmp_path)]) == 0
    rows = capsys.readouterr().out.splitlines()
    for name, reason in WRONG.items():
        row = next(one for one in rows if name in one)
        assert reason in row
        assert row.endswith("left out") == ("shaken" not in name)
    assert sum(path.suffix == ".tif" for path in tmp_path.iterdir()) == 5
