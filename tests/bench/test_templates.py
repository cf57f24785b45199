"""Templates of file names."""

from pathlib import Path

import pytest

from mfgui.bench.templates import Template, listing
from mfgui.core.errors import InputError, UsageError
from tests.bench.folders import touched


@pytest.mark.parametrize(
    ("template", "path", "found"),
    [
        ("{set}-{source}.jpg", "lytro-01-A.jpg", {"set": "lytro-01", "source": "A"}),
        ("bg-{source}-{set}.jpg", "bg-A-night-54.jpg", {"source": "A", "set": "night-54"}),
        ("{set}/image{source}.tif", "6/image2.TIF", {"set": "6", "source": "2"}),
        ("{set}/image{source}.tif", "a/6/image2.tif", None),
        ("{set}/{set}_{source:A|B}.*", "x_1/x_1_B.jpg", {"set": "x_1", "source": "B"}),
        ("{set}/{set}_{source:A|B}.*", "x_1/x_2_B.jpg", None),
        ("{set}/{set}_{source:A|B}.*", "x_1/x_1_C.jpg", None),
        ("{set}.(1)+{source}.png", "s.(1)+b.png", {"set": "s", "source": "b"}),
        ("{set}.(1)+{source}.png", "sx(1)+b.png", None),
        ("{set}-{source:a.1|b.1}.png", "s-b.1.png", {"set": "s", "source": "b.1"}),
        ("{set}-{source:a.1|b.1}.png", "s-bx1.png", None),
    ],
)
def test_that_fields_are_found(template: str, path: str, found: dict[str, str] | None) -> None:
    assert Template(template).match(path) == found


def test_that_a_number_is_the_last_one_of_the_set_without_its_zeros() -> None:
    template = Template("{number}_fusion.*")
    names = ["1_fusion.png", "01_fusion.png", "11_fusion.png", "1_map.png", "10_fusion.png"]
    assert set(template.files(names, {"set": "v2-lytro-01"})) == {"1_fusion.png", "01_fusion.png"}
    assert template.files(names, {"set": "flower"}) == {}
    assert set(Template("x{number}y.png").files(["x7y.png", "x17y.png"], {"set": "s007"})) == {
        "x7y.png"
    }
    names = ["a7b.png", "a107b.png", "a17b.png", "a71b.png", "a007b.png"]
    assert set(Template("*{number}*.png").files(names, {"set": "7"})) == {"a7b.png", "a007b.png"}


def test_that_known_sets_are_taken_literally() -> None:
    assert Template("{set}.png").match("a.b.png", {"set": "a.b"}) == {}
    assert Template("{set}.png").match("axb.png", {"set": "a.b"}) is None


@pytest.mark.parametrize("text", ["{sets}.png", "{set.png", "set}.png", "{}.png"])
def test_that_wrong_templates_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no field of a rule") as caught:
        Template(text)
    assert "\n" not in str(caught.value)


def test_that_a_listing_has_no_hidden_files_and_does_not_go_deep(tmp_path: Path) -> None:
    touched(tmp_path, "a.png", ".b.png", ".hidden/c.png", "d/e.png", "1/2/3/4/f.png", "1/2/g.png")
    touched(tmp_path, "1/2/3/4/5/h.png")
    assert listing(tmp_path) == ["1/2/3/4/f.png", "1/2/g.png", "a.png", "d/e.png"]
    with pytest.raises(InputError, match="is no folder"):
        listing(tmp_path / "a.png")
