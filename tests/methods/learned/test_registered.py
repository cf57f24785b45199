"""Methods by networks as the program has them: there with their weights, with the right map, on
the right device, and told of in results."""

import hashlib
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

from mfgui.app import headless
from mfgui.app.headless import Job
from mfgui.app.requests import build_request
from mfgui.cli import facts
from mfgui.core.compute import Compute
from mfgui.core.errors import InputError, UsageError
from mfgui.core.stack import SourceStack
from mfgui.jobs.events import Finished, MapDetected
from mfgui.jobs.gate import Gate
from mfgui.jobs.runner import execute
from mfgui.methods import registry
from mfgui.methods.learned.ms_resnet import ms_resnet_map
from mfgui.methods.optimise.ms_lap import ms_lap
from mfgui.methods.registry import Kind
from mfgui.nets.weights import write
from tests.methods.learned.conftest import random_weights
from tests.methods.learned.test_focus_maps import scene

LEARNED = {
    "ms-resnet-map": Kind.DECISION,
    "mfif-gan": Kind.DECISION,
    "mff-gan": Kind.FUSER,
    "edmf": Kind.FUSER,
    "ms-resnet": Kind.OPTIMISER,
}


def ran(request):
    """Events of a run."""
    events = []
    execute(request, emit=events.append, gate=Gate())
    return events


def result_of(events):
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1].result


def stack(shape=(40, 50)):
    return SourceStack.from_arrays(scene(shape=shape))


def test_that_methods_are_there_with_their_weights(known):
    assert {name: known.get(name).kind for name in LEARNED} == LEARNED


def test_that_methods_without_weights_are_not_there(weights_folder):
    assert not LEARNED.keys() & registry.load().methods.keys()
    write(weights_folder / "mff-gan.safetensors", random_weights("mff-gan"))
    assert LEARNED.keys() & registry.load().methods.keys() == {"mff-gan"}
    write(weights_folder / "ms-resnet.safetensors", random_weights("ms-resnet"))
    found = LEARNED.keys() & registry.load().methods.keys()
    assert found == {"mff-gan", "ms-resnet-map", "ms-resnet"}


