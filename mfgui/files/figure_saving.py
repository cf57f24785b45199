"""Figure, recipe and pictures beside each other on disk, and figures made again from them.

``fig.pdf`` has its recipe in ``fig.pdf.figure.json`` and its pictures, without loss and at the
depth of the sources, in ``fig.pdf_pictures``.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from mfgui.core.arrays import PixelArray, Size
from mfgui.core.errors import InputError, MfguiError
from mfgui.core.figures import FigureRecipe
from mfgui.files import exif
from mfgui.files.atomic import check_output, write_bytes, writing
from mfgui.files.decode import decode_frame, sha256_of
from mfgui.files.encode import encode_png
from mfgui.files.figure_layout import lay_out
from mfgui.files.figure_page import Page
from mfgui.files.figure_panels import Reader, StoredPicture
from mfgui.files.figure_recipes import SUFFIX, check, read_recipe, recipe_text
from mfgui.files.figures import SOFTWARE, Style, check_suffix, compose
from mfgui.files.images import probe
from mfgui.files.tiff import write_tiff

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_STEM = 40

Pixels = Callable[[str], PixelArray]
Told = Callable[[int, int], None]
"""Told how many pictures are written, of how many."""


@dataclass(frozen=True)
class Written:
    """What was made: the file and the size of the figure."""

    path: Path
    width: int
    height: int
    width_mm: float
    height_mm: float
    dpi: float


def recipe_path(output: Path) -> Path:
    """Where the recipe of a figure lies."""
    return output.with_name(output.name + SUFFIX)


def picture_folder(output: Path) -> Path:
    """Where the pictures of a figure lie."""
    return output.with_name(output.name + "_pictures")


def save_figure(
    output: Path,
    recipe: FigureRecipe,
    pixels: Pixels,
    style: Style,
    *,
    icc: bytes | None = None,
    inputs: Sequence[Path] = (),
    told: Told = lambda _done, _of: None,
) -> Written:
    """Write pictures, recipe and figure; a failure leaves what was there before.

    Parameters
    ----------
    pixels : callable
        (H, W, C) uint8, uint16 or float32 of a key of the recipe; asked for once each.
    icc : bytes, optional
        Profile of all pictures.
    inputs : sequence of Path
        Files that must not be replaced.

    Raises
    ------
    UsageError
        If the content does not fit the page, the format is unknown, or `output` is an input.
    OutputError
        If something cannot be written.
    """
    check_suffix(output)
    check(recipe)
    lay_out(recipe, style.fonts)
    for path in (output, recipe_path(output)):
        check_output(path, inputs=inputs)
    before = _pictures_before(output)
    with _new_folder(picture_folder(output)) as folder, _undoing() as new:
        named = []
        for done, picture in enumerate(recipe.pictures):
            told(done, len(recipe.pictures))
            path, sha256 = _write_picture(folder, picture.title, pixels(picture.key), icc, new)
            named.append(replace(picture, file=f"{folder.name}/{path.name}", sha256=sha256))
        told(len(recipe.pictures), len(recipe.pictures))
        complete = replace(recipe, pictures=tuple(named), output=output.name)
        # Drawn from what was written, so that the recipe gives the same again.
        figure = compose(complete, _opener(complete, output.parent), style)
        data = figure.encoded(output.suffix, title=output.stem)
        with _putting_back(recipe_path(output)):
            write_bytes(recipe_path(output), recipe_text(complete).encode())
            write_bytes(output, data)
    for path in before - {output.parent / picture.file for picture in named}:
        with suppress(OSError):
            path.unlink()
    return _written(output, figure.page)


def draw_again(recipe_file: Path, output: Path | None, style: Style) -> Written:
    """Draw a figure from its recipe and the pictures beside it.

    Parameters
    ----------
    output : Path or None
        None replaces the figure that the recipe belongs to.

    Raises
    ------
    InputError
        If the recipe or a picture is missing, damaged or changed.
    UsageError, OutputError
        As for `save_figure`.
    """
    recipe = read_recipe(recipe_file)
    output = recipe_file.with_name(recipe.output) if output is None else output
    check_suffix(output)
    beside = [recipe_file.parent / picture.file for picture in recipe.pictures]
    check_output(output, inputs=[recipe_file, *beside])
    figure = compose(recipe, _opener(recipe, recipe_file.parent), style)
    # A document is titled as the recipe says: its bytes do not depend on where it is written.
    title = Path(recipe.output).stem
    write_bytes(output, figure.encoded(output.suffix, title=title))
    return _written(output, figure.page)


def _written(path: Path, page: Page) -> Written:
    return Written(path, page.width, page.height, page.width_mm, page.height_mm, page.dpi)


def _opener(recipe: FigureRecipe, folder: Path) -> Callable[[str], Reader]:
    """Reads pictures of a recipe, each only when it is what the recipe names."""

    def opened(key: str) -> Reader:
        picture = recipe.picture(key)
        if not picture.file:
            hint = "export the figure again"
            raise InputError(f"the recipe names no file for {picture.title}", hint=hint)
        path = folder / picture.file
        if sha256_of(path) != picture.sha256:
            raise InputError(
                "not the picture that the recipe names, it was changed",
                path=path,
                hint="export the figure again",
            )
        info = probe(path)
        if info.size != recipe.size:
            what = f"the picture is {info.size}, but the recipe says {recipe.size}"
            raise InputError(what, path=path, hint="export the figure again")
        return StoredPicture(decode_frame(info)[0], info.icc)

    return opened


def _write_picture(
    folder: Path, title: str, pixels: PixelArray, icc: bytes | None, new: list[Path]
) -> tuple[Path, str]:
    """Write a picture under a name that tells its content, so that none is ever replaced."""
    with _temporary(folder) as temporary:
        _encode(temporary, pixels, icc)
        with temporary.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        stem = _NOT_PLAIN.sub("-", title).strip("-").lower()[:_LONGEST_STEM] or "picture"
        suffix = ".tif" if pixels.dtype.kind == "f" else ".png"
        path = folder / f"{stem}.{sha256[:12]}{suffix}"
        if not path.exists():
            new.append(path)
        with writing(path):
            temporary.replace(path)
    return path, sha256


def _encode(path: Path, pixels: PixelArray, icc: bytes | None) -> None:
    height, width, _ = pixels.shape
    with writing(path):
        if pixels.dtype.kind == "f":
            camera = exif.cleaned(exif.parse(None), size=Size(width, height), software=SOFTWARE)
            write_tiff(path, pixels, icc=icc, camera=camera)
        else:
            path.write_bytes(encode_png(pixels, icc=icc))
        with path.open("r+b") as file:
            os.fsync(file.fileno())


def _pictures_before(output: Path) -> set[Path]:
    """The pictures of the figure that is going to be replaced."""
    try:
        recipe = read_recipe(recipe_path(output))
    except MfguiError:
        return set()
    folder = picture_folder(output)
    named = {output.parent / picture.file for picture in recipe.pictures}
    return {path for path in named if path.parent == folder}


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """The folder, which goes again when it was made in vain."""
    with writing(folder):
        there = folder.is_dir()
        folder.mkdir(exist_ok=True)
    try:
        yield folder
    except BaseException:
        if not there:
            with suppress(OSError):
                folder.rmdir()
        raise


@contextmanager
def _undoing() -> Iterator[list[Path]]:
    """A list of new files, which go again when the block fails."""
    new: list[Path] = []
    try:
        yield new
    except BaseException:
        for path in new:
            with suppress(OSError):
                path.unlink()
        raise


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    path = folder / f".mfgui-{secrets.token_hex(6)}.tmp"
    try:
        yield path
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


@contextmanager
def _putting_back(path: Path) -> Iterator[None]:
    """Put a file back as it was when the block fails after it was replaced."""
    target = Path(os.path.realpath(path))
    with _temporary(target.parent) as kept:
        there = target.exists()
        if there:
            with writing(target):
                shutil.copy2(target, kept)
        try:
            yield
        except BaseException:
            if there:
                kept.replace(target)
            else:
                target.unlink(missing_ok=True)
            raise
