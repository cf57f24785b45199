from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.app import figure_export
from mfgui.app.figure_export import PreviewPictures
from mfgui.core.arrays import PixelArray, Rect
from mfgui.core.errors import UsageError
from mfgui.core.figures import Crop, Difference, FigureRecipe, PageSetup, ScaleBar
from mfgui.core.result import Provenance, Result
from mfgui.core.score_table import Area, Better, Cell, Column, ScoreRow, ScoreTable
from mfgui.core.session import Mark, Session, Truth
from mfgui.core.stack import SourceStack
from mfgui.files.figure_recipes import read_recipe
from mfgui.files.figure_saving import Written, draw_again, recipe_path
from mfgui.files.images import read_image


def result(image: np.ndarray, labels: np.ndarray | None = None, q: float | None = None) -> Result:
    origin = Provenance(
        "gff",
        {"radius": 4, "weight": 0.1},
        (),
        "cpu",
        {"mfgui": "0.1.0"},
        "laplacian",
        7,
        follows=1,
        map_from="map.png",
        start_from="result:1",
    )
    return Result(
        "GFF", image, "uint16", labels, 0, origin, "done", {}, image, image, q_box=q, window=11
    )


def session_of(kind: type = np.uint16, width: int = 90) -> Session:
    """Two sources, a result with a map and a score, one without, and a ground truth."""
    generator = np.random.default_rng(2)
    image, *shades = (
        cv2.resize(generator.random((6, 9, 3), np.float32), (width, 60)) for _ in range(3)
    )
    frames = [(shade * np.iinfo(kind).max).astype(kind) for shade in shades]
    labels = np.ones((60, width), np.uint8)
    session = Session(stack=SourceStack.from_arrays(frames, names=["a.png", "b.png"]))
    session.results = {3: result(image, labels, 0.98765), 5: result(image / 2)}
    session.marks = {5: Mark(name="Half of it")}
    session.truth = Truth("gt.png", "/somewhere/gt.png", "f" * 64, frames[0])
    return session


def recipe_of(session: Session) -> FigureRecipe:
    assert session.stack is not None
    return FigureRecipe(
        session.stack.size,
        figure_export.offered(session),
        "truth",
        crops=(Crop("A", Rect(10, 10, 20, 15), "#e69f00"),),
        difference=Difference(),
        scale_bar=ScaleBar(),
        page=PageSetup(width_mm=80, dpi=300),
    )


def carried_out(task: figure_export.Task) -> object:
    return task(lambda _part: None)


def test_that_everything_of_the_set_is_offered_and_results_are_ticked() -> None:
    found = figure_export.offered(session_of())
    assert [(p.key, p.title, p.note, p.column) for p in found] == [
        ("source:1", "Source 1", "", False),
        ("source:2", "Source 2", "", False),
        ("result:3", "GFF", "", True),
        ("result:5", "Half of it", "", True),
        ("truth", "Ground truth", "", True),
    ]
    assert figure_export.offered(Session()) == ()


def test_that_results_of_one_name_are_told_apart() -> None:
    session = session_of()
    session.marks = {}
    titles = [picture.title for picture in figure_export.offered(session)]
    assert titles[2:4] == ["GFF (3)", "GFF (5)"]


def test_that_the_recipe_names_how_everything_was_made(tmp_path: Path) -> None:
    session = session_of()
    path = tmp_path / "a.png"
    made = carried_out(figure_export.export(session, recipe_of(session), path))
    assert isinstance(made, Written)
    content = json.loads(recipe_path(path).read_text("utf-8"))
    origin = content["pictures"][2]["provenance"]
    assert origin["method"] == "gff"
    assert origin["parameters"] == {"radius": 4, "weight": 0.1}
    assert (origin["detector"], origin["seed"], origin["device"]) == ("laplacian", 7, "cpu")
    given = (origin["follows"], origin["map_from"], origin["start_from"])
    assert given == (1, "map.png", "result:1")
    assert origin["versions"] == {"mfgui": "0.1.0"}
    assert origin["map_sha256"] == hashlib.sha256(b"\1" * 60 * 90).hexdigest()
    assert "map_sha256" not in content["pictures"][3]["provenance"]
    mapless = replace(session.results[3].provenance, detector=None)
    session.results[3] = replace(session.results[3], provenance=mapless)
    carried_out(figure_export.export(session, recipe_of(session), path))
    content = json.loads(recipe_path(path).read_text("utf-8"))
    assert "map_sha256" not in content["pictures"][2]["provenance"], "it was scored by it alone"
    assert session.stack is not None
    hashes = [source.sha256 for source in session.stack.sources]
    assert [entry["sha256"] for entry in content["inputs"]] == [*hashes, "f" * 64]
    assert [entry["name"] for entry in content["inputs"]] == ["a.png", "b.png", "gt.png"]


