"""What the colours of a pane mean, in its lower left corner."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF, qGray

from mfgui.core.comparison import CompareView
from mfgui.core.heat import WIDEST, HeatKind, place_of
from mfgui.ui.canvas.differences import Words
from mfgui.ui.canvas.dimming import HATCH
from mfgui.ui.canvas.levels import colours_along
from mfgui.ui.canvas.overlay_painter import DIFFERENCE_COLOURS
from mfgui.ui.canvas.overlays import OverlayMode
from mfgui.ui.canvas.scales import Q_TICKS, VIEW_TITLES, Scale, Ticks, scale_of
from mfgui.ui.canvas.scene import Compared, Levels, Map, Scene

_MARGIN, _PAD, _GAP = 12, 8, 6  # logical pixels
_BAR = (200, 10)
_LEAST_BAR, _BESIDE = 80, 16
_TIP = 6.0  # of the arrow where values beyond the scale have the last colour
_KEY = 14
_BACK, _INK, _QUIET = QColor(20, 20, 20, 215), QColor("white"), QColor(200, 200, 200)
_DARK, _LIGHT = QColor("black"), 120
_MOST_SWATCHES = 7  # as many sources have a colour of their own
_MOST_TICKS = 5
_NOT_KNOWN, _NOTHING = "not known", "nothing to compare with"

TITLES = {
    HeatKind.LOCAL_Q: "Local Q",
    HeatKind.CONFIDENCE: "Confidence of the detector",
    HeatKind.TRUST: "Confidence of the result",
    HeatKind.RADIUS: "Blur radius in pixels",
    HeatKind.DEPTH: "Depth: source in focus",
}
_TICKS = {
    HeatKind.LOCAL_Q: Q_TICKS,
    HeatKind.CONFIDENCE: (1.0, 0.5, 0.0),
    HeatKind.TRUST: (0.0, 0.5, 1.0),
    HeatKind.RADIUS: (0.0, 2.0, 8.0, 24.0, WIDEST),
}

Entry = tuple[int, Qt.BrushStyle, str]


def draw_legends(
    painter: QPainter, area: QRect, scene: Scene, *, note: str = "", other: str = ""
) -> None:
    """Everything that a pane needs to be read: its view, and above that its overlay.

    Parameters
    ----------
    area : QRect
        The pane.
    note : str
        Says of a heat map over the picture that it is not up to date.
    other : str
        Name of what the picture is compared with; empty leaves it out.
    """
    if scene.picture is None:
        return
    compared, mode = scene.compared, scene.mode
    if compared is not None:
        height = _draw_compared(painter, area, compared, other)
        area = area.adjusted(0, 0, 0, -round(height) - _GAP)
    if mode is OverlayMode.DIFFERENCE:
        draw_difference_key(painter, area, scene.active)
    elif mode.of_heat and scene.levels is not None:
        draw_heat_bar(painter, area, HeatKind(mode.value), scene.levels, note)


def _draw_compared(painter: QPainter, area: QRect, compared: Compared, other: str) -> float:
    if compared.map is not None:
        return _draw_sources(painter, area, compared.map, compared.ramp)
    if compared.view.of_pixels and compared.against is None:
        return _draw_nothing(painter, area)
    return draw_scale(painter, area, scale_of(compared, other=other))


def draw_heat_bar(
    painter: QPainter, area: QRect, kind: HeatKind, levels: Levels, note: str = ""
) -> float:
    """The ramp of a heat map with its numbers; `note` says that it is not up to date.

    Returns the height that it takes, as all of these do.
    """
    title = TITLES[kind] + (f" · {note}" if note else "")
    values = _TICKS.get(kind) or _sources(levels.k)
    ticks = tuple((place_of(value, kind, k=levels.k), f"{value:g}") for value in values)
    return draw_scale(painter, area, Scale(title, colours_along(levels.colours, 255), ticks))


def _sources(k: int) -> tuple[float, ...]:
    """Numbers of some sources, the first and the last among them."""
    return tuple(dict.fromkeys(float(number) for number in np.linspace(1, k, _MOST_TICKS).round()))


def draw_scale(painter: QPainter, area: QRect, scale: Scale) -> float:
    """A colour bar with title, numbers, unit, and how the unknown is drawn."""
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    length = max(_LEAST_BAR, min(_BAR[0], area.width() - 2 * (_MARGIN + _PAD + _BESIDE)))
    room = area.width() - 2 * (_MARGIN + _PAD)
    title, detail, unit = (
        metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        for text in (scale.title, scale.detail, scale.unit)
    )
    widest = max(metrics.horizontalAdvance(text) for text in (title, detail, unit))
    width = max(length + 2 * _BESIDE, widest)
    lines = 2 + bool(detail) + bool(unit) + scale.has_unknown
    box = _plate(painter, area, width + 2 * _PAD, lines * line + _BAR[1] + 2 * _PAD + 4)
    x, y = box.x() + _PAD, box.y() + _PAD
    _write(painter, x, y, title)
    if detail:
        y += line
        _write(painter, x, y, detail, ink=_QUIET)
    bar = QRectF(box.center().x() - length / 2, y + line + 2, length, _BAR[1])
    _draw_bar(painter, bar, scale)
    y = bar.bottom() + 2
    for place, number in _fitting(scale.ticks, length, metrics):
        _write_below(painter, bar.x() + place * length, y, number)
    if unit:
        y += line
        _write_below(painter, bar.center().x(), y, unit, ink=_QUIET)
    if scale.has_unknown:
        _draw_unknown(painter, x, y + line, line, _NOT_KNOWN)
    painter.restore()
    return box.height()


def draw_difference_key(painter: QPainter, area: QRect, active: int) -> None:
    """Where two maps differ in the active label, and where in others."""
    lines = (Qt.BrushStyle.BDiagPattern, Qt.BrushStyle.FDiagPattern, Qt.BrushStyle.DiagCrossPattern)
    words = (
        f"label {active} in this map only",
        f"label {active} in the other map only",
        "other labels differ",
    )
    draw_key(painter, area, list(zip(DIFFERENCE_COLOURS, lines, words, strict=True)))


def draw_key(painter: QPainter, area: QRect, entries: Sequence[Entry]) -> None:
    """Swatches with words: colour as 0xffRRGGBB, the lines on it, what it means."""
    metrics = QFontMetricsF(painter.font())
    step = max(_KEY, metrics.height()) + 4
    widest = max(metrics.horizontalAdvance(words) for _, _, words in entries)
    box = _plate(painter, area, widest + _KEY + 3 * _PAD, step * len(entries) + 2 * _PAD - 4)
    for number, (colour, lines, words) in enumerate(entries):
        y = box.y() + _PAD + number * step
        swatch = QRectF(box.x() + _PAD, y, _KEY, _KEY)
        painter.fillRect(swatch, QColor.fromRgb(colour))
        painter.fillRect(swatch, QBrush(_INK, lines))
        place = QPointF(swatch.right() + _PAD, y + _KEY / 2 + metrics.capHeight() / 2)
        painter.drawText(place, words)
    painter.restore()


def _draw_sources(painter: QPainter, area: QRect, drawn: Map, ramp: Sequence[int]) -> float:
    """The colour of each source, or those of the first and the last where they are a ramp."""
    title = VIEW_TITLES[CompareView.MAP]
    if drawn.k > _MOST_SWATCHES:
        ticks = ((0.0, "1"), (1.0, f"{drawn.k}"))
        return draw_scale(painter, area, Scale(title, colours_along(ramp, 255), ticks))
    if drawn.k == 0:
        return 0.0
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    side = line + 4
    width = max(metrics.horizontalAdvance(title), drawn.k * (side + 4) - 4)
    box = _plate(painter, area, width + 2 * _PAD, line + 4 + side + 2 * _PAD)
    _write(painter, box.x() + _PAD, box.y() + _PAD, title)
    for number in range(1, drawn.k + 1):
        x, y = box.x() + _PAD + (number - 1) * (side + 4), box.y() + _PAD + line + 4
        colour = QColor.fromRgb(int(drawn.table[number]) & 0xFFFFFFFF)
        painter.fillRect(QRectF(x, y, side, side), colour)
        ink = _DARK if qGray(colour.rgb()) > _LIGHT else _INK
        _write_below(painter, x + side / 2, y + 2, f"{number}", ink=ink)
    painter.restore()
    return box.height()


def _draw_nothing(painter: QPainter, area: QRect) -> float:
    """Why there is no difference."""
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    width = _KEY + 3 * _PAD + metrics.horizontalAdvance(_NOTHING)
    box = _plate(painter, area, width, line + 2 * _PAD)
    _draw_unknown(painter, box.x() + _PAD, box.y() + _PAD, line, _NOTHING)
    painter.restore()
    return box.height()


def _draw_unknown(painter: QPainter, x: float, y: float, line: float, words: str) -> None:
    """A swatch of what is drawn where there is nothing to draw."""
    swatch = QRectF(x, y + (line - _KEY) / 2, _KEY, _KEY)
    ground, lines = (QColor.fromRgb(colour) for colour in HATCH)
    painter.fillRect(swatch, ground)
    painter.fillRect(swatch, QBrush(lines, Qt.BrushStyle.BDiagPattern))
    _write(painter, swatch.right() + _PAD, y, words, ink=_QUIET)


def _draw_bar(painter: QPainter, bar: QRectF, scale: Scale) -> None:
    """The colours, an arrow at ends that others lie beyond, and the ticks."""
    painter.drawImage(bar, _strip(scale.colours))
    ends = ((bar.left(), -_TIP, scale.colours[0]), (bar.right(), _TIP, scale.colours[-1]))
    for (x, tip, colour), there in zip(ends, scale.beyond, strict=True):
        if there:
            corners = (bar.top(), 0.0), (bar.center().y(), tip), (bar.bottom(), 0.0)
            arrow = QPolygonF([QPointF(x + out, y) for y, out in corners])
            painter.save()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor.fromRgb(int(colour)))
            painter.drawPolygon(arrow)
            painter.restore()
    for place, _ in scale.ticks:
        x = bar.x() + place * bar.width()
        painter.drawLine(QPointF(x, bar.bottom() - 3), QPointF(x, bar.bottom() + 1))


def _strip(colours: Words) -> QImage:
    """One pixel for each colour; a copy."""
    data = colours.tobytes()
    return QImage(data, len(colours), 1, len(data), QImage.Format.Format_RGB32).copy()


def _fitting(ticks: Ticks, length: float, metrics: QFontMetricsF) -> Ticks:
    """All numbers, or evenly fewer, so that none runs into the next."""
    while len(ticks) > 2:
        ends = [(x * length, metrics.horizontalAdvance(number) / 2) for x, number in ticks]
        if all(x + half + _GAP <= y - other for (x, half), (y, other) in itertools.pairwise(ends)):
            break
        ticks = ticks[::2]
    return ticks


def _write_below(painter: QPainter, x: float, y: float, words: str, *, ink: QColor = _INK) -> None:
    half = QFontMetricsF(painter.font()).horizontalAdvance(words) / 2
    _write(painter, x - half, y, words, ink=ink)


def _write(painter: QPainter, x: float, y: float, words: str, *, ink: QColor = _INK) -> None:
    """Words whose line begins at y."""
    painter.setPen(QPen(ink, 1))
    painter.drawText(QPointF(x, y + QFontMetricsF(painter.font()).ascent()), words)
    painter.setPen(QPen(_INK, 1))


def _plate(painter: QPainter, area: QRect, width: float, height: float) -> QRectF:
    """Dark ground for the words, so that they are read on any picture."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = QRectF(area.x() + _MARGIN, area.bottom() + 1 - _MARGIN - height, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_BACK)
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(QPen(_INK, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    return box
