"""What the torch backend does when memory is short; memory is counted, not exhausted."""

import weakref

import numpy as np
import pytest
import torch

from mfgui.core.compute import Compute
from mfgui.methods.optimise.mffssim.solvers import Limits
from mfgui.methods.optimise.mffssim.torch_backend import DeviceOutOfMemory, ascend, objective_on
from mfgui.methods.optimise.mffssim.torch_box import TorchBoxJoint
from mfgui.methods.optimise.mffssim.torch_device import DeviceMemory, is_out_of_memory
from mfgui.methods.optimise.mffssim.torch_gaussian import TorchGaussian, TorchReleasedGaussian

KINDS = {"box-joint": TorchBoxJoint, "gaussian": TorchGaussian}
EXTRA = {"beta": 1e-3, "lr": 1e-3}


class Limited(DeviceMemory):
    """Fails beyond `limit` bytes; tells how many are left, or (`counted` false) does not."""

    def __init__(self, limit, *, counted=True):
        super().__init__(torch.device("cpu"))
        self.limit, self.counted, self.used, self.peak = limit, counted, 0, 0

    def empty(self, shape, dtype):
        size = int(np.prod(shape)) * torch.empty((), dtype=dtype).element_size()
        if self.used + size > self.limit:
            raise torch.OutOfMemoryError("Tried to allocate too much")
        tensor = super().empty(shape, dtype)
        self._add(size)
        weakref.finalize(tensor, self._add, -size)
        return tensor

    def _add(self, size):
        self.used += size
        self.peak = max(self.peak, self.used)

    def free_bytes(self):
        return self.limit - self.used if self.counted else None


def scene(height=200, width=97, channels=3):
    rng = np.random.default_rng(3)
    images = [rng.integers(0, 256, (height, width, channels), np.uint8) for _ in range(2)]
    labels = rng.integers(1, 3, (height, width)).astype(np.uint8)
    start = (images[0].astype(np.float32) + images[1]) / np.float32(510.0)
    return images, labels, start


def states_of(memory, *, kind="box-joint", solver="preconditioned", steps=3, window=7, heard=None):
    notices = [] if heard is None else heard
    states = ascend(
        *scene(),
        device="cpu",
        objective=kind,
        solver=solver,
        window=window,
        limits=Limits(steps),
        compute=Compute(notice=notices.append),
        memory=memory,
        **EXTRA,
    )
    return [(state.q, state.image.copy()) for state in states]


def planned(kind, solver):
    """Bytes that last, and of work tensors where the picture is one part."""
    height, width, channels = scene()[2].shape
    images = 1 if solver == "gradient" else 3
    planes = (6 if kind == "box-joint" else 6 * channels) + images * channels
    kept = height * width * (2 * channels + 2 + 4 * planes)
    return kept, KINDS[kind].per_pixel * (height + 14) * (width + 14)


