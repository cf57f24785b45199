import re
from pathlib import Path

import pytest

from mfgui import resources

ICONS = sorted(resources.path("icons").glob("*.svg"))
IN_COLOUR = {"focus-map"}


@pytest.mark.parametrize("path", ICONS, ids=lambda path: path.stem)
def test_that_an_icon_draws_something_inside_its_frame(path: Path, qapp: object) -> None:
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    renderer = QSvgRenderer(str(path))
    assert renderer.isValid()
    picture = QImage(48, 48, QImage.Format.Format_ARGB32)
    picture.fill(0)
    painter = QPainter(picture)
    renderer.render(painter)
    painter.end()
    alpha = [[picture.pixelColor(x, y).alpha() for x in range(48)] for y in range(48)]
    assert sum(map(sum, alpha)) > 48 * 48
    assert not any(alpha[0])
    assert not any(alpha[-1])
    assert not any(row[0] or row[-1] for row in alpha)


@pytest.mark.parametrize("path", ICONS, ids=lambda path: path.stem)
def test_that_an_icon_takes_the_colour_of_its_theme(path: Path) -> None:
    text = path.read_text("utf-8")
    if path.stem in IN_COLOUR:
        return
    assert 'viewBox="0 0 24 24"' in text
    assert not re.search(r"#[0-9a-fA-F]{3}", text)
    assert set(re.findall(r'(?:stroke|fill)="([^"]*)"', text)) <= {"none", "currentColor"}
