"""Moved frames written into a folder, with what was found about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mfgui import _startup
from mfgui.app import fused_files
from mfgui.app.fused_files import Finish
from mfgui.app.headless import Outcome
from mfgui.app.prepare_job import (
    Preparing,
    alignment_entry,
    exposure_entry,
    notes,
    open_job,
    read_job,
)
from mfgui.app.prepare_progress import Teller
from mfgui.core.arrays import Depth, to_float
from mfgui.core.compute import Compute
from mfgui.core.errors import OutputError, UsageError
from mfgui.core.stack import SourceStack
from mfgui.files import atomic, images, reports, spaces
from mfgui.files.layers import check_layers_name
from mfgui.jobs.events import Event, Progress
from mfgui.jobs.gate import Gate

ALIGNMENT = "alignment.json"
_WRITING = "writing"
_AS_THEY_ARE = Finish()


@dataclass(frozen=True)
class AlignJob:
    """What to align, and where the frames are written.

    Attributes
    ----------
    folder : Path
        Made when it is missing.
    suffix : str
        ".tif" or ".png".
    depth : str or None
        Of the frames written; None for that of the sources.
    finish : Finish
        Their colours and camera data.
    layers : Path or None
        One TIFF file that takes them all, too.
    """

    sources: tuple[Path, ...]
    folder: Path
    prepare: Preparing
    suffix: str = ".tif"
    depth: Depth | None = None
    white: float | None = None
    finish: Finish = _AS_THEY_ARE
    layers: Path | None = None


def align(job: AlignJob, *, observe: Callable[[Event], None], gate: Gate) -> Outcome:
    """Align the sources, write each used frame with the camera data of its own file, then
    ``alignment.json``.

    Raises
    ------
    MfguiError
        The first thing that is wrong; the folder is checked before anything is decoded.
    KeyboardInterrupt
        When `gate` was told to stop; what was written stays.
    """
    if job.finish.space is not None:
        spaces.checked(job.finish.space)
    if job.layers is not None:
        check_layers_name(job.layers)
    threads = _startup.compute_threads(window=False)
    _startup.limit_opencv()
    opened = open_job(job.sources, job.prepare, method=None, white=job.white, threads=threads)
    if opened.options.nothing:
        raise UsageError("nothing is to be done", hint="choose a --method or an --exposure")
    _make(job.folder)
    inputs = [info.path for info in opened.files.infos]
    names = [info.name for info in opened.files.infos]
    paths = [job.folder / name for name in _names(names, job.suffix)]
    more = [] if job.layers is None else [job.layers]
    for path in (*paths, job.folder / ALIGNMENT, *more):
        atomic.check_output(path, inputs=inputs)
    teller = Teller(opened, None, observe=observe, threads=threads)
    stack = read_job(opened, compute=Compute(threads, checkpoint=gate.check), progress=teller)
    lost = _write(stack, paths, job, observe, gate)
    fit = stack.alignment
    assert fit is not None  # something was asked for
    used = {index: paths[index].name for index in fit.used}
    described: Mapping[str, object] = {
        **fit.to_json(),
        "files": [info.name for info in opened.files.infos],
        "written": [used.get(index) for index in range(len(paths))],
    }
    reports.write_json(job.folder / ALIGNMENT, described)
    report = {
        "folder": str(job.folder),
        "width": stack.size.width,
        "height": stack.size.height,
        "k": stack.k,
        "written": list(used.values()),
        "alignment": alignment_entry(stack),
        "exposure": exposure_entry(stack),
        "seconds": {"align": round(teller.aligning, 4)},
    }
    adapted = [f"{source.name}: {text}" for source in stack.sources for text in source.notices]
    return Outcome(report, (*adapted, *notes(stack), *lost))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"the folder cannot be made ({error.strerror})", path=folder, hint="name another one"
        ) from error


def _names(sources: list[str], suffix: str) -> list[str]:
    """A name for each frame, in order also where names are sorted by their letters."""
    digits = len(str(len(sources)))
    stems = [Path(name).stem.replace("/", "-") for name in sources]
    return [f"{number:0{digits}}-{stem}{suffix}" for number, stem in enumerate(stems, start=1)]


def _write(
    stack: SourceStack,
    paths: list[Path],
    job: AlignJob,
    observe: Callable[[Event], None],
    gate: Gate,
) -> tuple[str, ...]:
    """Write the frames; what the format could not hold."""
    lost: dict[str, None] = {}
    used = stack.alignment.used if stack.alignment is not None else range(stack.k)
    for place, index in enumerate(used):
        if gate.stopped:
            raise KeyboardInterrupt
        observe(Progress(1, _WRITING, place, stack.k))
        source = stack.sources[place]
        found = images.write_image(
            paths[index],
            to_float(stack.pixels(place)),
            depth=job.depth or stack.depth,
            icc=source.icc,
            exif=job.finish.camera(paths[index], source.exif),
            described=job.finish.described(source),
            space=job.finish.space,
        )
        lost |= dict.fromkeys(found)
    if job.layers is not None:
        kept = fused_files.write_frames(job.layers, stack, job.finish, depth=job.depth)
        lost |= dict.fromkeys(f"layers: {text}" for text in kept)
    observe(Progress(1, _WRITING, stack.k, stack.k))
    return tuple(lost)
