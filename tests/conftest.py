"""Fixtures of the whole suite: offscreen Qt, one font, own folders, no leaks, small images."""

from __future__ import annotations

import os

# Before Qt, NumPy and torch are imported by anything.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYSIDE6_OPTION_LAZY", "0")  # as the window has it, see mfgui._startup
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import gc
import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import hypothesis
import numpy as np
import pytest

from mfgui import resources
from mfgui.app import compiled
from mfgui.core.arrays import ImageF32, LabelArray

cv2.setNumThreads(1)
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("suite")

_PROJECT = Path(__file__).resolve().parents[1]
_LEAK_GRACE_SECONDS = 2.0


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder this test has for settings, recovery and logs; nobody's real ones are touched."""
    home = tmp_path / "mfgui-home"
    monkeypatch.setenv("MFGUI_HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    return home


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The cache folder of the tests, whose stamp says that the loops are compiled: those that are
    not are compiled where they are used."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("MFGUI_CACHE", str(folder))
        compiled.write_stamp()
        yield folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The published data sets beside the project; the test is skipped where there are none."""
    folder = _PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the published data sets are not beside the project ({folder})")
    return folder


@dataclass(frozen=True)
class TinyPair:
    """Two views of one texture, (48, 64, 3) float32: `first` sharp left, `second` sharp right.

    `images` is (2, 48, 64, 3); `labels` (48, 64) uint8 is 1 in columns 0 ... 31, else 2.
    """

    first: ImageF32 = field(repr=False)
    second: ImageF32 = field(repr=False)
    truth: ImageF32 = field(repr=False)
    labels: LabelArray = field(repr=False)

    @property
    def images(self) -> ImageF32:
        return np.stack([self.first, self.second])


@pytest.fixture(scope="session")
def tiny_pair() -> TinyPair:
    """A pair with known labels; its arrays are read-only."""
    height, width = 48, 64
    generator = np.random.default_rng(20)
    coarse = generator.random((height // 4, width // 4, 3), dtype=np.float32)
    fine = generator.random((height, width, 3), dtype=np.float32)
    base = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    truth = np.clip(0.1 + 0.5 * base + 0.3 * fine, 0, 1).astype(np.float32)
    blurred = cv2.GaussianBlur(truth, (0, 0), 2.0)
    labels = np.full((height, width), 2, np.uint8)
    labels[:, : width // 2] = 1
    left = (labels == 1)[..., None]
    arrays = np.where(left, truth, blurred), np.where(left, blurred, truth), truth, labels
    for array in arrays:
        array.flags.writeable = False
    return TinyPair(*arrays)


@pytest.fixture
def tiny_pair_files(tiny_pair: TinyPair, tmp_path: Path) -> tuple[Path, Path]:
    """The pair as two 8-bit PNG files, left.png and right.png."""
    paths = tmp_path / "left.png", tmp_path / "right.png"
    for path, image in zip(paths, tiny_pair.images, strict=True):
        stored = np.rint(image[..., ::-1] * 255).astype(np.uint8)
        path.write_bytes(cv2.imencode(".png", stored)[1].tobytes())
    return paths


@pytest.fixture(scope="session")
def qapp(qapp: Any) -> Any:
    """The application in the bundled font and one style, so that pictures are equal everywhere."""
    from PySide6.QtGui import QFont, QFontDatabase

    for font in sorted(resources.path("fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(font))
    qapp.setStyle("Fusion")
    qapp.setFont(QFont("Inter", 10))
    return qapp


class OldObjects:
    """What earlier tests left: of it only what may be a leak is looked at again after each test.

    To ask every object takes as long as most tests, and there are more of them with each import.
    """

    ENOUGH = 20_000  # objects that are worth setting apart

    def __init__(self) -> None:
        self._watched: list[weakref.ref[Any]] = []

    def set_apart(self, *, at_least: int) -> None:
        """Leave out of `watched` and of the collector what is there, if that is worth it."""
        if gc.get_count()[0] + len(gc.get_objects(1)) + len(gc.get_objects(2)) < at_least:
            return
        gc.collect()
        self._watched = [weakref.ref(thing) for thing in self.watched()]
        gc.freeze()

    def watched(self) -> list[Any]:
        """Every thread and timer of Qt."""
        from PySide6.QtCore import QThread, QTimer

        kinds = _kinds(QThread) | _kinds(QTimer)
        old = [thing for reference in self._watched if (thing := reference()) is not None]
        return old + [thing for thing in gc.get_objects() if type(thing) in kinds]


@pytest.fixture(scope="session")
def old_objects(qapp: Any) -> Iterator[OldObjects]:
    objects = OldObjects()
    objects.set_apart(at_least=0)
    yield objects
    gc.unfreeze()


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that uses Qt fails when it leaves a thread, a top-level widget or a timer behind."""
    if not {"qapp", "qtbot"} & set(request.fixturenames):
        yield
        return
    objects: OldObjects = request.getfixturevalue("old_objects")
    objects.set_apart(at_least=OldObjects.ENOUGH)
    before = set(_alive(objects))
    yield
    # Timed, not at once: a thread that was told to end needs a moment to do so.
    deadline = time.monotonic() + _LEAK_GRACE_SECONDS
    while (left := _left(before, objects)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left, "left behind: " + ", ".join(sorted(left))


def _left(before: set[tuple[str, int]], objects: OldObjects) -> list[str]:
    from PySide6.QtCore import QCoreApplication, QEvent

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()
    left = [what for what in _alive(objects) if what not in before]
    if left:
        del left
        gc.collect()
        left = [what for what in _alive(objects) if what not in before]
    return [name for name, _ in left]


def _alive(objects: OldObjects) -> Iterator[tuple[str, int]]:
    """Name and identity of every running thread, top-level widget and active timer."""
    import shiboken6
    from PySide6.QtCore import QThread, QThreadPool, QTimer
    from PySide6.QtWidgets import QApplication

    for thread in threading.enumerate():
        # A finished QThread that ran Python code stays in this list as a dummy. The loops of
        # differences are loaded once for the process, whatever becomes of the window.
        if not isinstance(thread, threading._DummyThread) and thread.name != "loops":
            yield f"thread {thread.name}", id(thread)
    for number in range(QThreadPool.globalInstance().activeThreadCount()):
        yield f"task {number} of the global pool", number
    for widget in QApplication.topLevelWidgets():
        yield f"widget {type(widget).__name__}", shiboken6.getCppPointer(widget)[0]
    for thing in objects.watched():
        name = type(thing).__name__
        if isinstance(thing, QThread) and shiboken6.isValid(thing) and thing.isRunning():
            yield f"{name} {thing.objectName()}", shiboken6.getCppPointer(thing)[0]
        if isinstance(thing, QTimer) and shiboken6.isValid(thing) and thing.isActive():
            yield f"timer of {type(thing.parent()).__name__}", shiboken6.getCppPointer(thing)[0]


def _kinds(base: type) -> set[type]:
    """A class with all that derive from it."""
    return {base}.union(*(_kinds(kind) for kind in base.__subclasses__()))
