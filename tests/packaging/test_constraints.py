"""The exact versions: complete, exact, within the ranges, and free of other things."""

import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[2]
PACKAGING = PROJECT / "packaging"


def pins() -> dict[str, str]:
    lines = (PACKAGING / "constraints.txt").read_text("utf-8").splitlines()
    entries = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.+]+", entry) for entry in entries)
    names = [entry.partition("==")[0] for entry in entries]
    assert len(set(map(canonicalize_name, names))) == len(names)
    return {canonicalize_name(n): e.partition("==")[2] for n, e in zip(names, entries, strict=True)}


def project() -> dict[str, object]:
    loaded: dict[str, object] = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    return loaded


def direct() -> list[Requirement]:
    tables = project()
    needs = tables["project"]["dependencies"]  # type: ignore[index]
    needs = needs + tables["project"]["optional-dependencies"]["test"]  # type: ignore[index]
    return [Requirement(need) for need in needs + tables["build-system"]["requires"]]  # type: ignore[index]


def closure(needs: list[Requirement]) -> set[str]:
    """Normal names of everything that `needs` bring with them on this machine."""
    found: set[str] = set()
    waiting = [(need, "") for need in needs]
    while waiting:
        need, extra = waiting.pop()
        if need.marker is not None and not need.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(need.name)
        if name in found and not need.extras:
            continue
        found.add(name)
        for inner in importlib.metadata.requires(need.name) or []:
            waiting += [(Requirement(inner), extra) for extra in ("", *need.extras)]
    return found


@pytest.mark.parametrize("need", direct(), ids=str)
def test_that_every_requirement_has_an_exact_version_in_its_range(need: Requirement) -> None:
    assert need.specifier.contains(pins()[canonicalize_name(need.name)])


def test_that_everything_that_is_brought_along_has_an_exact_version() -> None:
    # The CUDA packages of torch are given exactly by torch itself.
    loose = {n for n in closure(direct()) if not n.startswith(("nvidia-", "cuda-", "triton"))}
    assert loose - set(pins()) == set()


def test_that_nothing_superfluous_is_listed() -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("which packages are brought along depends on the system")
    assert set(pins()) - closure(direct()) <= {"colorama"}


def test_that_faulty_versions_are_excluded() -> None:
    qt = next(need for need in direct() if need.name.startswith("PySide6"))
    for version in ("6.11.0", "6.11.1", "6.12.0", "6.7.3"):
        assert not qt.specifier.contains(version)
    assert pins()["pyside6-essentials"] == pins()["shiboken6"] == "6.11.3"


def test_that_the_scripts_know_the_pinned_torch() -> None:
    script = (PACKAGING / "environment.sh").read_text("utf-8")
    assert set(re.findall(r'"(\d+\.\d+\.\d+)(?:\+cpu)?"', script)) == {pins()["torch"]}


def test_that_the_only_host_named_is_the_public_index_of_pytorch() -> None:
    for path in (*PACKAGING.iterdir(), PROJECT / ".ci" / "run", PROJECT / "pyproject.toml"):
        if path.is_file():
            hosts = set(re.findall(r"(?:https?|file)://([^/\s\"']*)", path.read_text("utf-8")))
            assert hosts <= {"download.pytorch.org"}, path
