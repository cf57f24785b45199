"""The layers: who may import whom, checked on the sources and in fresh interpreters."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "mfgui"

# Package -> what its modules may import directly of the others.
ARROWS = {
    "core": set(),
    "files": {"core"},
    "methods": {"nets", "core"},
    "nets": {"core"},
    "jobs": {"methods", "nets", "core"},
    "app": {"jobs", "files", "methods", "nets", "core"},
    "ui": {"app", "jobs", "files", "methods", "nets", "core"},
    "cli": {"app", "jobs", "files", "methods", "nets", "core", "synth", "bench", "train"},
    "synth": {"methods", "nets", "files", "core"},
    "train": {"synth", "methods", "nets", "files", "core"},
    "bench": {"methods", "nets", "files", "core"},
}
NETWORKS = ("nets", "train")  # import torch, and are imported on first use
# Inside functions only: the command that opens the window, and what looks into folders of sets.
DEFERRED = {"cli": {"ui"}, "app": {"bench"}}
RESOURCES = {"methods", "nets"}  # read what was trained
ON_TOP = {"app", "ui", "cli", "synth", "train", "bench"}  # these also use resources, _startup

QT = ("PySide6", "shiboken6", "superqt")
SLOW = ("torch", "skimage", "pyqtgraph")
# Not even inside functions.
FOREIGN = {
    "core": (*QT, *SLOW),
    "files": (*QT, *SLOW),
    "jobs": QT,
    "methods": QT,
    "nets": QT,
    "app": QT,
    "cli": QT,
    "synth": QT,
    "train": QT,
    "bench": QT,
}

BLOCKER = """
import importlib, sys

blocked = set({blocked!r})

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in blocked or ".".join(name.split(".")[:2]) in blocked:
            raise ImportError(f"{{name}} must not be imported here")

sys.meta_path.insert(0, Blocker())
for name in {modules!r}:
    importlib.import_module(name)
"""


@dataclass(frozen=True)
class Import:
    """One import statement of a module, `deferred` when it stands inside a function."""

    module: str
    line: int
    target: str
    deferred: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def packages() -> list[str]:
    return sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))


def modules_of(package: str) -> list[str]:
    paths = (ROOT / package).rglob("*.py")
    dotted = (path.relative_to(ROOT.parent).with_suffix("").parts for path in paths)
    return sorted(".".join(parts).removesuffix(".__init__") for parts in dotted)


def imports_of(package: str) -> Iterator[Import]:
    for path in sorted((ROOT / package).rglob("*.py")):
        yield from imports_in(path.read_text("utf-8"), str(path.relative_to(ROOT.parent)))


def imports_in(source: str, module: str) -> Iterator[Import]:
    def visit(node: ast.AST, deferred: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            for target in targets(child):
                yield Import(module, child.lineno, target, deferred)
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from visit(child, deferred or inside)

    yield from visit(ast.parse(source), False)


def targets(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "absolute imports only"
        assert node.module is not None
        if node.module == "mfgui":
            return [f"mfgui.{name.name}" for name in node.names]
        return [node.module]
    return []


def wrong_arrows(package: str, found: Iterator[Import]) -> list[str]:
    wrong = []
    for entry in found:
        first, _, rest = entry.target.partition(".")
        if first in FOREIGN.get(package, ()):
            wrong.append(str(entry))
        if first != "mfgui":
            continue
        other = rest.partition(".")[0]
        allowed = {package, "", "__version__"} | ARROWS[package]
        if entry.deferred:
            allowed |= DEFERRED.get(package, set())
        if package in ON_TOP:
            allowed |= {"resources", "_startup"}
        if package in RESOURCES:
            allowed.add("resources")
        if other not in allowed:
            wrong.append(str(entry))
    return wrong


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT.parent,
        env=environ,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("package", packages())
def test_that_imports_follow_the_arrows(package: str) -> None:
    assert wrong_arrows(package, imports_of(package)) == []


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("core", "from mfgui.methods import registry"),
        ("core", "def f():\n    import torch"),
        ("files", "def f():\n    from PySide6.QtGui import QImage"),
        ("jobs", "import mfgui.files.images"),
        ("methods", "from mfgui.jobs.request import RunRequest"),
        ("app", "from mfgui import ui"),
        ("ui", "from mfgui.synth import layered"),
        ("cli", "from mfgui.ui.bridge import Bridge"),
        ("core", "from mfgui import resources"),
    ],
)
def test_that_a_wrong_import_is_found(package: str, source: str) -> None:
    assert len(wrong_arrows(package, imports_in(source, "new.py"))) == 1


@pytest.mark.parametrize("package", packages())
def test_that_a_package_loads_without_what_is_forbidden_there(package: str) -> None:
    # pyqtgraph and scikit-image are loaded on first use, so nobody needs them to be imported.
    networks = package in NETWORKS
    blocked = [*(() if networks else SLOW), *(() if package == "ui" else QT)]
    if package == "ui":
        blocked += ["mfgui.bench", "mfgui.train", "mfgui.synth"]
    modules = [name for name in modules_of(package) if not is_for_devices(name)]
    done = run_python(BLOCKER.format(blocked=blocked, modules=modules))
    assert done.returncode == 0, done.stderr


def is_for_devices(module: str) -> bool:
    """Modules that compute on a torch device, which are imported only when there is one."""
    return module.startswith("mfgui.methods.") and module.rpartition(".")[2].startswith("torch_")


def test_that_modules_for_devices_are_imported_inside_functions_only() -> None:
    imports = [entry for package in packages() for entry in imports_of(package)]
    devices = [entry for entry in imports if is_for_devices(entry.target)]
    wrong = [
        str(entry)
        for entry in devices
        if not entry.deferred and not Path(entry.module).name.startswith("torch_")
    ]
    assert devices
    assert wrong == []


@pytest.mark.parametrize(
    ("blocked", "module"), [("numpy", "numpy"), ("mfgui.core", "mfgui.core.errors")]
)
def test_that_the_blocker_blocks(blocked: str, module: str) -> None:
    done = run_python(BLOCKER.format(blocked=[blocked], modules=[module]))
    assert f"{blocked} must not be imported here" in done.stderr


def test_that_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from mfgui.__main__ import main; assert main(['--help']) == 0;"
        "print(sorted(set(sys.modules) & {'torch', 'cv2', 'numpy', 'PySide6', 'skimage',"
        " 'scipy', 'pyqtgraph', 'numba', 'PIL', 'mfgui.app', 'mfgui.ui'}))"
    )
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_that_nothing_is_compiled_before_a_method_runs() -> None:
    code = (
        "import sys, mfgui.ui.main_window; from mfgui.methods import registry; registry.load();"
        "print('numba' in sys.modules)"
    )
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "False"


def test_that_the_tree_has_only_the_known_packages() -> None:
    assert set(packages()) <= set(ARROWS)
