"""What a built package holds."""

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
BUILD = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"


@pytest.mark.skipif(
    importlib.util.find_spec("setuptools") is None, reason="setuptools is not installed"
)
def test_that_a_wheel_holds_all_modules_and_resources(tmp_path: Path) -> None:
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for folder in ("mfgui", "resources"):
        shutil.copytree(PROJECT / folder, tmp_path / folder, ignore=unwanted)
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(PROJECT / name, tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    modules = {path.relative_to(tmp_path).as_posix() for path in (tmp_path / "mfgui").rglob("*.py")}
    shipped = {
        f"mfgui/{path.relative_to(tmp_path).as_posix()}"
        for path in (tmp_path / "resources").rglob("*")
        if path.is_file()
    }
    assert modules | shipped == {name for name in inside if ".dist-info/" not in name}
    assert {Path(name).name for name in inside} >= {"LICENSE", "NOTICE", "entry_points.txt"}
