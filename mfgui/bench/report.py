"""The report of a benchmark: one HTML page, with its pictures in a folder beside it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from mfgui.bench.columns import Column, digits
from mfgui.bench.pool import Engine, Lost
from mfgui.bench.report_page import page
from mfgui.bench.report_pictures import Drawn, PictureJob, Shown, draw
from mfgui.bench.report_plots import plot
from mfgui.bench.runner import Table
from mfgui.bench.statistics import Summaries, Summary, best
from mfgui.bench.tables import SCORED, made_by, shown, test_note
from mfgui.files.atomic import write_bytes, writing
from mfgui.methods.metrics import Direction

NAME, FILES, PICTURES = "report.html", "report_files", "pictures"


def draw_pictures(table: Table, engine: Engine, *, full: bool = False) -> list[Drawn]:
    """Write the pictures of all sets; with `full` also every fused picture as 8-bit PNG.

    Raises
    ------
    OutputError
        If their folders cannot be made.
    """
    folder = table.plan.folder
    places = [folder / FILES, *([folder / PICTURES] if full else [])]
    for place in places:
        with writing(place):
            place.mkdir(parents=True, exist_ok=True)
            for old in filter(_is_ours, place.iterdir()):
                old.unlink()  # names are numbers: those of an earlier table mislead
    jobs = [
        PictureJob(
            number,
            source_set,
            tuple(
                (entry.label, table.cells[source_set.key, entry.label].picture)
                for entry in table.plan.entries
            ),
            folder / FILES,
            folder / PICTURES if full else None,
        )
        for number, source_set in enumerate(table.plan.sets)
    ]
    drawn = [Drawn()] * len(jobs)

    def done(number: int, result: Drawn | Lost) -> None:
        drawn[number] = Drawn(reason=result.reason) if isinstance(result, Lost) else result

    engine.run(draw, jobs, done)
    return drawn


def _is_ours(path: Path) -> bool:
    return re.fullmatch(r"\d{4,}-(source|truth|\d)[-\w]*\.(jpg|png)", path.name) is not None


def write_report(
    table: Table,
    found: Summaries,
    drawn: Sequence[Drawn],
    *,
    baseline: str,
    facts: Mapping[str, object],
) -> Path:
    """Write the page atomically; its path.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path = table.plan.folder / NAME
    text = html_text(table, found, drawn, baseline=baseline, facts=facts)
    write_bytes(path, text.encode(errors="backslashreplace"))
    return path


def html_text(
    table: Table,
    found: Summaries,
    drawn: Sequence[Drawn],
    *,
    baseline: str,
    facts: Mapping[str, object],
) -> str:
    """The page as text; whatever stands in names is escaped."""
    plan = table.plan
    datasets = dict.fromkeys(source_set.dataset for source_set in plan.sets)
    title = escape("Benchmark: " + ", ".join(datasets))
    counts = (
        f"{_many(len(plan.sets), 'set')}, {_many(len(plan.entries), 'method')}, "
        f"{_many(len(plan.columns), 'measure')}; {_many(len(table.failures), 'cell')} failed. "
        f"Made {escape(str(facts.get('made', '')))} by mfgui."
    )
    sections = [
        ("means", "Means", _means(table, found, baseline)),
        ("ranks", "Mean ranks", _ranks(table, found)),
        ("tests", "Tests", _tests(found, baseline)),
        ("plots", "Plots", _plots(table, found)),
        ("failures", "Failed cells", _failures(table)),
        ("pictures", "Pictures", _pictures(table, drawn)),
        ("sets", "Set by set", _by_set(table)),
        ("provenance", "Provenance", _provenance(table, facts)),
    ]
    return page(title, counts, sections)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _cell(text: str, value: object = "", kind: str = "") -> str:
    """A cell: HTML to be seen, and the value that it is sorted by."""
    plain = "" if value is None else str(value).replace("inf", "Infinity")
    name = f' class="{kind}"' if kind else ""
    return f'<td{name} data-value="{escape(plain)}">{text}</td>'


