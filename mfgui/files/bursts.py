"""Stacks among the pictures of a card: what was taken in one go, by times, names and camera."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mfgui.core.arrays import Size
from mfgui.files.capture import Capture, instants, read_capture
from mfgui.files.frames import without_made
from mfgui.files.grouping import Group, groups_in, natural_key, select
from mfgui.files.pauses import between_pauses

_SAME_FOCAL_LENGTH = 0.02
_NUMBERS = re.compile(r"(\d+)")
_ROLLS_OVER = (9999, 1)  # from the last to the first number that cameras give

_Kind = tuple[str, Size | None, bool]


@dataclass(frozen=True)
class Sorting:
    """Pictures by what they belong to.

    Attributes
    ----------
    stacks : tuple of Group
        In order of their first pictures; the pictures of each in order of capture.
    singles : tuple of Path
        Pictures that no other belongs to.
    skipped : tuple of (Path, str)
        What was passed over in folders, with the reason.
    """

    stacks: tuple[Group, ...]
    singles: tuple[Path, ...]
    skipped: tuple[tuple[Path, str], ...] = ()


@dataclass(frozen=True)
class _Shot:
    """A picture whose time is known."""

    capture: Capture
    instant: float

    @property
    def path(self) -> Path:
        return self.capture.path

    @property
    def kind(self) -> _Kind:
        """What all pictures of a stack share: camera, size and whether upright or lying."""
        return self.capture.camera, self.capture.size, self.capture.orientation >= 5


def stacks_in(paths: Sequence[Path]) -> tuple[Group, ...]:
    """The stacks among files and in folders; see `sort_out`."""
    return sort_out(paths).stacks


def sort_out(paths: Sequence[Path]) -> Sorting:
    """Tell stacks and single pictures apart; only the heads of files are read.

    Pictures of one camera in order of capture form a stack until another size, orientation or
    focal length comes, or another kind of name, or a lower number in it, or a pause. A pause is
    longer than 3 s and than five times the usual interval before or after it (from the end of
    an exposure to the next), or longer than 30 s. Pictures without a time are grouped by their
    names alone (`groups_in`). What this program made of pictures is passed over in folders.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders, as for `select`.

    Raises
    ------
    InputError
        If a folder cannot be listed or holds no image.
    """
    chosen = select(paths)
    named_ones = set(paths)
    made = without_made([path for path in chosen.images if path not in named_ones])
    frames = named_ones.union(made.images)
    captures = [read_capture(path) for path in dict.fromkeys(chosen.images) if path in frames]
    timed: list[_Shot] = []
    stacks: list[list[_Shot]] = []
    for capture, instant in zip(captures, instants(captures), strict=True):
        if instant is not None:
            timed.append(_Shot(capture, instant))
    for shots in _by_camera(timed):
        stacks.extend(part for part in _parts(shots) if len(part) > 1)
    named = groups_in([capture.path for capture in captures if capture.taken is None])
    groups = (*_named(stacks), *named)
    used = {path for group in groups for path in group.images}
    singles = tuple(capture.path for capture in captures if capture.path not in used)
    return Sorting(groups, singles, (*chosen.skipped, *made.skipped))


def _by_camera(shots: Sequence[_Shot]) -> list[list[_Shot]]:
    """Shots of each camera in order; two may have been at work at the same time."""
    found: dict[str, list[_Shot]] = {}
    for shot in sorted(shots, key=lambda shot: (shot.instant, natural_key(shot.path))):
        found.setdefault(shot.capture.camera, []).append(shot)
    return list(found.values())


def _parts(shots: Sequence[_Shot]) -> list[list[_Shot]]:
    """Shots of one camera cut where kind, name or a pause says so."""
    runs: list[list[_Shot]] = []
    for shot in shots:
        if runs and _alike(runs[-1][-1], shot):
            runs[-1].append(shot)
        else:
            runs.append([shot])
    return [part for run in runs for part in _between_pauses(run)]


def _alike(before: _Shot, after: _Shot) -> bool:
    one, other = before.capture.focal_length, after.capture.focal_length
    zoomed = one and other and abs(one - other) > _SAME_FOCAL_LENGTH * one
    return before.kind == after.kind and not zoomed and _name_goes_on(before.path, after.path)


def _name_goes_on(before: Path, after: Path) -> bool:
    """Whether two names differ in numbers only, and the last of them does not fall."""
    one, other = (_NUMBERS.split(path.stem.casefold()) for path in (before, after))
    if one[::2] != other[::2]:
        return False
    if len(one) < 2:
        return True
    last, now = int(one[-2]), int(other[-2])
    return now >= last or (last, now) == _ROLLS_OVER


def _between_pauses(shots: Sequence[_Shot]) -> list[list[_Shot]]:
    instants = [shot.instant for shot in shots]
    parts = between_pauses(instants, [shot.capture.exposure for shot in shots])
    return [[shots[index] for index in part] for part in parts]


def _named(stacks: Sequence[Sequence[_Shot]]) -> list[Group]:
    """Groups called by what their names begin with, where that tells them apart, else by their
    first name and last number."""
    ordered = sorted(stacks, key=lambda shots: (shots[0].instant, natural_key(shots[0].path)))
    beginnings = [_NUMBERS.split(shots[0].path.stem)[0].rstrip("-_. ") for shots in ordered]
    groups = []
    for shots, beginning in zip(ordered, beginnings, strict=True):
        images = tuple(shot.path for shot in shots)
        alone = len(ordered) > 1 and beginnings.count(beginning) == 1
        last = _NUMBERS.findall(images[-1].stem)
        span = f"{images[0].stem}-{last[-1]}" if last else images[0].stem
        groups.append(Group(beginning if alone and beginning else span, images))
    return groups
