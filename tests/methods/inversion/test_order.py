"""Which frame has the front."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.inversion import layers, order
from mfgui.methods.inversion.views import view_of
from tests.methods.inversion.scenes import SMALL, frames, settings, view

ALONE = Compute()


@pytest.mark.parametrize(("seed", "radius"), [(102, 6.0), (103, 3.0), (105, 3.0)])
def test_that_the_order_is_found_whatever_comes_first(seed: int, radius: float) -> None:
    one, own = view(seed, radius), settings(radius)
    found = order.find(one, own, compute=ALONE)
    turned = order.find(one.swapped(), own.swapped, compute=ALONE)
    assert found.near == 0
    assert turned.near == 1
    assert found.margin > 0.2
    assert turned.margin == pytest.approx(found.margin)


def test_that_wide_blurs_are_judged_in_half_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    halved = order.halved

    def counted(one):
        seen.append(one)
        return halved(one)

    monkeypatch.setattr(order, "halved", counted)
    assert order.find(view(102, 6.0), settings(6.0), compute=ALONE).near == 0
    assert len(seen) == 1
    assert order.find(view(102, 3.0), settings(3.0), compute=ALONE).near == 0
    assert len(seen) == 1
    # Small margins are looked at again.
    monkeypatch.setattr(order, "_CLEAR", 1e6)
    sizes = []
    at_size = order._at_size

    def noted(one, own, compute):
        sizes.append(one.light[0].shape[:2])
        return at_size(one, own, compute)

    monkeypatch.setattr(order, "_at_size", noted)
    assert order.find(view(102, 6.0), settings(6.0), compute=ALONE).near == 0
    assert sizes == [(120, 160), (240, 320)]


def test_that_equal_frames_tell_nothing() -> None:
    codes = np.float32(frames(size=SMALL)[0]) / 255
    found = order.find(view_of([codes, codes]), settings(), compute=ALONE)
    assert found.margin < 0.01


def test_that_threads_change_nothing() -> None:
    one = view(size=SMALL)
    alone, together = (order.find(one, settings(), compute=Compute(threads=n)) for n in (1, 2))
    assert alone == together


def test_that_it_can_be_stopped() -> None:
    def stop() -> None:
        raise StopRequested

    with pytest.raises(StopRequested):
        order.find(view(size=SMALL), settings(), compute=Compute(checkpoint=stop))


def test_that_the_matte_is_the_one_from_which_peeling_goes_on() -> None:
    one, own = view(103, 3.0), settings(3.0)
    found = order.find(one, own, compute=ALONE)
    assert found.matte is not None
    rest = replace(own, rounds=own.rounds - found.rounds)
    assert 0 < rest.rounds < own.rounds
    ended = layers.hard_matte(one, rest, compute=ALONE, start=found.matte)
    assert np.array_equal(ended, layers.hard_matte(one, own, compute=ALONE))


def test_that_half_the_size_gives_no_matte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "_CLEAR", 0.0)
    found = order.find(view(102, 6.0), settings(6.0), compute=ALONE)
    assert found.matte is None
    assert found.rounds == 0
