from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.core.errors import InputError, UsageError
from mfgui.synth import pairs
from mfgui.synth.pairs import Pairs


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels[..., ::-1] if pixels.ndim == 3 else pixels)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    """Pixels that are never black."""
    return np.random.default_rng(seed).integers(40, 256, shape, np.uint8)


def test_that_pairs_are_read_by_number_and_sixteenths_are_kept_out(tmp_path: Path) -> None:
    for number in (2, 11, 16, 100, 160):
        for frame in "AB":
            picture = noise(40, 50, 3, seed=number)
            save(tmp_path / f"bg-{frame}-{number}.png", picture)
    save(tmp_path / "bg-A-7.png", noise(40, 50, 3))  # without a partner
    save(tmp_path / "photo.png", noise(40, 50, 3))
    (tmp_path / "index.tsv").write_text("n\n")
    training, kept_out = Pairs.of_folder(tmp_path), Pairs.of_folder(tmp_path, kept_out=True)
    assert training.numbers == (2, 11, 100)
    assert kept_out.numbers == (16, 160)
    for number, (a, b) in zip(training.numbers, training.frames, strict=True):
        np.testing.assert_array_equal(a, noise(40, 50, 3, seed=number))
        np.testing.assert_array_equal(b, a)
    assert training.bytes == 3 * 2 * 40 * 50 * 3


def test_that_black_borders_of_either_frame_are_cut_off_both(tmp_path: Path) -> None:
    a, b = noise(90, 120, 3, seed=1), noise(90, 120, 3, seed=2)
    whole_a, whole_b = a.copy(), b.copy()
    a[:10], a[:, :7] = 3, 0
    b[-4:] = 0
    b[30:40, 50:60] = 0  # black inside is kept
    save(tmp_path / "bg-A-1.png", a)
    save(tmp_path / "bg-B-1.png", b)
    ((first, second),) = Pairs.of_folder(tmp_path).frames
    whole_b[30:40, 50:60] = 0
    np.testing.assert_array_equal(first, whole_a[10:-4, 7:])
    np.testing.assert_array_equal(second, whole_b[10:-4, 7:])


def test_that_a_tilted_border_is_cut_where_it_is_cheapest() -> None:
    frame = noise(100, 100, 3, seed=3)
    y, x = np.mgrid[:100, :100]
    frame[y < 6 - x * 0.06] = 0
    rows, columns = pairs.inner_rectangle(frame, frame)
    assert (rows.stop, columns.start, columns.stop) == (100, 0, 100)
    assert 5 <= rows.start <= 6


def test_that_a_night_scene_is_not_used_up() -> None:
    night = np.zeros((90, 60, 3), np.uint8)
    rows, columns = pairs.inner_rectangle(night, night)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (30, 20)


def test_that_patches_show_the_same_place_turned_alike() -> None:
    a = noise(50, 70, 3, seed=4)
    found = Pairs((1,), ((a, 255 - a),))
    rng = np.random.default_rng(0)
    corners = set()
    for _ in range(60):
        first, second = found.patch(rng, 50)
        assert (first.shape, first.dtype, first.flags.c_contiguous) == ((50, 50, 3), np.uint8, True)
        assert second.flags.c_contiguous
        np.testing.assert_array_equal(second, 255 - first)
        windows = [a[:, x : x + 50] for x in range(21)]
        turned = [np.rot90(w, k)[:, ::s] for w in windows for k in range(4) for s in (1, -1)]
        matches = [i for i, w in enumerate(turned) if (w[0] == first[0]).all()]
        assert len(matches) == 1
        np.testing.assert_array_equal(turned[matches[0]], first)
        corners.add(matches[0] % 8)
    assert len(corners) == 8


def test_that_every_pair_large_enough_is_drawn() -> None:
    small, one, two = (np.full((s, s + 9, 3), s, np.uint8) for s in (30, 40, 50))
    found = Pairs((1, 2, 3), ((small, small), (one, one), (two, two)))
    rng = np.random.default_rng(1)
    values = {int(found.patch(rng, 36)[0][0, 0, 0]) for _ in range(60)}
    assert values == {40, 50}
    with pytest.raises(UsageError, match="no pair is 51 pixels high and wide; use smaller"):
        found.patch(rng, 51)


def test_that_faults_of_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none: cannot be read .*; name a folder with files bg-A"):
        Pairs.of_folder(tmp_path / "none")
    with pytest.raises(InputError, match=r"has no pairs; the files are called bg-A-1\.jpg"):
        Pairs.of_folder(tmp_path)
    save(tmp_path / "bg-A-1.png", noise(40, 50, 3))
    save(tmp_path / "bg-B-1.png", noise(40, 51, 3))
    with pytest.raises(InputError, match=r"bg-B-1\.png: has not the size of bg-A-1\.png"):
        Pairs.of_folder(tmp_path)
    with pytest.raises(InputError, match="has no pairs kept out of training"):
        Pairs.of_folder(tmp_path, kept_out=True)
    (tmp_path / "bg-B-1.png").write_bytes(b"not a picture")
    with pytest.raises(InputError, match=r"bg-B-1\.png"):
        Pairs.of_folder(tmp_path)


def test_that_grey_files_have_three_equal_channels_and_deep_ones_are_refused(
    tmp_path: Path,
) -> None:
    grey = noise(20, 30)
    save(tmp_path / "grey.png", grey)
    np.testing.assert_array_equal(
        pairs.read_picture(tmp_path / "grey.png"), np.stack([grey] * 3, axis=2)
    )
    save(tmp_path / "deep.png", grey.astype(np.uint16) * 257)
    with pytest.raises(InputError, match=r"deep\.png: is not an 8-bit picture; convert"):
        pairs.read_picture(tmp_path / "deep.png")


def test_that_the_published_pairs_lose_their_borders(shared_data: Path) -> None:
    names = [f"bg-{frame}-209.jpg" for frame in "AB"]
    frames = [pairs.read_picture(shared_data / "train" / "edmf" / name) for name in names]
    rows, columns = pairs.inner_rectangle(*frames)
    inner = frames[0][rows, columns]
    assert inner.shape[0] >= 0.85 * frames[0].shape[0]
    lines = (inner[0], inner[-1], inner[:, 0], inner[:, -1])
    assert all((line.max(axis=1) <= 8).mean() <= 0.02 for line in lines)