def _name_cell(name: str) -> str:
    return f'<td data-value="{escape(name)}">{escape(name)}</td>'


def _table(heads: Sequence[tuple[str, bool | None]], rows: Sequence[Sequence[str]]) -> str:
    """Heads with whether the first click puts large values first, None for text; rows of cells."""
    kinds = {True: " data-first=descending", False: "", None: ' class="text"'}
    top = "".join(
        f'<th scope="col"{kinds[falling]}><button type="button">{escape(text)}</button></th>'
        for text, falling in heads
    )
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table class="sortable"><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _falling(column: Column) -> bool:
    return column.direction is Direction.HIGHER


def _column_means(table: Table, found: Summaries, column: Column) -> dict[str, Summary]:
    return {entry.label: found[column.key, entry.label] for entry in table.plan.entries}


def _means(table: Table, found: Summaries, baseline: str) -> str:
    columns = table.known_columns
    if not columns:
        return "<p>No cell has a score.</p>"
    cells = {column: _mean_cells(column, _column_means(table, found, column)) for column in columns}
    rows = []
    for number, entry in enumerate(table.plan.entries):
        times = [s for t in table.plan.sets if (s := table.cells[t.key, entry.label].seconds)]
        mean = sum(times) / len(times) if times else None
        seconds = _cell("–" if mean is None else f"{mean:.3g}", mean)
        rows.append(
            [_name_cell(entry.label), *(cells[column][number] for column in columns), seconds]
        )
    heads: list[tuple[str, bool | None]] = [("Method", False)]
    heads += [(f"{column.title} {column.arrow}", _falling(column)) for column in columns]
    note = f"Mean ± standard deviation over sets, the best of each column bold; {escape(SCORED)}."
    if baseline:
        note += f" + and − are significantly better and worse than {escape(baseline)}."
    return f'<p class="quiet">{note}</p>' + _table([*heads, ("Seconds", False)], rows)


def _mean_cells(column: Column, means: Mapping[str, Summary]) -> list[str]:
    top = best(column, means)
    places = digits(s.mean for s in means.values() if s.mean is not None)
    most = max(summary.n for summary in means.values())
    cells = []
    for label, summary in means.items():
        text = shown(summary.mean, places)
        sign = summary.test.sign if summary.test is not None else ""
        if sign:
            text += f'<sup class="{"plus" if sign == "+" else "minus"}">{_minus(sign)}</sup>'
        if summary.deviation is not None:
            text += f" <small>± {summary.deviation:.{places}f}</small>"
        if 0 < summary.n < most:
            text += f" <small>n={summary.n}</small>"
        cells.append(_cell(text, summary.mean, "best" if label in top else ""))
    return cells


def _minus(sign: str) -> str:
    return sign.replace("-", "−")


def _ranks(table: Table, found: Summaries) -> str:
    columns = [c for c in table.known_columns if any(_ranks_of(table, found, c))]
    if len(table.plan.entries) < 2 or not columns:
        return ""
    rows = []
    for entry in table.plan.entries:
        ranks = [found[column.key, entry.label].rank for column in columns]
        known = [rank for rank in ranks if rank is not None]
        mean = sum(known) / len(known) if len(known) == len(ranks) else None
        cells = []
        for column, rank in zip(columns, ranks, strict=True):
            least = min(r for r in _ranks_of(table, found, column) if r is not None)
            cells.append(_cell(shown(rank, 2), rank, "best" if rank == least else ""))
        rows.append([_name_cell(entry.label), _cell(shown(mean, 2), mean), *cells])
    heads = [(column.title, False) for column in columns]
    counts = {found[column.key, table.plan.entries[0].label].ranked for column in columns}
    over = " or ".join(map(str, sorted(counts)))
    note = (
        "Rank of each method within a set, 1 for the best, averaged over the sets in which all "
        f"methods have a value ({over} sets); first the mean over the measures."
    )
    table_text = _table([("Method", False), ("All", False), *heads], rows)
    return f'<p class="quiet">{note}</p>' + table_text