def test_that_pictures_are_written_in_the_depth_of_the_sources(tmp_path: Path) -> None:
    session = session_of()
    path = tmp_path / "a.png"
    carried_out(figure_export.export(session, recipe_of(session), path))
    recipe = read_recipe(recipe_path(path))
    assert session.stack is not None
    source = read_image(tmp_path / recipe.picture("source:2").file)
    assert np.array_equal(source, (session.stack.pixels(1) / np.float32(65535)).astype(np.float32))
    fused = read_image(tmp_path / recipe.picture("result:3").file)
    assert np.abs(fused - session.results[3].image).max() <= 0.5 / 65535 + 1e-7
    before = path.read_bytes()
    draw_again(recipe_path(path), None, figure_export.style())
    assert path.read_bytes() == before


def test_that_an_input_is_never_replaced(tmp_path: Path) -> None:
    session = session_of()
    assert session.truth is not None
    session.truth = replace(session.truth, path=str(tmp_path / "gt.png"))
    (tmp_path / "gt.png").write_bytes(b"truth")
    task = figure_export.export(session, recipe_of(session), tmp_path / "gt.png")
    with pytest.raises(UsageError, match="is the input"):
        carried_out(task)
    assert [path.name for path in tmp_path.iterdir()] == ["gt.png"]


def test_that_a_figure_is_of_the_moment_of_its_command(tmp_path: Path) -> None:
    session = session_of()
    task = figure_export.export(session, recipe_of(session), tmp_path / "a.png")
    del session.results[5]
    session.truth = None
    carried_out(task)
    recipe = read_recipe(recipe_path(tmp_path / "a.png"))
    assert [entry.name for entry in recipe.inputs] == ["a.png", "b.png", "gt.png"]
    assert [p.key for p in recipe.pictures] == [
        "source:1",
        "source:2",
        "result:3",
        "result:5",
        "truth",
    ]


def small(image: PixelArray) -> np.ndarray:
    """Means over squares of 16 dots, which do not mind how edges are drawn."""
    height, width = (side // 16 * 16 for side in image.shape[:2])
    cut = image[:height, :width].astype(float)
    return cut.reshape(height // 16, 16, width // 16, 16, 3).mean(axis=(1, 3))


@pytest.mark.parametrize("width", [90, 3000])
def test_that_the_preview_is_the_figure_in_other_dots(tmp_path: Path, width: int) -> None:
    session = session_of(np.uint8, width)
    recipe = recipe_of(session)
    size = figure_export.size_of(recipe)
    pictures = PreviewPictures(session)
    seen = carried_out(figure_export.preview(recipe, pictures, width=size.width))
    assert isinstance(seen, np.ndarray)
    carried_out(figure_export.export(session, recipe, tmp_path / "a.png"))
    real = np.rint(read_image(tmp_path / "a.png") * 255)
    assert abs(seen.shape[0] - size.height) <= 4
    assert seen.shape[1] == size.width
    rows = min(seen.shape[0], real.shape[0])
    assert np.abs(small(seen[:rows]) - small(real[:rows])).mean() < 4
    half = carried_out(figure_export.preview(recipe, pictures, width=size.width // 2))
    assert isinstance(half, np.ndarray)
    assert half.shape[1] == size.width // 2


def table(columns: dict[str, list[float | None]]) -> ScoreTable:
    heads = [Column(key, key, Better.HIGHER, "", area=Area.WHOLE, digits=2) for key in columns]
    cells = zip(*columns.values(), strict=True)
    rows = [
        ScoreRow(f"result:{n}", "", tuple(Cell(value) for value in row))
        for n, row in enumerate(cells, start=1)
    ]
    return ScoreTable(tuple(heads), tuple(rows))


def test_that_notes_hold_only_what_every_result_has() -> None:
    found = figure_export.notes_of(
        table({"local_q": [0.5, 0.25], "psnr": [30.126, math.inf], "rmse": [1.0, 2.0]})
    )
    assert found == {
        "result:1": "local Q 0.50 · PSNR 30.13 dB",
        "result:2": "local Q 0.25 · PSNR ∞ dB",
    }
    found = figure_export.notes_of(table({"local_q": [0.5, None], "psnr": [30.0, 31.0]}))
    assert found == {"result:1": "PSNR 30.00 dB", "result:2": "PSNR 31.00 dB"}


def test_that_a_stopped_export_leaves_nothing(tmp_path: Path) -> None:
    session = session_of()
    answers = iter([False, True])
    task = figure_export.export(
        session, recipe_of(session), tmp_path / "a.png", stopped=lambda: next(answers)
    )
    with pytest.raises(figure_export.Stopped):
        carried_out(task)
    assert list(tmp_path.iterdir()) == []
