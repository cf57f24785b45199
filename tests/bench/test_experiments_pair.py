"""The loops for many maps of one pair against those of the method."""

import numpy as np
import pytest

from mfgui.bench.experiments.pair import Pair, PairGaussian, fits
from mfgui.core.compose import mean_image
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim import rule_kernels, solvers
from mfgui.methods.optimise.mffssim.gaussian import Gaussian


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("shape", [(48, 64), (75, 33), (17, 620)])
def test_that_the_objective_is_that_of_the_method(shape: tuple[int, int], channels: int) -> None:
    rng = np.random.default_rng(channels)
    images = [rng.integers(0, 256, (*shape, channels), dtype=np.uint8) for _ in range(2)]
    images[1] = (0.6 * images[0] + 0.4 * images[1]).astype(np.uint8)
    labels = rng.integers(1, 3, shape).astype(np.uint8)
    image = rng.random((*shape, channels), np.float32)
    seen: list[list[np.ndarray]] = [[], []]
    with RowWorkers(Compute(threads=2)) as workers:
        pair = Pair(images, window=17, workers=workers)
        both = PairGaussian(pair, labels), Gaussian(images, labels, window=17, workers=workers)
        values = []
        for kept, score in zip(seen, both, strict=True):

            def keep(low, high, runs, y, out, g, d, unit, kept=kept):  # type: ignore[no-untyped-def]
                kept.append(np.concatenate([g[: high - low], d[: high - low]], axis=2).copy())
                return float(rule_kernels.gradient(low, high, runs, y, out, g, unit, 1e-3))

            q = score.evaluate(image)
            values.append((q, score.update(image, image.copy(), keep)))
    assert values[0] == pytest.approx(values[1], rel=1e-5)
    for mine, theirs in zip(*seen, strict=True):
        scale = np.abs(theirs).max()
        assert np.abs(mine - theirs).max() < 1e-5 * scale


def test_that_runs_end_at_the_same_image() -> None:
    rng = np.random.default_rng(3)
    images = [rng.integers(0, 256, (40, 50, 3), dtype=np.uint8) for _ in range(2)]
    with RowWorkers(Compute()) as workers:
        pair = Pair(images, window=25, workers=workers)
        for _ in range(2):  # the memory of the pair is used again
            labels = rng.integers(1, 3, (40, 50)).astype(np.uint8)
            ends = []
            for score in (
                PairGaussian(pair, labels),
                Gaussian(images, labels, window=25, workers=workers),
            ):
                limits = solvers.Limits(10)
                for state in solvers.preconditioned(score, mean_image(images), limits=limits):
                    last = state
                ends.append(last.image.copy())
            assert np.abs(ends[0] - ends[1]).max() < 2e-4
            assert np.abs(ends[0] - ends[1]).mean() < 1e-6


def test_that_other_windows_and_stacks_are_left_to_the_method() -> None:
    image = np.zeros((40, 40, 3), np.uint8)
    assert fits([image, image], 17)
    assert fits([image, image], 25)
    assert not fits([image, image], 15)
    assert not fits([image, image, image], 17)
    assert not fits([image[:8], image[:8]], 17)
