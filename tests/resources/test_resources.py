import pytest

from mfgui import resources
from mfgui.core.errors import InputError


def test_that_a_shipped_file_is_found() -> None:
    assert resources.path("fonts/Inter-Regular.otf").stat().st_size > 100_000


def test_that_a_missing_resource_is_named() -> None:
    with pytest.raises(InputError, match=r"icons/nothing\.svg is missing; install mfgui again"):
        resources.path("icons/nothing.svg")


def test_that_every_font_has_its_licence_beside_it() -> None:
    folder = resources.path("fonts")
    assert list(folder.glob("*.otf"))
    assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "OFL.txt").read_text("utf-8")
