"""The command experiment."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from mfgui.app import machine
from mfgui.bench.experiments import (
    convergence,
    expansion,
    frame,
    matrix,
    recipes,
    robustness,
    sensitivity,
    window,
)
from mfgui.bench.experiments.cases import Case, needs_labels, read_cases
from mfgui.bench.experiments.frame import Outcome, Study
from mfgui.bench.experiments.recipes import GIVEN, Recipe
from mfgui.cli.experiment_options import GOES_WITH
from mfgui.cli.progress import ProgressLine, duration
from mfgui.core.arrays import Size, from_float
from mfgui.core.errors import INTERRUPTED, MfguiError, UsageError
from mfgui.jobs.events import Progress
from mfgui.methods.metrics.measures import Measure

_PROBABILITIES = tuple(round(0.1 * k, 1) for k in range(6))  # those of the paper
_SCENE_SIZE, _BLUR = (300, 200), 6.0
_METRICS = {"expansion": "mfif-gan", "sensitivity": ""}
_USUAL = "q-g,q-cb,nmi@pooled"
_VARIANTS = "paper,released,ours,ours:window=released"
_SENSITIVE = "hard,ms-lap,laplacian-pyramid"
_DETECTORS = "laplacian,variance,tenengrad,spatial-frequency,sum-modified-laplacian"


def experiment(options: Namespace) -> int:
    """`mfgui experiment NAME`."""
    _check(options)
    cases = _cases(options)
    study = _STUDIES[options.experiment](options, cases)
    workers = options.workers or os.cpu_count() or 1
    _say(_begin(study, cases, workers))
    line = ProgressLine(sys.stderr)

    def watch(done: int, count: int) -> None:
        line(Progress(0, f"{study.name}: {done} of {count}", done, count))

    try:
        outcome = frame.carry_out(
            study,
            options.output,
            workers=workers,
            again=options.again,
            facts=_facts(options),
            watch=watch,
        )
    except KeyboardInterrupt:
        line.clear()
        _say("mfgui: interrupted; the same command goes on from there")
        return INTERRUPTED
    finally:
        line.clear()
    return _told(options, outcome)


def _check(options: Namespace) -> None:
    """Refuse options of other experiments."""
    for name, experiments in GOES_WITH.items():
        given = getattr(options, name) is not None
        scenes = name == "seed" and options.scenes is not None
        if given and options.experiment not in experiments and not scenes:
            shown = "-p" if name == "parameters" else f"--{name}"
            raise UsageError(
                f"{shown} goes with {', '.join(experiments)}, not with {options.experiment}",
                hint="see mfgui experiment --help",
            )
    if (options.scenes is None) == (not options.inputs):
        raise UsageError("an experiment needs images", hint="name INPUT, or --scenes N, not both")
    if options.size is not None and options.scenes is None:
        raise UsageError("--size goes with --scenes", hint="leave it out")
    if options.experiment == "robustness" and options.scenes not in (None, 1):
        raise UsageError("robustness takes one set", hint="use --scenes 1")


def _cases(options: Namespace) -> list[Case]:
    if options.scenes is None:
        return read_cases(options.inputs, labels=options.map, truth=options.reference)
    if options.map or options.reference:
        raise UsageError("generated scenes have labels and truth", hint="leave out --map")
    size = Size(*(options.size or _SCENE_SIZE))
    return [_scene(size, (options.seed or 0) + number) for number in range(options.scenes)]


def _scene(size: Size, seed: int) -> Case:
    from mfgui.synth import layered

    rendering = layered.render(layered.random_scene(size, layers=2, radius=_BLUR, seed=seed))
    images = [from_float(image, "uint8") for image in rendering.frames]
    truth, labels = from_float(rendering.truth, "uint8"), rendering.labels
    named = {"source 1": images[0], "source 2": images[1], "truth": truth, "labels": labels}
    hashes = tuple(
        (f"layered scene {seed}, {size}: {name}", hashlib.sha256(array.tobytes()).hexdigest())
        for name, array in named.items()
    )
    return Case(f"scene {seed}", images, labels, truth, hashes)


def _robustness(options: Namespace, cases: Sequence[Case]) -> Study:
    if len(cases) > 1:
        raise UsageError("robustness takes one set", hint="name one set")
    needs_labels(cases, "robustness")
    probabilities = options.probabilities or _PROBABILITIES
    if not all(0 <= p <= 1 for p in probabilities):
        raise UsageError("a probability lies from 0 to 1", hint="see --probabilities")
    names = tuple((options.objectives or ",".join(robustness.OBJECTIVES)).split(","))
    if set(names) - set(robustness.OBJECTIVES) or len(set(names)) < len(names):
        hint = f"choose from {', '.join(robustness.OBJECTIVES)}"
        raise UsageError(f"unknown objectives {','.join(names)}", hint=hint)
    return robustness.Study(
        cases[0],
        probabilities,
        names,
        repeats=options.repeats or 100,
        steps=options.steps or 20,
        seed=options.seed or 0,
        values=tuple(options.parameters or ()),
    )


def _window(options: Namespace, cases: Sequence[Case]) -> Study:
    alphas = options.alphas or window.DEFAULT_ALPHAS
    if not all(0 < alpha < 1 for alpha in alphas):
        raise UsageError("alpha is a small number above 0", hint="such as 5e-5")
    method = _one(options.methods or "ms-lap", "--methods", steps=True)
    detector = _one(options.detectors or "laplacian", "--detectors", maps=True)
    return window.Study(tuple(cases), alphas, method, detector, _measures(options, cases))


def _expansion(options: Namespace, cases: Sequence[Case]) -> Study:
    label = options.label or 1
    if any(label > len(case.images) for case in cases):
        raise UsageError(f"--label {label}: there is no such source", hint="use a lower number")
    return expansion.Study(
        tuple(cases),
        _measures(options, cases),
        most=options.pixels or 10,
        label=label,
        shape=options.shape or "square",
        method=_one(options.methods or "hard", "--methods", by_map=True),
        detector=_detector(options, cases),
    )


def _convergence(options: Namespace, cases: Sequence[Case]) -> Study:
    methods = recipes.recipes(options.methods or _VARIANTS, steps=True)
    return convergence.Study(tuple(cases), methods, options.steps, _detector(options, cases))


def _matrix(options: Namespace, cases: Sequence[Case]) -> Study:
    detectors = recipes.recipes(options.detectors or _DETECTORS, maps=True)
    methods = recipes.recipes(options.methods or "hard,feather,multi-band,ms-lap", by_map=True)
    return matrix.Study(tuple(cases), detectors, methods, _measures(options, cases))


def _sensitivity(options: Namespace, cases: Sequence[Case]) -> Study:
    chosen = {"shift": options.shifts, "gain": options.gains, "noise": options.noises}
    levels = {kind: values for kind, values in chosen.items() if values is not None}
    if any(v < 0 for v in levels.get("gain", ())) or any(v < 0 for v in levels.get("noise", ())):
        raise UsageError("gains and noises are not negative", hint="see --gains, --noises")
    return sensitivity.Study(
        tuple(cases),
        recipes.recipes(options.methods or _SENSITIVE),
        tuple((levels or sensitivity.LEVELS).items()),
        source=options.source or 2,
        seed=options.seed or 0,
        measures=_measures(options, cases),
    )


_STUDIES = {
    "robustness": _robustness,
    "window": _window,
    "expansion": _expansion,
    "convergence": _convergence,
    "matrix": _matrix,
    "sensitivity": _sensitivity,
}


def _one(text: str, option: str, **kinds: bool) -> Recipe:
    """The one recipe that the text names; `kinds` as of `recipes.recipes`."""
    found = recipes.recipes(text, **kinds)
    if len(found) > 1:
        raise UsageError(f"{option} {text}: this experiment takes one", hint="name one")
    return found[0]


def _detector(options: Namespace, cases: Sequence[Case]) -> Recipe:
    """What was asked for; else the maps of the sets where all have one."""
    given = all(case.labels is not None for case in cases)
    return _one(options.detectors or (GIVEN if given else "laplacian"), "--detectors", maps=True)


def _measures(options: Namespace, cases: Sequence[Case]) -> tuple[Measure, ...]:
    text = options.metrics
    if text is None:
        text = _METRICS.get(options.experiment, _USUAL)
        if text == _USUAL and all(case.truth is not None for case in cases):
            text = f"psnr,ssim,{_USUAL}"
    return recipes.measures(text) if text else ()


def _facts(options: Namespace) -> dict[str, object]:
    return {
        "command": sys.argv,
        "folder": Path.cwd(),
        "machine": {
            "processor": machine.processor_name(),
            "cores": os.cpu_count(),
            "system": platform.platform(),
        },
        "seed": options.seed or 0,
    }


def _begin(study: Study, cases: Sequence[Case], workers: int) -> str:
    sets = f"{len(cases)} set{'' if len(cases) == 1 else 's'}"
    seed = getattr(study, "seed", None)
    seeded = "" if seed is None else f", seed {seed}"
    return f"{study.name}: {sets}, {len(study.jobs())} jobs, {workers} workers{seeded}"


def _told(options: Namespace, outcome: Outcome) -> int:
    for job, reason in outcome.failed:
        _say(f"mfgui: {' '.join(map(str, job))}: {reason}")
    if options.json:
        print((outcome.folder / frame.FACTS).read_text(encoding="utf-8").rstrip())
    else:
        parts = [f"{outcome.rows} rows", f"{outcome.computed} jobs computed now"]
        print(f"{outcome.folder}: {', '.join(parts)}, {duration(outcome.seconds)}")
    return MfguiError.exit_code if outcome.failed else 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
