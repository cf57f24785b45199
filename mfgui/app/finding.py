"""Finding names by a few of their letters, best matches first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

_START, _WORD, _RUN, _LETTER = 24, 16, 14, 1
_GAP, _LONGEST_GAP = 1, 8  # cost of each letter passed over, up to so many
_WORSE = -(1 << 30)


@dataclass(frozen=True)
class Match:
    """How well a text fits, larger is better, and the places of the letters that were found."""

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
    values = [_value(place, text) for place in range(len(text))]
    rows: list[list[int]] = []
    origins: list[list[int]] = []
    for number, letter in enumerate(letters):
        row, origin = [_WORSE] * len(text), [-1] * len(text)
        for place, found in enumerate(folded):
            if found != letter:
                continue
            if number == 0:
                row[place] = values[place] - _GAP * min(place, _LONGEST_GAP)
                continue
            row[place], origin[place] = _best_before(rows[-1], place, values[place])
        rows.append(row)
        origins.append(origin)
    end = max(range(len(text)), key=lambda place: (rows[-1][place], -place))
    score, places = rows[-1][end], [end]
    for origin in reversed(origins[1:]):
        places.append(origin[places[-1]])
    return Match(score * 16 - len(text), tuple(reversed(places)))


def _best_before(before: Sequence[int], place: int, value: int) -> tuple[int, int]:
    """Score of a letter at `place` and where the one before it is best."""
    best, origin = _WORSE, -1
    for earlier in range(place):
        if before[earlier] == _WORSE:
            continue
        gap = place - earlier - 1
        score = before[earlier] + (max(_RUN, value) if gap == 0 else value)
        score -= _GAP * min(gap, _LONGEST_GAP)
        if score >= best:
            best, origin = score, earlier
    return best, origin


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
