"""Finding names by a few of their letters, best matches first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

T = TypeVar("T")

_START, _WORD, _RUN, _LETTER = 24, 16, 14, 1
_GAP, _LONGEST_GAP = 1, 8  # cost of each letter passed over, up to so many


@dataclass(frozen=True)
class Match:
    """How well a text fits, larger is better, and the places of the letters that were found."""

    score: int
    places: tuple[int, ...]


class _End(NamedTuple):
    """The letters so far, and how well they are placed."""

    score: int
    places: tuple[int, ...]


def match(query: str, text: str) -> Match | None:
    """Fit the letters of `query`, in their order, into `text`; None when they are not all there.

    Case and spaces of the query do not count. The beginning of the text counts most, then the
    beginnings of words, then letters that follow one another; every letter that is passed over
    costs a little. Of all ways to place the letters the best is taken. Words of the query may
    also come in another order, each in one piece, which counts less.

    Time grows with len(query) * len(text).

    >>> match("ow", "Overlay width").places
    (0, 8)
    """
    letters, folded = query.casefold().replace(" ", ""), text.casefold()
    if len(folded) != len(text):  # a letter that folds into two has no place of its own
        folded = text.lower() if len(text.lower()) == len(text) else text
    if not letters:
        return Match(0, ())
    best = _in_order(letters, folded, text)
    words = query.casefold().split()
    if best is None and len(words) > 1:
        best = _any_order(words, folded, text)
    return best


def ranked(
    query: str, entries: Iterable[T], text: Callable[[T], str], recent: Sequence[T] = ()
) -> list[tuple[T, Match]]:
    """Entries that fit, the best first; of equals those used last, then in their own order.

    Parameters
    ----------
    recent : sequence
        Entries that were used, the last first. Without a query they come before all others.
    """
    bonus = {id(entry): len(recent) - place for place, entry in enumerate(recent)}
    found = []
    for order, entry in enumerate(entries):
        fit = match(query, text(entry))
        if fit is not None:
            found.append((-fit.score, -bonus.get(id(entry), 0), order, entry, fit))
    found.sort(key=lambda item: item[:3])
    return [(entry, fit) for _, _, _, entry, fit in found]


def _in_order(letters: str, folded: str, text: str) -> Match | None:
    """The best way to place the letters: for each, the best score that ends at each place."""
    if not _occur(letters, folded):
        return None
    ends: list[_End] = []
    for number, letter in enumerate(letters):
        places = [place for place, found in enumerate(folded) if found == letter]
        values = [(place, _value(place, text)) for place in places]
        if number == 0:
            ends = [_End(v - _GAP * min(place, _LONGEST_GAP), (place,)) for place, v in values]
        else:
            ends = [end for place, v in values if (end := _continued(ends, place, v)) is not None]
    best = max(ends, key=lambda end: (end.score, -end.places[-1]))
    return Match(best.score * 16 - len(text), best.places)


def _continued(ends: Sequence[_End], place: int, value: int) -> _End | None:
    """The best of `ends` with a further letter at `place`."""
    best: _End | None = None
    for end in ends:
        gap = place - end.places[-1] - 1
        if gap < 0:
            continue
        score = end.score + (max(_RUN, value) if gap == 0 else value)
        score -= _GAP * min(gap, _LONGEST_GAP)
        if best is None or score >= best.score:
            best = _End(score, (*end.places, place))
    return best


def _any_order(words: Sequence[str], folded: str, text: str) -> Match | None:
    score, places = 0, set[int]()
    for word in words:
        at = folded.find(word)
        if at < 0:
            return None
        score += _value(at, text) + _RUN * (len(word) - 1) - _LONGEST_GAP
        places |= set(range(at, at + len(word)))
    return Match(score * 16 - len(text), tuple(sorted(places)))


def _occur(letters: str, folded: str) -> bool:
    rest = iter(folded)
    return all(letter in rest for letter in letters)


def _value(place: int, text: str) -> int:
    """What a letter is worth at its place: text, word, or inside a word."""
    if place == 0:
        return _START
    before, here = text[place - 1], text[place]
    begins = here.isalnum() and (not before.isalnum() or (here.isupper() and before.islower()))
    return _WORD if begins else _LETTER
