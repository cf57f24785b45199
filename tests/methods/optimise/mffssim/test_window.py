import pytest

from mfgui.core.arrays import Size
from mfgui.core.errors import UsageError
from mfgui.methods.optimise.mffssim.window import window_size

PUBLISHED = [
    ((200, 300), 3),
    ((248, 388), 5),
    ((300, 448), 7),
    ((304, 576), 9),
    ((368, 592), 11),
    ((432, 624), 13),
    ((448, 584), 13),
    ((520, 584), 15),
    ((560, 560), 15),
    ((600, 600), 19),
    ((580, 780), 23),
    ((880, 520), 23),
    ((868, 568), 25),
]


@pytest.mark.parametrize("rule", ["paper", "released"])
@pytest.mark.parametrize(("shape", "expected"), PUBLISHED)
def test_that_the_rule_gives_the_published_windows(rule, shape, expected):
    assert window_size(rule, Size(*shape)) == expected
    assert window_size(rule, Size(*reversed(shape))) == expected


def test_that_only_the_released_rule_is_capped():
    assert window_size("paper", Size(4000, 3000)) == 601
    assert window_size("released", Size(4000, 3000)) == 25


@pytest.mark.parametrize("number", [3, 25, 101])
def test_that_a_number_stands_for_itself(number):
    assert window_size(number, Size(200, 101)) == number


@pytest.mark.parametrize(
    ("size", "rule"),
    [((1, 1), "released"), ((2, 2), "paper"), ((5000, 1), "released"), ((100, 20), 21)],
)
def test_that_a_window_larger_than_the_image_is_refused(size, rule):
    with pytest.raises(UsageError, match="larger than the image"):
        window_size(rule, Size(*size))


def test_that_the_refusal_names_the_largest_window():
    with pytest.raises(UsageError, match="at most 19"):
        window_size(25, Size(100, 20))


@pytest.mark.parametrize("number", [4, 1, -3])
def test_that_even_and_tiny_windows_are_refused(number):
    with pytest.raises(UsageError, match="odd number of at least 3"):
        window_size(number, Size(100, 100))