def same(found, expected):
    assert len(found) == len(expected)
    for (q, image), (expected_q, expected_image) in zip(found, expected, strict=True):
        assert q == pytest.approx(expected_q, abs=1e-8)
        assert np.abs(image - expected_image).max() <= 2e-6


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("solver", ["preconditioned", "gradient", "adam"])
def test_that_memory_that_is_known_to_be_short_makes_parts_smaller(kind, solver):
    expected = states_of(None, kind=kind, solver=solver)
    kept, work = planned(kind, solver)
    short, notices = Limited(int((kept + 0.4 * work) / 0.9)), []
    found = states_of(short, kind=kind, solver=solver, heard=notices)
    same(found, expected)
    assert short.peak <= short.limit
    assert len(notices) == 1
    assert "short" in notices[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("solver", ["preconditioned", "gradient", "adam"])
def test_that_a_failed_allocation_halves_the_parts(kind, solver):
    expected = states_of(None, kind=kind, solver=solver)
    kept, work = planned(kind, solver)
    share = 0.5 if kind == "box-joint" else 0.2  # of what is counted here
    short, notices = Limited(int(kept + share * work), counted=False), []
    found = states_of(short, kind=kind, solver=solver, heard=notices)
    same(found, expected)
    assert notices
    assert all("Graphics memory ran out" in notice for notice in notices)


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_that_too_little_memory_is_said_with_the_image_so_far(kind, counted):
    memory = Limited(900_000, counted=counted)
    with pytest.raises(DeviceOutOfMemory, match="cpu") as caught:
        states_of(memory, kind=kind)
    assert np.array_equal(caught.value.image, scene()[2])
    assert caught.value.iteration == 0
    assert memory.peak <= memory.limit


def test_that_nothing_is_allocated_when_it_cannot_fit():
    memory = Limited(900_000)
    with pytest.raises(DeviceOutOfMemory, match=r"0\.00 GB left"):
        states_of(memory)
    assert memory.peak == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("solver", ["preconditioned", "gradient", "adam"])
@pytest.mark.parametrize("stage", ["_prepare", "_evaluate", "_gradient"])
def test_that_a_failure_in_the_middle_of_a_step_does_not_show(monkeypatch, kind, solver, stage):
    expected = states_of(None, kind=kind, solver=solver)
    score = KINDS[kind]
    if kind == "gaussian" and solver != "preconditioned":
        score = TorchReleasedGaussian
    work, calls = getattr(score, stage), []

    def fail_once(self, *arguments):
        result = work(self, *arguments)
        calls.append(arguments)
        if len(calls) in (1, 3):
            raise RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)")
        return result

    monkeypatch.setattr(score, stage, fail_once)
    notices = []
    found = states_of(None, kind=kind, solver=solver, heard=notices)
    same(found, expected)
    assert len(notices) == 2
    rows = [int(notice.split()[-2]) for notice in notices]
    assert rows[0] in (97, 100)
    assert rows[1] == rows[0] // 2


@pytest.mark.parametrize("solver", ["preconditioned", "gradient", "adam"])
def test_that_the_caller_gets_the_last_image_when_memory_ends_for_good(monkeypatch, solver):
    expected = states_of(None, solver=solver)
    work, calls = TorchBoxJoint._gradient, []

    def fail_from_the_third(self, *arguments):
        calls.append(arguments)
        if len(calls) >= 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return work(self, *arguments)

    monkeypatch.setattr(TorchBoxJoint, "_gradient", fail_from_the_third)
    with pytest.raises(DeviceOutOfMemory) as caught:
        states_of(None, solver=solver)
    assert caught.value.iteration == 2
    assert np.array_equal(caught.value.image, expected[2][1])


def test_that_other_failures_are_not_taken_for_a_lack_of_memory(monkeypatch):
    def fail(self, *arguments):
        raise RuntimeError("device-side assert triggered")

    monkeypatch.setattr(TorchBoxJoint, "_evaluate", fail)
    with pytest.raises(RuntimeError, match="device-side"):
        states_of(None)
    assert not is_out_of_memory(ValueError("out of memory"))
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory"))
    assert is_out_of_memory(RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("solver", ["preconditioned", "gradient", "adam"])
def test_that_no_more_memory_is_taken_than_was_planned(kind, solver):
    memory = Limited(1 << 40)
    states_of(memory, kind=kind, solver=solver)
    kept, work = planned(kind, solver)
    assert memory.peak <= kept + work
    # Temporaries of the Gaussian filter are not counted here.
    assert memory.peak >= kept + (0.7 if kind == "box-joint" else 0.3) * work


def test_that_checkpoints_are_passed_between_parts():
    calls = []
    score = objective_on(
        DeviceMemory(torch.device("cpu")),
        *scene()[:2],
        objective="box-joint",
        window=7,
        compute=Compute(checkpoint=lambda: calls.append(None)),
        rows_per_tile=50,
    )
    before = len(calls)
    score.evaluate(score.keep(scene()[2]))
    assert len(calls) - before >= 4