def _ranks_of(table: Table, found: Summaries, column: Column) -> list[float | None]:
    return [found[column.key, entry.label].rank for entry in table.plan.entries]


def _tests(found: Summaries, baseline: str) -> str:
    rows = []
    for (key, label), summary in found.items():
        test = summary.test
        if test is not None:
            kind = {"+": "plus", "-": "minus"}.get(test.sign, "")
            rows.append(
                [
                    _name_cell(label),
                    _cell(escape(key), key, "text"),
                    *(_cell(str(n), n) for n in (test.better, test.worse, test.equal, test.n)),
                    _cell(f"{test.p:.3g}{'' if test.exact else ' ≈'}", test.p),
                    _cell(f"{test.adjusted:.3g}", test.adjusted, kind),
                ]
            )
    if not rows:
        return ""
    largest = max(s.test.n for s in found.values() if s.test is not None)
    note = f"Against {escape(baseline)}: {escape(test_note())}. n counts the differences."
    if largest and 2.0 ** (1 - largest) > 0.01:
        note += f" With n = {largest} no p can be below {2.0 ** (1 - largest):.3g}."
    names = ("Method", "Measure", "better", "worse", "equal", "n", "p", "p (Holm)")
    shown_rows = _table([(name, None if name == "Measure" else False) for name in names], rows)
    folded = f"<details><summary>{len(rows)} tests</summary>{shown_rows}</details>"
    return f'<p class="quiet">{note}</p>{folded}'


def _plots(table: Table, found: Summaries) -> str:
    sets = [source_set.key for source_set in table.plan.sets]
    figures = []
    for column in table.known_columns:
        values = {entry.label: table.values(entry, column) for entry in table.plan.entries}
        top = best(column, _column_means(table, found, column))
        drawing = plot(column, values, sets, top)
        if drawing:
            caption = escape(f"{column.title} {column.arrow}")
            infinite = sum(v is not None and math.isinf(v) for row in values.values() for v in row)
            caption += f"; {infinite} infinite values are not shown" if infinite else ""
            figures.append(f"<figure><figcaption>{caption}</figcaption>{drawing}</figure>")
    if not figures:
        return ""
    note = "A dot for each set, a box from the lower to the upper quartile, the median in it."
    return f'<p class="quiet">{note}</p><div class="plots">{"".join(figures)}</div>'


def _failures(table: Table) -> str:
    rows = [
        [
            _name_cell(source_set),
            _cell(escape(label), label, "text"),
            _cell(escape(why), why, "text"),
        ]
        for (source_set, label), why in table.failures
    ]
    return _table([("Set", False), ("Method", None), ("Reason", None)], rows) if rows else ""


def _pictures(table: Table, drawn: Sequence[Drawn]) -> str:
    if not drawn:
        return ""
    parts = [
        '<p class="quiet">Below each picture the place where the boundary of the focus map crosses '
        "most detail: the same for all methods, pixels enlarged.</p>"
    ]
    for source_set, pictures in zip(table.plan.sets, drawn, strict=True):
        rect, remark = pictures.rect, ""
        if rect is not None:
            remark += f" <small>crop at x {rect.x}, y {rect.y}</small>"
        if pictures.gain != 1.0:
            remark += f" <small>shown {pictures.gain:.3g} times brighter</small>"
        figures = [_figure(shown, "") for shown in pictures.sources]
        for entry, picture in zip(table.plan.entries, pictures.fused, strict=False):
            figures.append(_figure(picture, table.cells[source_set.key, entry.label].reason))
        text = f'<div class="pictures">{"".join(figures)}</div>'
        if pictures.reason:
            text = f"<p>{escape(pictures.reason)}</p>"
        parts.append(f"<h3>{escape(source_set.key)}{remark}</h3>{text}")
    return "".join(parts)


