"""What the authors published, on their own pictures; skipped where these are not at hand."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from mfgui.core.compute import Compute
from mfgui.files.images import read_image
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.optimise.ms_lap import ms_lap


@dataclass(frozen=True)
class Pair:
    images: list
    labels: np.ndarray


def agreement(sources, published):
    labels = laplacian([read_image(path) for path in sources], compute=Compute(threads=2))
    white = read_image(published)[:, :, 0] > 0.5
    return float(np.mean(white == (labels == 1)))


@pytest.fixture(scope="module")
def pair_6(shared_data):
    folder = shared_data / "pairs" / "mffw2" / "6"
    images = [read_image(folder / f"image{number}.tif") for number in (1, 2)]
    return Pair(images, laplacian(images, compute=Compute(threads=2)))


def states(pair, **explicit):
    values = ms_lap.method.resolve(explicit)
    return list(ms_lap(pair.images, pair.labels, compute=Compute(threads=2), **values))


@pytest.mark.parametrize("number", [2, 4, 5, 6, 8, 9, 12])
def test_that_mffw_maps_are_the_published_ones(shared_data, number):
    folder = shared_data / "pairs" / "mffw2" / str(number)
    published = shared_data / "results" / "mffw2" / "MS_LAP" / f"{number}_map.png"
    assert agreement([folder / "image1.tif", folder / "image2.tif"], published) >= 0.9998


@pytest.mark.parametrize("number", [1, 2, 4, 6, 8, 11, 15, 17])
def test_that_lytro_maps_are_near_the_published_ones(shared_data, number):
    folder: Path = shared_data / "pairs" / "lytro"
    sources = [folder / f"lytro-{number:02}-{letter}.jpg" for letter in "AB"]
    published = shared_data / "results" / "lytro" / "MS_LAP" / f"{number}_map.png"
    assert agreement(sources, published) >= 0.98


def test_that_released_prints_the_published_trace(pair_6):
    found = states(pair_6, variant="released", iterations=40)
    # The program prints "iteration t" before its step t.
    trace = [found[iteration - 1].q for iteration in (1, 11, 21, 31, 41)]
    expected = [0.896753, 0.919989, 0.932140, 0.940687, 0.947213]
    assert trace == pytest.approx(expected, abs=5e-6)


def test_that_paper_reaches_the_measured_q(pair_6):
    found = states(pair_6, variant="paper", iterations=50)
    assert found[50].q == pytest.approx(0.967453, abs=2e-5)
    assert found[50].window == 25


def test_that_the_plain_preconditioned_ascent_takes_the_measured_way(pair_6):
    plain = {"active": "full", "coarse": False, "accelerated": False, "tolerance": 0, "change": 0}
    found = states(pair_6, start="average", window=25, iterations=20, **plain)
    q = [state.q for state in found]
    assert q[5] >= 0.9867
    assert q[20] >= 0.98745
    assert all(after > before for before, after in pairwise(q))
    assert [state.step for state in found[1:]] == [1.0] * 20
    assert found[-1].evaluations == 21


def test_that_ours_gets_further_in_fewer_steps(pair_6):
    found = states(pair_6, window="released")
    assert len(found) <= 12
    assert found[-1].q >= 0.98755
    assert all(after.q > before.q - 1e-7 for before, after in pairwise(found))


@pytest.mark.parametrize("objective", ["box-joint", "gaussian"])
def test_that_the_band_costs_next_to_no_q(pair_6, objective):
    same = {"objective": objective, "coarse": False, "window": 25, "iterations": 20}
    same |= {"tolerance": 0, "change": 0}
    full, band = (states(pair_6, active=active, **same)[-1].q for active in ("full", "band"))
    assert abs(full - band) <= 1e-5
