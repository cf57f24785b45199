"""The report: what is in it, that it needs nothing else, and that names cannot break it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.bench.columns import columns
from mfgui.bench.datasets import SourceSet
from mfgui.bench.entries import Entry, parsed
from mfgui.bench.pool import Inline
from mfgui.bench.report import FILES, PICTURES, draw_pictures, write_report
from mfgui.bench.report_pictures import busiest
from mfgui.bench.report_plots import plot
from mfgui.bench.runner import Plan, Table, run
from mfgui.bench.statistics import summaries
from mfgui.methods.registry import load
from tests.bench import folders

EVIL = """<script>alert('x')</script>" onload="&"""


class Reader(HTMLParser):
    """Elements that are open at the same time must be closed in reverse order."""

    VOID = ("meta", "img", "line", "rect")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text("utf-8"))
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """Two sets, one with an evil name and a truth, one that cannot be read."""
    tmp_path = tmp_path_factory.mktemp("report")
    paths = [folders.write(tmp_path / f"{n}.png", p) for n, p in enumerate(folders.pair(1))]
    sets = (
        SourceSet("d", EVIL, tuple(paths[1:]), truth=paths[0]),
        SourceSet("d", "torn", (paths[0], tmp_path / "gone.png")),
    )
    known = load()
    entries = (
        replace(parsed("average", known), label=EVIL),
        parsed("composite", known),
        Entry("CNN", pictures={f"d/{EVIL}": paths[0]}, origin=EVIL),
    )
    plan = Plan(sets, entries, columns("q-g,lif,psnr,q-sf", band=4), tmp_path / "out")
    return run(plan, Inline(), known=known, observe=lambda _progress: None)


def report(table: Table, *, baseline: str = "composite", full: bool = False) -> Path:
    found = summaries(table, baseline=baseline)
    drawn = draw_pictures(table, Inline(), full=full)
    facts = {"made": "today", "versions": {"mfgui": "7.7"}, EVIL: EVIL}
    return write_report(table, found, drawn, baseline=baseline, facts=facts)


def test_that_a_report_is_complete(table: Table) -> None:
    page = read(report(table))
    identities = {attributes.get("id") for attributes in page.all("section")}
    assert identities == {
        *("means", "ranks", "tests", "plots", "failures", "pictures", "sets", "provenance")
    }
    images = [str(attributes["src"]) for attributes in page.all("img")]
    # Two sources, the truth and three results of one set, each with its crop.
    assert len(images) == 12
    for name in images:
        assert cv2.imread(str(table.plan.folder / name)) is not None
    assert "gone.png: no such file" in page.text
    assert len(page.all("svg")) == len(table.known_columns)
    assert "7.7" in page.text
    assert table.hashes[str(table.plan.sets[0].sources[0])] in page.text
    assert page.text.count("Wilcoxon") == 1


def test_that_names_cannot_break_a_report(table: Table) -> None:
    page = read(report(table))
    assert len(page.all("script")) == 1
    assert not any("onload" in attributes for _, attributes in page.elements)
    assert "alert('x')" in page.text  # as it is named, but as text
    assert EVIL not in (table.plan.folder / "report.html").read_text("utf-8")


def test_that_a_report_needs_nothing_from_elsewhere(table: Table) -> None:
    path = report(table, full=True)
    page = read(path)
    addresses = [
        str(a.get("src") or a.get("href")) for _, a in page.elements if a.keys() & {"src", "href"}
    ]
    assert all(name.startswith(("#", f"{FILES}/", f"{PICTURES}/")) for name in addresses)
    assert not re.search(r"https?://|url\(|@import", path.read_text("utf-8"))
    assert "prefers-color-scheme: dark" in path.read_text("utf-8")


def test_that_full_pictures_are_those_that_were_scored(table: Table) -> None:
    report(table, full=True)
    _, *images = folders.pair(1)
    mean = np.rint((images[0].astype(float) + images[1]) / 2)
    found = cv2.imread(str(table.plan.folder / PICTURES / "0000-00.png"))[:, :, ::-1]
    assert np.abs(found - mean).max() <= 1
    assert len(list((table.plan.folder / PICTURES).iterdir())) == 3


def test_that_the_best_means_are_bold(table: Table) -> None:
    text = report(table).read_text("utf-8")
    means = text[text.index('id="means"') : text.index('id="ranks"')]
    rows = re.findall(r"<tr>(.*?)</tr>", means)[1:]
    # PSNR to the truth: that of the truth itself is infinite.
    assert "∞" in rows[2]
    assert re.search(r'class="best" data-value="Infinity">∞', rows[2])
    assert 'class="best"' not in rows[0].split("</td>")[1]


def test_that_earlier_pictures_go_and_other_files_stay(table: Table) -> None:
    report(table)
    place = table.plan.folder / FILES
    old = place / "0007-03-crop.png"
    old.touch()
    (place / "mine.txt").touch()
    report(table)
    assert not old.exists()
    assert (place / "mine.txt").exists()


def test_that_the_busiest_place_of_the_boundary_is_shown() -> None:
    labels = np.ones((200, 300), np.uint8)
    labels[:, 150:] = 2
    frame = np.full((200, 300, 3), 0.5, np.float32)
    noise = np.random.default_rng(0).random((40, 40, 3), dtype=np.float32)
    frame[120:160, 130:170] = noise
    frame[20:60, 20:60] = noise  # as busy, but far from the boundary
    rect = busiest(labels, [frame, np.zeros_like(frame)])
    assert rect.width == rect.height == 50
    assert rect.y <= 120
    assert rect.bottom >= 160
    assert abs(rect.x + 25 - 150) <= 4
    alone = busiest(np.ones((200, 300), np.uint8), [frame])
    assert 0 <= alone.x <= 250


def test_that_plots_leave_out_what_has_no_place() -> None:
    (column,) = columns("psnr")
    values = {"a<b": [30.0, float("inf"), None], "c": [31.0, 30.5, 30.2], "none": [None] * 3}
    drawing = plot(column, values, ["s1", "s&2", "s3"], frozenset({"c"}))
    reader = Reader()
    reader.feed(drawing)
    assert len(reader.all("circle")) == 4
    assert "a<b" in reader.text
    assert "s&2: 30.5" in reader.text
    for circle in reader.all("circle"):
        assert 170 <= float(str(circle["cx"])) <= 600
    assert plot(column, {"a": [None]}, ["s"], frozenset()) == ""
    assert "NaN" not in plot(column, {"a": [30.0]}, ["s"], frozenset())
