"""Long stacks with much blur: small errors from frame to frame must not add up."""

import numpy as np

from mfgui.methods.align import align_proxies
from mfgui.synth.moving_stack import MovingStack
from tests.methods.align.moving import SIZE, errors, proxies_of

DEEP = MovingStack(SIZE, frames=14, seed=53, radius=1.5, breathing=3.0, shift=3.0, noise=1.5)


def test_that_drifting_edges_out_of_focus_do_not_add_up():
    found = align_proxies(proxies_of(DEEP))
    away = errors(found, DEEP.transforms())
    assert not any(fit.warning for fit in found.frames)
    assert np.median(away) < 0.055
    assert np.percentile(away, 95) < 0.14
