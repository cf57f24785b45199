from __future__ import annotations

import pytest

from mfgui.app.finding import match, ranked


def found(query: str, texts: list[str], recent: list[str] | None = None) -> list[str]:
    by_text = {text: text for text in texts}
    used = [by_text[text] for text in recent or []]
    return [text for text, _ in ranked(query, by_text.values(), lambda text: text, used)]


@pytest.mark.parametrize(
    ("query", "text", "places"),
    [
        ("undo", "Undo Brush", (0, 1, 2, 3)),
        ("UNDO", "undo", (0, 1, 2, 3)),
        ("sw", "Swap two labels", (0, 1)),
        ("stl", "Swap two labels", (0, 5, 9)),
        ("la", "Local variance and labels", (0, 15)),
        ("labels", "Local variance and labels", (19, 20, 21, 22, 23, 24)),
        ("", "Undo", ()),
    ],
)
def test_that_the_best_places_are_found(query: str, text: str, places: tuple[int, ...]) -> None:
    fit = match(query, text)
    assert fit is not None
    assert fit.places == places


@pytest.mark.parametrize(("query", "text"), [("undoo", "Undo"), ("x", "Undo"), ("ou", "Undo")])
def test_that_letters_that_are_missing_or_in_another_order_do_not_fit(
    query: str, text: str
) -> None:
    assert match(query, text) is None


def test_that_words_may_come_in_another_order() -> None:
    fit = match("layout reset", "Reset layout")
    assert fit is not None
    assert fit.places == (0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11)
    straight = match("reset layout", "Reset layout")
    assert straight is not None
    assert straight.score > fit.score


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("re", "Redo"),  # the beginning before the beginning of a later word
        ("res", "Reset layout"),  # letters in a run before scattered ones
        ("sl", "Swap labels"),  # beginnings of words before letters within
        ("run", "Run"),  # of equals the shorter text
        ("again", "Run again from this image"),
    ],
)
def test_that_the_likely_one_comes_first(query: str, first: str) -> None:
    texts = [
        "Prune results",
        "Set as reference",
        "Run again from this image",
        "Run",
        "Reset layout",
        "Redo",
        "Refine side",
        "Islands",
        "Swap labels",
    ]
    assert found(query, texts)[0] == first


def test_that_without_a_query_the_last_used_come_first_then_all_in_order() -> None:
    texts = ["Open", "Undo", "Redo", "Run"]
    assert found("", texts, recent=["Run", "Undo"]) == ["Run", "Undo", "Open", "Redo"]


def test_that_of_equal_matches_the_last_used_comes_first() -> None:
    assert found("z", ["Zoom in", "Zoom up"], recent=["Zoom up"]) == ["Zoom up", "Zoom in"]


def test_that_letters_that_fold_into_two_keep_their_places() -> None:
    fit = match("b", "Straße b")
    assert fit is not None
    assert fit.places == (7,)
