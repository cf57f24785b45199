from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import PixelArray
from mfgui.core.errors import InputError, MfguiError, OutputError, UsageError
from mfgui.core.figures import Difference, FigurePicture, FigureRecipe, PageSetup
from mfgui.files import profiles
from mfgui.files.figure_recipes import read_recipe, recipe_text
from mfgui.files.figure_saving import draw_again, picture_folder, recipe_path, save_figure
from mfgui.files.images import probe, read_image
from tests.files.figures_made import pictures, recipe, style
from tests.files.pictures import wide_profile


def save(
    output: Path,
    wanted: FigureRecipe | None = None,
    known: dict[str, PixelArray] | None = None,
    **options: Any,
) -> None:
    known = pictures() if known is None else known
    save_figure(output, wanted or recipe(), lambda key: known[key], style(), **options)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def picture_file(output: Path, key: str) -> Path:
    return output.parent / read_recipe(recipe_path(output)).picture(key).file


@pytest.mark.parametrize("suffix", [".png", ".tif", ".pdf"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_that_the_recipe_gives_the_same_bytes(tmp_path: Path, suffix: str, kind: type) -> None:
    output = tmp_path / f"a figure{suffix}"
    save(output, known=pictures(kind))
    before = output.read_bytes()
    again = draw_again(recipe_path(output), tmp_path / f"again{suffix}", style())
    assert again.path.read_bytes() == before
    output.unlink()
    assert draw_again(recipe_path(output), None, style()).path == output
    assert output.read_bytes() == before


def test_that_it_can_be_moved_as_a_whole(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    save(first / "a.png")
    before = (first / "a.png").read_bytes()
    first.rename(second)
    draw_again(second / "a.png.figure.json", None, style())
    assert (second / "a.png").read_bytes() == before


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_that_pictures_are_kept_without_loss(tmp_path: Path, kind: type, channels: int) -> None:
    known = pictures(kind, channels)
    save(tmp_path / "a.png", known=known)
    for key, pixels in known.items():
        path = picture_file(tmp_path / "a.png", key)
        most = 1.0 if kind is np.float32 else np.float32(np.iinfo(kind).max)
        assert np.array_equal(read_image(path), (pixels / np.float32(most)).astype(np.float32))
        if kind is not np.float32:
            stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            assert stored.dtype == kind


def test_that_files_are_named_after_what_they_show(tmp_path: Path) -> None:
    save(tmp_path / "a.png")
    names = sorted(path.name.split(".")[0] for path in (tmp_path / "a.png_pictures").iterdir())
    assert names == ["ground-truth", "ours-0-5", "source-1"]
    assert not list(tmp_path.rglob(".*"))


def test_that_a_profile_is_kept_and_shown_in_srgb(tmp_path: Path) -> None:
    known = dict.fromkeys(pictures(), np.full((40, 60, 3), (200, 60, 40), np.uint8))
    wide = wide_profile()
    for name, icc in (("wide.png", wide), ("plain.png", None)):
        save(tmp_path / name, recipe(scale_bar=None, difference=None), known, icc=icc)
    info = probe(picture_file(tmp_path / "wide.png", "truth"))
    assert info.icc == wide
    shown = read_image(tmp_path / "wide.png") * 255
    wanted = profiles.convert(known["truth"][:1, :1], wide, profiles.srgb())[0, 0]
    plain = read_image(tmp_path / "plain.png") * 255
    inside = (slice(60, 66), slice(36, 40))
    assert np.abs(plain[inside] - known["truth"][0, 0]).max() < 0.01
    assert np.abs(shown[inside] - wanted).max() < 0.01
    assert np.abs(wanted.astype(int) - known["truth"][0, 0]).max() > 10
    before = (tmp_path / "wide.png").read_bytes()
    draw_again(tmp_path / "wide.png.figure.json", None, style())
    assert (tmp_path / "wide.png").read_bytes() == before


def test_that_another_width_and_gain_may_be_written_into_the_recipe(tmp_path: Path) -> None:
    save(tmp_path / "a.png")
    path = recipe_path(tmp_path / "a.png")
    content = json.loads(path.read_text("utf-8"))
    content["page"]["width_mm"], content["difference"]["gain"] = 80, 2
    path.write_text(json.dumps(content), "utf-8")
    made = draw_again(path, tmp_path / "b.pdf", style())
    assert (made.width_mm, made.width) == (80, round(80 / 25.4 * 200))
    assert made.path.read_bytes().startswith(b"%PDF")


def test_that_a_changed_or_missing_picture_is_said(tmp_path: Path) -> None:
    output = tmp_path / "a.png"
    save(output)
    path = picture_file(output, "truth")
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"?")
    with pytest.raises(InputError, match=r"ground-truth.*it was changed; export the figure again"):
        draw_again(recipe_path(output), None, style())
    path.unlink()
    with pytest.raises(InputError, match=r"ground-truth.*no such file"):
        draw_again(recipe_path(output), None, style())


def test_that_a_picture_of_another_size_is_said(tmp_path: Path) -> None:
    output = tmp_path / "a.png"
    save(output)
    path = recipe_path(output)
    content = json.loads(path.read_text("utf-8"))
    content["size"] = [61, 40]
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(InputError, match="is 60 x 40, but the recipe says 61 x 40"):
        draw_again(path, None, style())


def test_that_neither_inputs_nor_the_recipe_are_replaced(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    source.write_bytes(b"photograph")
    with pytest.raises(UsageError, match="the output is the input"):
        save(source, inputs=[source])
    assert contents(tmp_path) == {"a.png": b"photograph"}
    save(tmp_path / "b.png")
    before = contents(tmp_path)
    target = picture_file(tmp_path / "b.png", "truth")
    with pytest.raises(UsageError, match="the output is the input"):
        draw_again(recipe_path(tmp_path / "b.png"), target, style())
    assert contents(tmp_path) == before


def test_that_nothing_is_written_for_a_figure_that_does_not_fit(tmp_path: Path) -> None:
    narrow = recipe(page=PageSetup(width_mm=20, dpi=30, margin_mm=8))
    with pytest.raises(UsageError, match="do not fit"):
        save(tmp_path / "a.png", narrow)
    assert list(tmp_path.iterdir()) == []


def test_that_what_no_recipe_may_hold_is_refused_before_it_is_written(tmp_path: Path) -> None:
    many = tuple(FigurePicture(f"result:{n}", "One of many") for n in range(65))
    with pytest.raises(UsageError, match="pictures is not a list of at most 64"):
        save(tmp_path / "a.png", recipe(pictures=many, difference=None, reference=""))
    assert list(tmp_path.iterdir()) == []


def test_that_a_second_export_leaves_only_its_own_pictures(tmp_path: Path) -> None:
    output = tmp_path / "a.png"
    save(output)
    other = picture_folder(output) / "of somebody else.png"
    other.write_bytes(b"kept")
    known = pictures()
    known["truth"] = known["truth"][::-1].copy()
    save(output, replace(recipe(), difference=Difference(gain=2)), known)
    names = {Path(picture.file).name for picture in read_recipe(recipe_path(output)).pictures}
    assert {path.name for path in picture_folder(output).iterdir()} == {*names, other.name}
    draw_again(recipe_path(output), None, style())


class Failing:
    """Makes the system call `name` fail from its call number `after` on, once."""

    def __init__(self, patch: pytest.MonkeyPatch, owner: Any, name: str, after: int) -> None:
        self.calls, self.after, self.real = 0, after, getattr(owner, name)
        patch.setattr(owner, name, self)

    def __call__(self, *args: Any, **options: Any) -> Any:
        self.calls += 1
        if self.calls == self.after:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.real(*args, **options)


@pytest.mark.parametrize("name", ["fsync", "replace"])
@pytest.mark.parametrize("there", [False, True])
def test_that_a_failure_at_any_moment_leaves_what_was_there(
    tmp_path: Path, name: str, there: bool
) -> None:
    known = {key: 255 - pixels for key, pixels in pictures().items()}
    failures, after, failing = 0, 0, None
    while failing is None or failing.calls >= after:
        after += 1
        output = tmp_path / str(after) / "a.png"
        output.parent.mkdir()
        if there:
            save(output)
        before = contents(output.parent)
        with pytest.MonkeyPatch.context() as patch:
            failing = Failing(patch, os, name, after)
            error = caught(lambda: save(output, recipe(difference=None), known))  # noqa: B023
        if error is not None:
            failures += 1
            assert "disk is full" in str(error)
            assert contents(output.parent) == before
        else:
            assert read_recipe(recipe_path(output)).difference is None
    assert failures >= 5  # three pictures, the recipe, the figure


def caught(work: Callable[[], None]) -> OutputError | None:
    try:
        work()
    except OutputError as error:
        return error
    return None


def test_that_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    save(tmp_path / "a.png", told=lambda done, of: told.append((done, of)))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_that_a_missing_folder_is_said_before_anything_is_read(tmp_path: Path) -> None:
    def unread(_key: str) -> PixelArray:
        raise AssertionError

    with pytest.raises(OutputError, match="folder does not exist"):
        save_figure(tmp_path / "none" / "a.png", recipe(), unread, style())


def test_that_a_recipe_without_files_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png.figure.json"
    path.write_text(recipe_text(recipe()), "utf-8")
    with pytest.raises(InputError, match="names no file for Ground truth"):
        draw_again(path, None, style())


def test_that_pictures_with_one_name_and_content_share_a_file(tmp_path: Path) -> None:
    twice = recipe(pictures=(FigurePicture("a", "Same"), FigurePicture("b", "Same")), reference="a")
    known = dict.fromkeys("ab", pictures()["truth"])
    save(tmp_path / "a.png", twice, known)
    assert len(list(picture_folder(tmp_path / "a.png").iterdir())) == 1
    with pytest.raises(MfguiError):
        draw_again(tmp_path / "a.png", None, style())
