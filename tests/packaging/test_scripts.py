"""The two commands, with the installation replaced by a stand-in."""

import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGING = PROJECT / "packaging"
SCRIPTS = (PACKAGING / "run", PACKAGING / "test", PROJECT / ".ci" / "run")

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")

STAND_IN = """
PROJECT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
VENV="$PROJECT/.venv"
VENV_PYTHON="$VENV/bin/python"
say() { printf '%s\\n' "$*" >&2; }
stop() { say "$*"; exit 1; }
prepare_environment() { say "prepared window=$1"; }
wait_for_solver() { echo "the solver is compiled"; }
"""


def bash(
    code: str, *, path: Path | None = None, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run `code` after sourcing environment.sh; `path` comes before the PATH."""
    first = f"{path}:" if path else ""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f'source "{PACKAGING}/environment.sh"; {code}'],
        capture_output=True,
        text=True,
        env={**os.environ, **environ, "PATH": first + os.environ["PATH"]},
        timeout=60,
        check=False,
    )


def command(folder: Path, name: str, code: str) -> None:
    """A small program called `name` in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/bash\n{code}\n")
    (folder / name).chmod(0o755)


def is_running(number: int) -> bool:
    """Whether there is a process with this number."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A project folder (with a space in its name) whose programs only repeat their arguments."""
    folder = tmp_path / "a project"
    (folder / "packaging").mkdir(parents=True)
    for name in ("run", "test"):
        shutil.copy(PACKAGING / name, folder / "packaging" / name)
    (folder / "packaging" / "environment.sh").write_text(STAND_IN)
    for name in ("mfgui", "ruff", "mypy", "python"):
        command(
            folder / ".venv" / "bin", name, f'echo "{name} $*"; exit ${{{name.upper()}_FAILS:-0}}'
        )
    return folder


def call(copy: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    work = copy.parent / "work"
    work.mkdir(exist_ok=True)
    return subprocess.run(
        [str(copy / "packaging" / arguments[0]), *arguments[1:]],
        capture_output=True,
        text=True,
        cwd=work,
        env={**kept, **environ},
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("script", [*SCRIPTS, PACKAGING / "environment.sh"], ids=lambda p: p.name)
def test_that_a_script_is_valid(script: Path) -> None:
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    if script in SCRIPTS:
        assert os.access(script, os.X_OK)


def test_that_ci_calls_the_tests_and_nothing_else() -> None:
    lines = (PROJECT / ".ci" / "run").read_text().splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set "))]
    assert commands == ['exec "$(dirname "${BASH_SOURCE[0]}")/../packaging/test"']


@pytest.mark.parametrize("display", [{"DISPLAY": ":0"}, {"WAYLAND_DISPLAY": "wayland-0"}])
def test_that_with_a_display_the_window_opens(copy: Path, display: dict[str, str]) -> None:
    done = call(copy, "run", **display)
    assert done.returncode == 0
    assert done.stdout == "mfgui demo\n"
    assert done.stderr == "prepared window=yes\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are a matter of Linux")
def test_that_without_a_display_the_same_job_is_done_and_the_files_are_named(copy: Path) -> None:
    done = call(copy, "run")
    out = copy.parent / "work" / "mfgui-demo"
    assert done.returncode == 0
    assert "mfgui demo --headless --out mfgui-demo\n" in done.stdout
    assert done.stdout.endswith(f"are in {out}\n")
    assert "No window (there is no display)" in done.stderr


@pytest.mark.parametrize("platform", ["offscreen", "minimal", "offscreen:size=800x600"])
def test_that_an_offscreen_platform_means_no_window(copy: Path, platform: str) -> None:
    done = call(copy, "run", DISPLAY=":0", QT_QPA_PLATFORM=platform)
    assert "mfgui demo --headless" in done.stdout
    assert f"QT_QPA_PLATFORM is {platform}" in done.stderr


def test_that_photographs_are_opened_or_fused(copy: Path, tmp_path: Path) -> None:
    pair = [tmp_path / "my near.jpg", tmp_path / "far.jpg"]
    for path in pair:
        path.touch()
    opened = call(copy, "run", *map(str, pair), DISPLAY=":0")
    assert opened.stdout == f"mfgui {pair[0]} {pair[1]}\n"
    fused = call(copy, "run", *map(str, pair), QT_QPA_PLATFORM="offscreen")
    assert f"mfgui fuse {pair[0]} {pair[1]} -o mfgui-demo/fused.png" in fused.stdout


def test_that_a_command_is_passed_through_without_a_display(copy: Path) -> None:
    done = call(copy, "run", "methods", "--json", QT_QPA_PLATFORM="offscreen")
    assert done.stdout == "mfgui methods --json\n"


def test_that_a_failure_of_the_job_is_the_failure_of_run(copy: Path) -> None:
    done = call(copy, "run", QT_QPA_PLATFORM="offscreen", MFGUI_FAILS="4")
    assert done.returncode == 4
    assert "are in" not in done.stdout


def test_that_test_runs_every_check_and_pytest_last(copy: Path) -> None:
    done = call(copy, "test", "-k", "one")
    assert done.returncode == 0
    said = [line for line in done.stdout.splitlines() if not line.startswith("==")]
    tests = "python -m pytest -n auto --dist loadfile -k one"
    checks = ["ruff check", "ruff format --check", "mypy "]
    assert said == [*checks, "the solver is compiled", tests]


@pytest.mark.parametrize("unwanted", ["", "1"])
def test_that_the_tests_keep_bytecode_but_not_beside_the_sources_of_who_wants_none(
    copy: Path, unwanted: str
) -> None:
    command(copy / ".venv" / "bin", "python", 'env | grep "^PYTHON.*BYTECODE\\|^PYTHONPYC"')
    done = call(copy, "test", PYTHONDONTWRITEBYTECODE=unwanted, PYTHONPYCACHEPREFIX="")
    said = [line for line in done.stdout.splitlines() if line.startswith("PYTHON")]
    if unwanted:
        assert said == [f"PYTHONPYCACHEPREFIX={copy / '.venv' / 'bytecode'}"]
    else:
        assert sorted(said) == ["PYTHONDONTWRITEBYTECODE=", "PYTHONPYCACHEPREFIX="]


@pytest.mark.parametrize("name", ["RUFF", "MYPY", "PYTHON"])
def test_that_one_failed_check_fails_the_whole_and_hides_no_other(copy: Path, name: str) -> None:
    done = call(copy, "test", **{f"{name}_FAILS": "1"})
    assert done.returncode == 1
    assert "python -m pytest" in done.stdout
    assert done.stderr.splitlines()[-1].startswith("Failed:")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="on Linux only")
def test_that_torch_is_the_small_build_without_a_gpu(tmp_path: Path) -> None:
    command(tmp_path, "nvidia-smi", "echo 'NVIDIA-SMI has failed'; exit 9")
    assert bash("_torch_build", path=tmp_path).stdout == "2.13.0+cpu\n"
    command(tmp_path, "nvidia-smi", "echo 'GPU 0: NVIDIA Something (UUID: x)'")
    assert bash("_torch_build", path=tmp_path).stdout == "2.13.0\n"


def test_that_torch_is_asked_of_the_configured_indexes_first() -> None:
    code = '_pip() { echo "pip $*"; [ $# -gt 1 ]; }; _install_torch 2.13.0+cpu'
    assert bash(code).stdout.splitlines() == [
        "pip torch==2.13.0+cpu",
        "pip --extra-index-url https://download.pytorch.org/whl/cpu torch==2.13.0+cpu",
    ]
    only_first = bash('_pip() { echo "pip $*"; }; _install_torch 2.13.0+cpu').stdout
    assert only_first == "pip torch==2.13.0+cpu\n"


def test_that_without_rights_the_exact_command_is_named(tmp_path: Path) -> None:
    command(tmp_path, "id", "echo 1000")
    command(tmp_path, "sudo", "exit 1")
    command(tmp_path, "apt-get", "echo called")
    done = bash("_apt_install 'Qt needs libraries' libegl1 libgl1", path=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "Qt needs libraries; run this, then call again: "
        "sudo apt-get install --no-install-recommends libegl1 libgl1\n"
    )


def test_that_packages_are_installed_after_an_update_when_the_lists_are_empty(
    tmp_path: Path,
) -> None:
    command(tmp_path, "id", "echo 0")
    log = tmp_path / "log"
    first_fails = f'echo "$*" >>"{log}"; [ "$1" = update ] || grep -q update "{log}"'
    command(tmp_path, "apt-get", first_fails)
    done = bash("_apt_install 'Qt needs libraries' libegl1", path=tmp_path)
    assert done.returncode == 0, done.stderr
    install = "install -y -q --no-install-recommends libegl1"
    assert log.read_text().splitlines() == [install, "update", install]


def test_that_missing_libraries_are_found_with_their_packages(tmp_path: Path) -> None:
    command(
        tmp_path,
        "ldd",
        r"""printf '\tlibEGL.so.1 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x1)\n'
printf '\tlibxcb-cursor.so.0 => not found\n\tlibEGL.so.1 => not found\n'""",
    )
    assert bash("_missing_packages /x a.so b.so", path=tmp_path).stdout == "libegl1 libxcb-cursor0 "


@pytest.mark.parametrize("window", ["yes", "no"])
def test_that_libraries_of_the_window_are_demanded_for_a_window_only(window: str) -> None:
    code = """
        VENV_PYTHON=true
        _missing_packages() { case "$*" in *libqxcb*) echo "libxcb1 " ;; esac; }
        _apt_install() { echo "install $2"; }
    """
    done = bash(f"{code} _check_system_libraries {window}")
    assert done.stdout == ("install libxcb1\n" if window == "yes" else "")


class TestInstallation:
    """The environment, with pip and the making of the environment replaced."""

    CODE = """
        PROJECT={project}; VENV="$PROJECT/.venv"; VENV_PYTHON="$VENV/bin/python"
        STAMP="$VENV/.complete"; UNFINISHED="$VENV/.unfinished"
        _find_python() {{ PYTHON="{python}"; }}
        _pip() {{ echo "pip $*"; {pip}; }}
        _torch_build() {{ echo {torch}; }}
        _is_whole() {{ {whole}; }}
        {compiling}
        _install_packages
        {after}
    """

    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        folder = tmp_path / "project"
        (folder / "packaging").mkdir(parents=True)
        for name in ("packaging/constraints.txt", "packaging/environment.sh", "pyproject.toml"):
            shutil.copy(PROJECT / name, folder / name)
        # As `python -m venv FOLDER`: its Python is this one.
        made = f'exec {sys.executable} \\"\\$@\\"'
        make = f'printf "#!/bin/bash\\n{made}\\n" >"$3/bin/python"; chmod +x "$3/bin/python"'
        command(tmp_path, "python", f'[ "$2" != venv ] || {{ mkdir -p "$3/bin"; {make}; }}')
        return folder

    def install(
        self,
        project: Path,
        *,
        pip: str = "true",
        torch: str = "2.13.0",
        whole: str = "false",
        compiling: str = "_compile_solver() { :; }",
        after: str = "",
    ) -> list[str]:
        python = project.parent / "python"
        code = self.CODE.format(
            project=f'"{project}"',
            python=python,
            pip=pip,
            torch=torch,
            whole=whole,
            compiling=compiling,
            after=after,
        )
        done = bash(code)
        self.status, self.errors = done.returncode, done.stderr
        return [line for line in done.stdout.splitlines() if line.startswith("pip")]

    def test_that_the_second_call_installs_nothing(self, project: Path) -> None:
        assert len(self.install(project)) == 3
        assert self.status == 0, self.errors
        assert self.install(project) == []
        assert self.status == 0, self.errors

    @pytest.mark.parametrize("status", [0, 1])
    def test_that_the_solver_is_compiled_once_after_installing(
        self, project: Path, status: int
    ) -> None:
        log = project.parent / "log"
        compiles = f'[ "$2" != mfgui.app.compiled ] || {{ echo "$*" >>"{log}"; exit {status}; }}'
        code = f'{compiles}\nexec {sys.executable} "$@"'
        command(project / ".venv" / "bin", "python", code)
        self.install(project, compiling="")
        assert self.status == 0, self.errors
        assert "Compiling the solver (once after an installation" in self.errors
        assert ("could not be compiled" in self.errors) is (status == 1)
        self.install(project, compiling="")
        assert "Compiling" not in self.errors
        assert log.read_text().splitlines() == ["-m mfgui.app.compiled"]

    @pytest.mark.parametrize("status", [0, 1])
    def test_that_the_solver_is_compiled_beside_what_follows(
        self, project: Path, status: int
    ) -> None:
        go = project.parent / "go"
        waits = f'while [ ! -e "{go}" ]; do sleep 0.02; done; exit {status}'
        code = f'if [ "$2" = mfgui.app.compiled ]; then {waits}; fi\nexec {sys.executable} "$@"'
        command(project / ".venv" / "bin", "python", code)
        beside = f'''
            SOLVER_BESIDE=yes
            after() {{ say "next"; touch "{go}"; wait_for_solver; say "compiled"; }}
        '''
        self.install(project, compiling=beside, after="after")
        assert self.status == 0, self.errors
        said = [line.partition(" ")[0] for line in self.errors.splitlines()]
        failed = ["It"] if status else []
        assert said == ["Installing", "Compiling", "next", *failed, "compiled"]

    def test_that_the_compiling_ends_with_who_is_interrupted(self, project: Path) -> None:
        log = project.parent / "log"
        waits = f'echo $$ >"{log}"; exec sleep 50'
        code = f'if [ "$2" = mfgui.app.compiled ]; then {waits}; fi\nexec {sys.executable} "$@"'
        command(project / ".venv" / "bin", "python", code)
        leaves = f'while [ ! -s "{log}" ]; do sleep 0.02; done; exit 3'
        self.install(project, compiling="SOLVER_BESIDE=yes", after=leaves)
        assert self.status == 3  # and `install` did not wait for its output to end
        deadline = time.monotonic() + 10
        while is_running(int(log.read_text())) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not is_running(int(log.read_text()))

    @pytest.mark.parametrize("name", ["pyproject.toml", "packaging/constraints.txt"])
    def test_that_a_change_of_what_is_wanted_installs_again(self, project: Path, name: str) -> None:
        self.install(project)
        with (project / name).open("a") as file:
            file.write("\n# changed\n")
        assert len(self.install(project)) == 3
        assert "not usable" not in self.errors  # over what is there

    def test_that_another_torch_build_installs_again(self, project: Path) -> None:
        self.install(project)
        assert len(self.install(project, torch="2.13.0+cpu")) == 3

    @pytest.mark.parametrize(
        ("whole", "kept"), [("true", True), ("false", False)], ids=["whole", "not whole"]
    )
    def test_that_an_interrupted_installation_is_kept_only_when_it_is_whole(
        self, project: Path, whole: str, kept: bool
    ) -> None:
        self.install(project, pip="exit 130")
        assert self.status == 130
        assert (project / ".venv" / ".unfinished").exists()
        (project / ".venv" / "half").touch()
        assert len(self.install(project, whole=whole)) == 3
        assert ("making it anew" in self.errors) is not kept
        assert (project / ".venv" / "half").exists() is kept
        assert not (project / ".venv" / ".unfinished").exists()

    def test_that_an_environment_made_by_hand_is_kept(self, project: Path) -> None:
        command(project / ".venv" / "bin", "python", f'exec {sys.executable} "$@"')
        (project / ".venv" / "mine").touch()
        assert len(self.install(project)) == 3
        assert (project / ".venv" / "mine").exists()

    def test_that_a_moved_project_gets_a_new_environment(self, project: Path) -> None:
        self.install(project)
        moved = project.with_name("moved project")
        project.rename(moved)
        assert len(self.install(moved)) == 3
        assert "making it anew" in self.errors


class TestWholeness:
    """Is what pip has installed there to the last byte?"""

    @pytest.fixture
    def packages(self, tmp_path: Path) -> Path:
        """The packages of an environment with one package, `thing`."""
        venv.create(tmp_path / ".venv", symlinks=True)
        (folder,) = (tmp_path / ".venv").glob("lib/python*/site-packages")
        (folder / "thing.py").write_text("x = 1\n")
        (folder / "thing-1.0.dist-info").mkdir()
        (folder / "thing-1.0.dist-info" / "METADATA").write_text("Name: thing\nVersion: 1.0\n")
        (folder / "thing-1.0.dist-info" / "RECORD").write_text("thing.py,,6\nthing.pyc,,6\n")
        return folder

    @staticmethod
    def is_whole(packages: Path) -> bool:
        python = packages.parents[2] / "bin" / "python"
        return bash(f'VENV_PYTHON="{python}"; _is_whole').returncode == 0

    def test_that_an_undamaged_package_is_whole(self, packages: Path) -> None:
        assert self.is_whole(packages)

    def test_that_a_missing_a_cut_and_an_unrecorded_package_are_not(self, packages: Path) -> None:
        module, record = packages / "thing.py", packages / "thing-1.0.dist-info" / "RECORD"
        module.write_text("x =")
        assert not self.is_whole(packages)
        module.unlink()
        assert not self.is_whole(packages)
        module.write_text("x = 1\n")
        assert self.is_whole(packages)
        record.unlink()
        assert not self.is_whole(packages)

    def test_that_a_package_about_to_be_replaced_is_not(self, packages: Path) -> None:
        (packages / "~hing").mkdir()
        assert not self.is_whole(packages)
