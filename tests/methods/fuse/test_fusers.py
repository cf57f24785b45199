import numpy as np
import pytest

from mfgui.core.compose import compose
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.seams import Seam
from mfgui.methods import registry
from mfgui.methods.fuse.average import average
from mfgui.methods.fuse.composite import composite


def test_that_the_average_is_the_mean_of_all_sources():
    images = [np.full((3, 4, 3), value, np.float32) for value in (0.0, 0.2, 0.7)]
    labels = np.ones((3, 4), np.uint8)
    assert average(images, labels, compute=Compute()) == pytest.approx(
        np.full((3, 4, 3), 0.3), abs=1e-7
    )


def test_that_the_composite_follows_the_map():
    images = [np.zeros((2, 2, 1), np.float32), np.ones((2, 2, 1), np.float32)]
    labels = np.array([[1, 2], [2, 1]], np.uint8)
    assert composite(images, labels, compute=Compute())[:, :, 0].tolist() == [[0, 1], [1, 0]]


def test_that_only_the_composite_needs_a_map():
    methods = registry.load()
    assert methods.get("composite").needs_map
    assert not methods.get("average").needs_map


@pytest.mark.parametrize("fuser", [average, composite])
def test_that_a_fuser_can_be_stopped(fuser):
    def stop():
        raise StopRequested

    images = [np.zeros((2, 2, 1), np.float32)] * 2
    with pytest.raises(StopRequested):
        fuser(images, np.ones((2, 2), np.uint8), compute=Compute(checkpoint=stop))


def test_that_the_composite_has_the_seam_that_it_is_asked_for():
    images = [np.zeros((20, 40, 1), np.float32), np.ones((20, 40, 1), np.float32)]
    labels = np.ones((20, 40), np.uint8)
    labels[:, 20:] = 2
    chosen = methods_values(seam="feather", radius="4", tone_match="off")
    fused = composite(images, labels, compute=Compute(), **chosen)
    assert np.array_equal(fused, compose(images, labels, seam=Seam("feather", 4)))
    assert not np.array_equal(fused, composite(images, labels, compute=Compute()))


def methods_values(**explicit):
    return registry.load().get("composite").resolve(explicit)