def _figure(picture: Shown, reason: str) -> str:
    caption = f"<figcaption>{escape(picture.title)}</figcaption>"
    if not picture.thumb:
        why = escape(reason or "no picture")
        return f'<figure><div class="none">{why}</div>{caption}</figure>'
    name = escape(picture.title)
    image = f'<img src="{FILES}/{picture.thumb}" alt="{name}" loading="lazy">'
    if picture.full:
        image = f'<a href="{PICTURES}/{picture.full}">{image}</a>'
    crop = f'<img class="crop" src="{FILES}/{picture.crop}" alt="{name}, part" loading="lazy">'
    return f"<figure>{image}{crop}{caption}</figure>"


def _by_set(table: Table) -> str:
    parts = []
    entries = table.plan.entries
    for column in table.known_columns:
        values = [v for entry in entries for v in table.values(entry, column) if v is not None]
        places = digits(values)
        rows = []
        for source_set in table.plan.sets:
            row = [table.value(source_set, entry, column) for entry in entries]
            known = [column.goodness(value) for value in row if value is not None]
            top = max(known) if len(known) > 1 else None
            rows.append(
                [
                    _name_cell(source_set.key),
                    *(_score_cell(column, v, places, top) for v in row),
                ]
            )
        heads = [("Set", False), *((entry.label, _falling(column)) for entry in entries)]
        summary = f"<summary>{escape(f'{column.title} {column.arrow}')}</summary>"
        parts.append(f"<details>{summary}{_table(heads, rows)}</details>")
    return "".join(parts)


def _score_cell(column: Column, value: float | None, places: int, top: float | None) -> str:
    leads = value is not None and column.goodness(value) == top
    return _cell(shown(value, places), value, "best" if leads else "")


def _provenance(table: Table, facts: Mapping[str, object]) -> str:
    methods = [(entry.label, made_by(entry)) for entry in table.plan.entries]
    measures = [(column.key, _defined(column, table)) for column in table.plan.columns]
    files = [
        (s.key, "; ".join(f"{p} {table.hashes.get(str(p), 'not read')}" for p in s.files))
        for s in table.plan.sets
    ]
    notices = {f"{place[0]}: {n}" for place, cell in table.cells.items() for n in cell.notices}
    parts = [_list((name, _plain(value)) for name, value in facts.items())]
    parts.append(f"<h3>Methods</h3>{_list(methods)}")
    parts.append(f"<h3>Measures</h3>{_list(measures)}")
    if notices:
        items = "".join(f"<li>{escape(text)}</li>" for text in sorted(notices))
        parts.append(f"<h3>What was adapted on reading</h3><ul>{items}</ul>")
    parts.append(
        f"<details><summary>Files and their SHA-256</summary>{_list(files)}</details>"
        "<p>All numbers with all their digits: <code>cells.csv</code>, <code>summary.csv</code>, "
        "<code>seconds.csv</code>, <code>summary.tex</code>, <code>results.json</code>.</p>"
    )
    return "".join(parts)


def _defined(column: Column, table: Table) -> str:
    measure = column.measure
    parts = [measure.definition.about, f"Better: {measure.definition.direction.value}."]
    if measure.defined_as:
        parts.append(f"Variant {measure.defined_as}.")
    parts.append(f"Computed on {measure.view.value}.")
    if column.evidence:
        parts.append(f"Definition of the published column: {column.evidence}.")
    why = table.why_empty(column)
    if why:
        parts.append(f"No values: {why}.")
    return " ".join(parts)


def _list(entries: Iterable[tuple[str, str]]) -> str:
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in entries)
    return f"<dl>{items}</dl>"


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(map(_plain, value))
    return str(value)
