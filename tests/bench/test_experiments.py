"""What experiments compute, on small generated sets, against literal computations."""

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

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
from mfgui.bench.experiments.cases import Case, read_cases
from mfgui.bench.experiments.recipes import Kitchen, Recipe
from mfgui.core.arrays import PixelArray, Size
from mfgui.core.compute import Compute
from mfgui.core.errors import InputError, UsageError
from mfgui.methods.metrics.measures import Measure
from mfgui.methods.optimise.ms_lap import ms_lap

PSNR = (Measure.parse("psnr"),)


def pictures(
    height: int = 48, width: int = 64, seed: int = 0
) -> tuple[list[PixelArray], PixelArray]:
    """Two sources, sharp left and right of the middle, and the truth."""
    rng = np.random.default_rng(seed)
    grain = rng.random((height, width, 3)).astype(np.float32)
    truth = (255 * cv2.GaussianBlur(grain, (0, 0), 0.8)).astype(np.uint8)
    soft = cv2.GaussianBlur(truth, (0, 0), 2.5)
    left, right = truth.copy(), truth.copy()
    left[:, width // 2 :], right[:, : width // 2] = soft[:, width // 2 :], soft[:, : width // 2]
    return [left, right], truth


def case(height: int = 48, width: int = 64, seed: int = 0, name: str = "set") -> Case:
    images, truth = pictures(height, width, seed)
    labels = np.full((height, width), 2, np.uint8)
    labels[:, : width // 2] = 1
    return Case(name, images, labels, truth, ((f"{name}.png", f"{seed:064d}"),))


def small(**changes: object) -> robustness.Study:
    study = robustness.Study(
        case(), (0.0, 0.2), repeats=2, steps=4, values=(("window", "17"),), seed=3
    )
    return replace(study, **changes)  # type: ignore[arg-type]


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / frame.DATA).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def numbers_of(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{k: v for k, v in row.items() if not k.startswith("seconds")} for row in rows]


def test_that_labels_are_exchanged_for_others_with_the_probability() -> None:
    clean = np.random.default_rng(0).integers(1, 5, (200, 300)).astype(np.uint8)
    clean[:20] = 255
    wrong = robustness.corrupted(clean, 0.3, count=4, seed=(0, 1))
    counted = clean != 255
    assert (wrong[~counted] == 255).all()
    assert wrong[counted].min() == 1
    assert wrong[counted].max() == 4
    assert np.mean((wrong != clean)[counted]) == pytest.approx(0.3, abs=0.01)
    # Every other label is as likely.
    for label in (1, 2, 3, 4):
        chosen = wrong[(clean == label) & (wrong != label)]
        shares = [np.mean(chosen == other) for other in range(1, 5) if other != label]
        assert shares == pytest.approx([1 / 3] * 3, abs=0.05)
    assert (robustness.corrupted(clean, 0.0, count=4, seed=(0, 1)) == clean).all()
    other = robustness.corrupted(clean, 0.3, count=4, seed=(0, 2))
    assert (other != wrong).any()


@pytest.mark.parametrize("objective", robustness.OBJECTIVES)
def test_that_robustness_is_what_its_definition_says(objective: str) -> None:
    study = small(objectives=(objective,))
    given = study.case
    assert given.labels is not None
    labels = robustness.corrupted(given.labels, 0.2, count=2, seed=(3, 1))
    values = study.resolved(objective)

    def run(chosen: PixelArray) -> tuple[PixelArray, float]:
        for state in ms_lap(given.images, chosen, compute=Compute(), **values):  # type: ignore[arg-type]
            last = state
        return last.image.copy(), last.q

    reference, _ = run(given.labels)
    image, q = run(labels)
    error = float(np.mean((image.astype(np.float64) - reference) ** 2))
    composite = np.empty_like(reference)
    for row in range(labels.shape[0]):
        for column in range(labels.shape[1]):
            source = given.images[labels[row, column] - 1]
            composite[row, column] = source[row, column] / np.float32(255)
    away = float(np.mean((composite.astype(np.float64) - reference) ** 2))
    (found,) = study.run(study.prepared(), (0.2, objective, 1))
    assert found["psnr"] == pytest.approx(-10 * math.log10(error), abs=1e-3)
    assert found["psnr_composite"] == pytest.approx(-10 * math.log10(away), abs=1e-4)
    assert found["q"] == pytest.approx(q, abs=1e-6)
    assert found["iterations"] == 4
    assert found["changed"] == np.mean(labels != given.labels)


def test_that_ignored_pixels_are_the_mean_in_the_composite() -> None:
    given = case()
    assert given.labels is not None
    labels = given.labels.copy()
    labels[10:20, 10:20] = 255
    study = small(case=replace(given, labels=labels), objectives=("gaussian",))
    (found,) = study.run(study.prepared(), (0.0, "gaussian", 0))
    assert found["psnr"] == math.inf
    runs = study.prepared()["gaussian"]
    floats = [image / np.float32(255) for image in given.images]
    composite = np.where((labels == 1)[..., None], floats[0], floats[1])
    composite[labels == 255] = ((floats[0] + floats[1]) / 2)[labels == 255]
    away = float(np.mean((composite.astype(np.float64) - runs.reference) ** 2))
    assert found["psnr_composite"] == pytest.approx(-10 * math.log10(away), abs=1e-4)


def test_that_the_same_seed_gives_the_same_numbers(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        frame.carry_out(small(seed=seed), tmp_path / name)
    first, again, other = (numbers_of(table(tmp_path / name)) for name in "abc")
    assert first == again
    assert first != other
    assert [(row["p"], row["objective"], row["repeat"]) for row in first] == [
        ("0.0", "box-joint", "0"),
        ("0.0", "gaussian", "0"),
        *((p, name, repeat) for p in ("0.2",) for repeat in "01" for name in robustness.OBJECTIVES),
    ]


def test_that_a_study_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[frame.Job] = []
    compute = robustness.Study.run

    def counted(self: robustness.Study, shared: object, job: frame.Job) -> list[frame.Row]:
        ran.append(job)
        if len(ran) == 4:
            raise KeyboardInterrupt
        return compute(self, shared, job)  # type: ignore[arg-type]

    monkeypatch.setattr(robustness.Study, "run", counted)
    with pytest.raises(KeyboardInterrupt):
        frame.carry_out(small(), tmp_path)
    facts = json.loads((tmp_path / frame.FACTS).read_text())
    assert facts["complete"] is False
    kept = table(tmp_path)
    assert len(kept) == 3
    # A row that was being written when the program was killed does not count.
    with (tmp_path / frame.DATA).open("a", encoding="utf-8") as file:
        file.write("0.2,box-joint,1,0.2,4")
    outcome = frame.carry_out(small(), tmp_path)
    assert (outcome.computed, outcome.rows) == (3, 6)
    assert table(tmp_path)[:3] == kept
    assert ran[4:] == small().jobs()[3:]
    assert frame.carry_out(small(), tmp_path).computed == 0
    assert frame.carry_out(small(repeats=3), tmp_path).computed == 2
    facts = json.loads((tmp_path / frame.FACTS).read_text())
    assert facts["complete"] is True
    assert facts["inputs"] == [{"file": "set.png", "sha256": "0" * 64}]
    assert facts["settings"]["parameters"]["gaussian"]["iterations"] == 4
    with pytest.raises(UsageError, match="other settings"):
        frame.carry_out(small(seed=9), tmp_path)
    assert frame.carry_out(small(seed=9), tmp_path, again=True).computed == 6


def test_that_processes_give_what_one_process_gives(tmp_path: Path) -> None:
    study = small(objectives=("box-joint",))
    frame.carry_out(study, tmp_path / "one")
    told: list[tuple[int, int]] = []
    frame.carry_out(study, tmp_path / "two", workers=2, watch=lambda *done: told.append(done))
    assert numbers_of(table(tmp_path / "one")) == numbers_of(table(tmp_path / "two"))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_that_the_summary_is_that_of_the_rows(tmp_path: Path) -> None:
    outcome = frame.carry_out(small(repeats=3), tmp_path)
    rows = [r for r in table(tmp_path) if (r["p"], r["objective"]) == ("0.2", "gaussian")]
    values = [float(row["psnr"]) for row in rows]
    (mine,) = (r for r in outcome.summary if (r["p"], r["objective"]) == (0.2, "gaussian"))
    assert mine["runs"] == 3
    assert mine["psnr_mean"] == pytest.approx(np.mean(values), abs=1e-12)
    assert mine["psnr_std"] == pytest.approx(np.std(values, ddof=1), abs=1e-12)
    assert mine["psnr_min"] == min(values)
    gains = [float(row["psnr"]) - float(row["psnr_composite"]) for row in rows]
    assert mine["gain_mean"] == pytest.approx(np.mean(gains), abs=1e-12)
    stored = json.loads((tmp_path / frame.FACTS).read_text())["summary"]
    assert stored[0]["psnr_mean"] == "inf"
    for name in (frame.SUMMARY, frame.PLOT, frame.PICTURE):
        assert (tmp_path / name).stat().st_size > 100


@pytest.mark.parametrize("shape", expansion.SHAPES)
@pytest.mark.parametrize("k", [-3, -1, 0, 1, 2, 4])
def test_that_regions_grow_as_a_literal_dilation_does(k: int, shape: str) -> None:
    rng = np.random.default_rng(5)
    labels = np.where(cv2.blur(rng.random((24, 31)), (7, 7)) > 0.5, 1, 2).astype(np.uint8)
    labels[3:5, 4:9] = 255
    found = expansion.moved(labels, k, shape=shape)
    grows, other = (1, 2) if k > 0 else (2, 1)
    reach = abs(k)
    for row in range(24):
        for column in range(31):
            expected = labels[row, column]
            if expected == other:
                for y in range(max(0, row - reach), min(24, row + reach + 1)):
                    for x in range(max(0, column - reach), min(31, column + reach + 1)):
                        near = shape == "square" or (y - row) ** 2 + (x - column) ** 2 <= k * k
                        if near and labels[y, x] == grows:
                            expected = grows
            assert found[row, column] == expected


def test_that_the_nearest_of_several_labels_takes_what_one_loses() -> None:
    labels = np.array([[2, 1, 1, 1, 1, 3]], np.uint8)
    assert expansion.moved(labels, -1).tolist() == [[2, 2, 1, 1, 3, 3]]
    assert expansion.moved(labels, -3).tolist() == [[2, 2, 2, 3, 3, 3]]
    assert expansion.moved(labels, 1, label=3).tolist() == [[2, 1, 1, 1, 3, 3]]


def test_that_expansion_fuses_by_the_moved_map(tmp_path: Path) -> None:
    given = case()
    study = expansion.Study((given,), PSNR, most=4, step=2, detector=Recipe("given", "given"))
    outcome = frame.carry_out(study, tmp_path)
    rows = {int(row["k"]): float(row["psnr"]) for row in table(tmp_path)}
    assert list(rows) == [-4, -2, 0, 2, 4]
    assert rows[0] == math.inf  # the map is right
    assert rows[2] > rows[4]
    assert given.labels is not None
    labels = expansion.moved(given.labels, 4)
    image = np.where((labels == 1)[..., None], *given.images) / 255.0
    expected = recipes.scores(PSNR, given, image.astype(np.float32), labels)
    assert rows[4] == expected["psnr"]
    assert [row["k"] for row in outcome.summary] == [-4, -2, 0, 2, 4]


def test_that_windows_follow_the_papers_rule(tmp_path: Path) -> None:
    assert [window.window_of(a, Size(868, 568)) for a in (1.5e-5, 5e-5, 9.5e-5)] == [7, 25, 47]
    assert window.window_of(1e-2, Size(48, 64)) == 31
    assert window.window_of(0.9, Size(48, 64)) == 47
    study = window.Study((case(),), (1e-3, 5e-3), measures=PSNR)
    frame.carry_out(study, tmp_path)
    rows = table(tmp_path)
    assert [row["window"] for row in rows] == ["3", "15"]
    given = case()
    kitchen, recipe = Kitchen(), Recipe("", "laplacian", (("window", "15"),))
    labels = kitchen.map_of(recipe, given)
    for state in ms_lap(given.images, labels, compute=Compute(), window=15):
        last = state
    assert float(rows[1]["q"]) == pytest.approx(last.q, abs=1e-9)


def test_that_convergence_tells_q_and_seconds_of_iterations(tmp_path: Path) -> None:
    methods = tuple(map(Recipe.parse, ("paper", "ours")))
    study = convergence.Study((case(),), methods, steps=150)
    outcome = frame.carry_out(study, tmp_path)
    rows = [row for row in table(tmp_path) if row["method"] == "paper"]
    looked = [int(row["iteration"]) for row in rows]
    assert looked == [*range(21), *range(22, 151, 2)]
    # The objective of the paper is that of the comparison.
    assert all(float(r["q"]) == pytest.approx(float(r["q_box"]), abs=1e-6) for r in rows)
    seconds = [float(row["seconds"]) for row in rows]
    assert seconds == sorted(seconds)
    assert [row["method"] for row in outcome.summary] == ["paper", "ours"]
    assert outcome.summary[0]["iterations"] == 150


def test_that_a_matrix_has_every_pair(tmp_path: Path) -> None:
    study = matrix.Study(
        (case(),),
        recipes.recipes("laplacian,given", maps=True),
        recipes.recipes("hard,feather:radius=3", by_map=True),
        PSNR,
    )
    frame.carry_out(study, tmp_path)
    rows = table(tmp_path)
    found = {(row["detector"], row["method"]): float(row["psnr"]) for row in rows}
    assert len(rows) == len(found) == 4
    assert found["given", "hard"] == math.inf
    assert found["given", "feather:radius=3"] < 60


def test_that_sources_are_disturbed_as_told() -> None:
    image = np.random.default_rng(1).random((20, 30, 3)).astype(np.float32)
    seed = (1, 2)
    moved = sensitivity.disturbed(image, "shift", 3.0, seed=seed)
    assert np.allclose(moved[:, 3:], image[:, :-3], atol=1e-6)
    noisy = sensitivity.disturbed(image, "noise", 0.05, seed=seed)
    assert np.std(noisy - image) == pytest.approx(0.05, rel=0.05)
    assert (noisy == sensitivity.disturbed(image, "noise", 0.05, seed=seed)).all()
    # Light is multiplied, not code values: 0.5 is 21.4 % of the light, twice that is 0.6858.
    grey = np.full((2, 2, 1), 0.5, np.float32)
    assert sensitivity.disturbed(grey, "gain", 2.0, seed=seed) == pytest.approx(0.6858, abs=1e-3)
    assert sensitivity.disturbed(grey, "gain", 9.0, seed=seed) == pytest.approx(1.0, abs=1e-6)


def test_that_sensitivity_compares_with_the_truth_and_the_undisturbed(tmp_path: Path) -> None:
    levels = (("shift", (0.0, 1.0)), ("noise", (0.02,)))
    study = sensitivity.Study((case(),), recipes.recipes("hard:detector=laplacian"), levels)
    frame.carry_out(study, tmp_path)
    rows = table(tmp_path)
    assert [(row["kind"], row["level"]) for row in rows] == [
        ("shift", "0.0"),
        ("shift", "1.0"),
        ("noise", "0.02"),
    ]
    assert rows[0]["psnr_undisturbed"] == "inf"
    assert float(rows[1]["psnr_undisturbed"]) < 60
    assert float(rows[0]["psnr_truth"]) > float(rows[1]["psnr_truth"])
    given = case()
    image, _ = Kitchen().fused(Recipe.parse("hard"), given.images)
    assert given.truth is not None
    error = np.mean((image.astype(np.float64) - given.truth / 255.0) ** 2)
    assert float(rows[0]["psnr_truth"]) == pytest.approx(-10 * math.log10(error), abs=1e-4)
    with pytest.raises(UsageError, match="no source 3"):
        replace(study, source=3)


def write(folder: Path, given: Case) -> list[Path]:
    folder.mkdir(parents=True)
    paths = [folder / f"image{k}.png" for k in (1, 2)]
    for path, image in zip(paths, given.images, strict=True):
        cv2.imwrite(str(path), image)
    assert given.labels is not None
    cv2.imwrite(str(folder / "label.png"), np.where(given.labels == 1, 255, 0).astype(np.uint8))
    return paths


def test_that_sets_are_read_from_folders_and_files(tmp_path: Path) -> None:
    given = case()
    paths = write(tmp_path / "pair", given)
    (read,) = read_cases([tmp_path / "pair"])
    assert read.name == "pair"
    assert (read.labels == given.labels).all()
    assert (read.images[0][..., ::-1] == given.images[0]).all()
    assert [Path(file).name for file, _ in read.hashes] == ["image1.png", "image2.png", "label.png"]
    (alone,) = read_cases(paths, labels=tmp_path / "pair" / "label.png")
    assert (alone.labels == given.labels).all()
    with pytest.raises(UsageError, match="two or more"):
        read_cases(paths[:1])
    with pytest.raises(UsageError, match="beside"):
        read_cases([tmp_path / "pair", paths[0]])
    write(tmp_path / "sets" / "a", given)
    write(tmp_path / "sets" / "b", given)
    assert [one.name for one in read_cases([tmp_path / "sets"])] == ["a", "b"]
    with pytest.raises(UsageError, match="one set"):
        read_cases([tmp_path / "sets"], labels=paths[0])
    unassigned = np.full((48, 64), 1, np.uint8)
    unassigned[0, 0] = 0
    cv2.imwrite(str(tmp_path / "pair" / "label.png"), unassigned)
    with pytest.raises(InputError, match="unassigned"):
        read_cases([tmp_path / "pair"])


def test_that_methods_are_told_apart_and_checked() -> None:
    with pytest.raises(UsageError, match="makes no focus map"):
        recipes.recipes("gff", maps=True)
    with pytest.raises(UsageError, match="takes no focus map"):
        recipes.recipes("gff", by_map=True)
    with pytest.raises(UsageError, match="named twice"):
        recipes.recipes("hard,hard")
    with pytest.raises(UsageError, match="is no method"):
        recipes.recipes("hard:radius")
    with pytest.raises(UsageError, match="no iterations"):
        next(Kitchen().states(Recipe.parse("hard"), case().images, np.ones((48, 64), np.uint8)))
    with pytest.raises(UsageError, match="has no focus map"):
        Kitchen().map_of(Recipe("given", "given"), replace(case(), labels=None))


def test_that_a_job_that_cannot_be_done_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    small_one = case(12, 12, name="tiny")
    study = matrix.Study(
        (small_one, case()),
        recipes.recipes("laplacian:window=25", maps=True),
        recipes.recipes("hard", by_map=True),
        PSNR,
    )
    outcome = frame.carry_out(study, tmp_path)
    assert outcome.rows == 1
    ((job, reason),) = outcome.failed
    assert job[0] == "tiny"
    assert "larger than the image" in reason
    facts = json.loads((tmp_path / frame.FACTS).read_text())
    assert facts["complete"] is False
    assert facts["failed"][0]["job"] == ["tiny", "laplacian:window=25", "hard"]
