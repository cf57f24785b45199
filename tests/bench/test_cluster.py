"""The same table on a Dask cluster, where its library is installed."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mfgui.bench import cluster
from mfgui.bench.columns import columns
from mfgui.bench.datasets import find
from mfgui.bench.entries import parsed
from mfgui.bench.pool import Inline, Lost
from mfgui.bench.runner import Plan, run
from mfgui.bench.store import versions
from mfgui.bench.tables import cells_csv
from mfgui.core.errors import InputError, UsageError
from mfgui.methods.registry import load
from tests.bench import folders

installed = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="dask.distributed is not installed"
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A scheduler with two workers, processes of one thread each."""
    distributed: Any = importlib.import_module("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options, processes=True, silence_logs=50) as started:
        yield started.scheduler_address


def fragile(number: int) -> int:
    if number == 1:
        raise ZeroDivisionError("of two\nlines")
    return number


@installed
@pytest.mark.filterwarnings("default")
def test_that_a_cluster_gives_the_same_table(address: str, tmp_path: Path) -> None:
    sets = find(folders.lytro(tmp_path / "lytro")).sets
    known = load()
    entries = (parsed("average", known), parsed("laplacian-pyramid", known))
    texts = []
    for name in ("here", "there"):
        folder = tmp_path / name
        folder.mkdir()
        plan = Plan(sets, entries, columns("en,q-g"), folder)
        if name == "here":
            table = run(plan, Inline(), known=known, observe=lambda _progress: None)
        else:
            with cluster.connected(address) as engine:
                assert engine.workers == 2
                engine.check(folder)
                table = run(plan, engine, known=known, observe=lambda _progress: None)
        assert not table.failures
        texts.append(cells_csv(table))
    assert texts[0] == texts[1]


@installed
@pytest.mark.filterwarnings("default")
def test_that_a_job_that_fails_there_is_lost_alone(address: str) -> None:
    found: dict[int, int | Lost] = {}
    with cluster.connected(address) as engine:
        engine.run(fragile, [0, 1, 2], lambda number, result: found.update({number: result}))
    assert found == {
        0: 0,
        1: Lost("the cluster lost it (ZeroDivisionError: of two lines)"),
        2: 2,
    }


@installed
@pytest.mark.filterwarnings("default")
def test_that_workers_must_fit(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cluster.connected(address) as engine:
        with pytest.raises(InputError, match="does not see this folder"):
            engine.check(tmp_path / "nowhere")
        ours = {**versions(), "numpy": "0.1"}
        monkeypatch.setattr(cluster, "versions", Versions(ours))
        with pytest.raises(InputError, match=r"has numpy .*, here is 0\.1"):
            engine.check(tmp_path)


class Versions:
    """Other versions here than on the workers, to which it goes as the real function."""

    def __init__(self, ours: dict[str, str]) -> None:
        self._ours = ours

    def __call__(self) -> dict[str, str]:
        return self._ours

    def __reduce__(self) -> Any:
        return getattr, (importlib.import_module("mfgui.bench.store"), "versions")


@installed
@pytest.mark.filterwarnings("default")
def test_that_a_silent_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 0.5)
    with (
        pytest.raises(InputError, match="no scheduler answers at tcp"),
        cluster.connected("tcp://127.0.0.1:9"),
    ):
        pass


def test_that_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(cluster.importlib, "import_module", missing)
    with (
        pytest.raises(UsageError, match=r"not installed; pip install 'mfgui\[cluster\]'"),
        cluster.connected("tcp://host:1"),
    ):
        pass