def test_that_listing_methods_loads_no_torch(networks, weights_folder):
    code = (
        "import sys; from pathlib import Path; from mfgui.nets import shipped;"
        f"shipped.folder = lambda: Path({str(weights_folder)!r});"
        "from mfgui.methods import registry; names = registry.load().methods;"
        "print('mff-gan' in names, sorted({'torch', 'numba', 'safetensors'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "True []"


def test_that_ms_resnet_is_the_ascent_over_its_own_map(known):
    request = build_request(known, stack(), method="ms-resnet", explicit={"iterations": "4"})
    assert request.detector.name == "ms-resnet-map"
    events = ran(request)
    (found,) = [event for event in events if isinstance(event, MapDetected)]
    images = [request.stack.pixels(index) for index in (0, 1)]
    labels = ms_resnet_map(images, compute=Compute()).labels
    assert np.array_equal(found.labels, labels)
    values = known.get("ms-lap").resolve({"iterations": 4})
    *_, state = ms_lap(images, labels, compute=Compute(), **values)
    result = result_of(events)
    assert result.image == pytest.approx(state.image, abs=1e-6)
    assert result.provenance.detector == "ms-resnet-map"


@pytest.mark.parametrize("variant", ["ours", "paper", "released"])
def test_that_ms_resnet_has_the_settings_of_ms_lap_but_the_released_start(known, variant):
    one = known.get("ms-resnet").resolve({"variant": variant})
    other = known.get("ms-lap").resolve({"variant": variant})
    if variant == "released":
        assert (one.pop("start"), other.pop("start")) == ("composite", "average")
    assert one == other
    parameters = [(p.name, p.default, p.declared) for p in known.get("ms-resnet").parameters]
    assert parameters == [(p.name, p.default, p.declared) for p in known.get("ms-lap").parameters]


def test_that_the_command_line_names_the_usual_map(known):
    text = facts._explanation(known.get("ms-resnet"), known)
    assert "default ms-resnet-map; a parameter of it" in " ".join(text.split())
    text = facts._explanation(known.get("ms-lap"), known)
    assert "default laplacian; a parameter of it" in " ".join(text.split())


def test_that_another_detector_can_be_asked_for(known):
    explicit = {"detector": "variance"}
    request = build_request(known, stack(), method="ms-resnet", explicit=explicit)
    assert request.detector.name == "variance"
    explicit = {"detector": "ms-resnet-map", "threshold": "0.4"}
    request = build_request(known, stack(), method="ms-lap", explicit=explicit)
    assert dict(request.detector_parameters)["threshold"] == 0.4
    assert build_request(known, stack(), method="ms-lap").detector.name == "laplacian"


@pytest.mark.parametrize(
    ("method", "explicit", "device"),
    [
        ("mff-gan", {}, "cuda:0"),
        ("mfif-gan", {}, "cuda:0"),
        ("ms-resnet", {}, "cuda:0"),
        ("composite", {"detector": "mfif-gan"}, "cuda:0"),
        ("composite", {}, "cpu"),
        ("average", {}, "cpu"),
    ],
)
def test_that_networks_compute_on_the_device_that_is_asked_for(known, method, explicit, device):
    request = build_request(known, stack(), method=method, explicit=explicit, device="cuda:0")
    assert request.device == device


@pytest.mark.parametrize(
    ("method", "explicit", "network"),
    [
        ("edmf", {}, "edmf"),
        ("ms-resnet-map", {}, "ms-resnet"),
        ("composite", {"detector": "mfif-gan"}, "mfif-gan"),
    ],
)
def test_that_results_name_their_weights(known, weights_folder, method, explicit, network):
    result = result_of(ran(build_request(known, stack(), method=method, explicit=explicit)))
    data = (weights_folder / f"{network}.safetensors").read_bytes()
    versions = result.provenance.versions
    assert versions[f"{network} weights"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert "torch" in versions


def test_that_results_without_networks_name_none(known):
    versions = result_of(ran(build_request(known, stack(), method="average"))).provenance.versions
    assert not {name for name in versions if "weights" in name or name == "torch"}


def test_that_the_weights_are_shown_as_a_path(known):
    parameter = known.get("edmf").parameter("weights")
    assert parameter.allowed() == "shipped or the path of a file of weights"
    assert parameter.parse("/some/where.pth") == "/some/where.pth"
    assert known.get("ms-lap").parameter("start").allowed().endswith("the path of an image")


# From the command line


@pytest.fixture
def files(tmp_path):
    paths = []
    for index, image in enumerate(scene()):
        path = tmp_path / f"{index}.png"
        path.write_bytes(cv2.imencode(".png", image[..., ::-1])[1].tobytes())
        paths.append(path)
    return tuple(paths)


def fuse(job):
    return headless.fuse(job, observe=lambda event: None, gate=Gate())


@pytest.mark.parametrize("method", LEARNED)
def test_that_every_method_writes_its_image(known, files, tmp_path, method):
    out = tmp_path / "out.png"
    iterations = (("iterations", "3"),) if method == "ms-resnet" else ()
    outcome = fuse(Job(sources=files, output=out, method=method, parameters=iterations))
    assert cv2.imread(str(out)).shape == (50, 61, 3)
    assert outcome.report["method"] == method


def test_that_a_map_names_the_weights_it_was_made_with(known, files, tmp_path):
    out = tmp_path / "map.png"
    job = Job(sources=files, output=out, method="mfif-gan")
    outcome = headless.detect(job, observe=lambda event: None, gate=Gate())
    assert outcome.report["versions"]["mfif-gan weights"].startswith("sha256:")
    assert "mfif-gan weights" in out.with_suffix(".json").read_text("utf-8")


def test_that_damaged_weights_are_one_line(known, files, tmp_path):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(os.urandom(100))
    job = Job(
        sources=files,
        output=tmp_path / "out.png",
        method="edmf",
        parameters=(("weights", str(path)),),
    )
    with pytest.raises(InputError) as caught:
        fuse(job)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out.png").exists()


def test_that_weights_are_no_output(known, files, tmp_path):
    path = tmp_path / "out.png"
    path.write_bytes(b"weights")
    for name, method in (("weights", "edmf"), ("detector.weights", "ms-resnet")):
        job = Job(sources=files, output=path, method=method, parameters=((name, str(path)),))
        with pytest.raises(UsageError, match=r"out\.png"):
            fuse(job)
    assert path.read_bytes() == b"weights"
