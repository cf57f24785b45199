# Makes .venv complete. Sourced by packaging/run and packaging/test (bash 3.2 and newer).
#
#   prepare_environment yes|no      yes: a window will be opened
#
# With SOLVER_BESIDE=yes the solver may still be compiling then, until wait_for_solver.
#
# Afterwards $PROJECT is the project folder and $PROJECT/.venv/bin/mfgui works. Every failure
# is one line on standard error and exit status 1.

PROJECT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
VENV="$PROJECT/.venv"
VENV_PYTHON="$VENV/bin/python"
STAMP="$VENV/.complete"      # describes what is installed; written last
UNFINISHED="$VENV/.unfinished" # there while an installation is under way
SOLVER=""                    # the process that compiles it beside the caller
PYTORCH_CPU_INDEX="https://download.pytorch.org/whl/cpu"

say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

prepare_environment() {
    local window="$1"
    trap 'say "Interrupted; call this again to go on"; exit 130' INT TERM
    _lock
    _install_packages
    if [ "$(uname -s)" = Linux ]; then _check_system_libraries "$window"; fi
    _unlock
    trap - INT TERM
}

# Two calls at once must not install into the same folder. The lock is held on a file that is
# there anyway, and ends with the process.
_lock() {
    exec 9<"$PROJECT/packaging/constraints.txt"
    if command -v flock >/dev/null; then flock 9; fi
}
_unlock() { exec 9<&-; }

_is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
_has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

_find_python() {
    local name
    PYTHON=""
    for name in python3 python3.13 python3.12 python3.11 python3.14; do
        if command -v "$name" >/dev/null && _is_new_enough "$name"; then
            [ -n "$PYTHON" ] || PYTHON="$name"
            if _has_venv "$name"; then PYTHON="$name"; return; fi
        fi
    done
    if [ -z "$PYTHON" ]; then
        stop "mfgui needs Python 3.11 or newer; install it (Debian, Ubuntu: sudo apt-get install python3 python3-venv) and call this again"
    fi
    local version
    version="$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    _apt_install "Python's venv module is missing" "python$version-venv"
    _has_venv "$PYTHON" || stop "$PYTHON still has no venv module after installing python$version-venv"
}

# Installs Debian packages when that is allowed, else names the command and stops.
_apt_install() {
    local why="$1" sudo=""
    shift
    command -v apt-get >/dev/null || stop "$why; install what your system calls: $*"
    if [ "$(id -u)" != 0 ]; then
        sudo="sudo"
        { command -v sudo >/dev/null && sudo -n true 2>/dev/null; } ||
            stop "$why; run this, then call again: sudo apt-get install --no-install-recommends $*"
    fi
    say "$why; installing: $*"
    if ! _apt_get "$sudo" "$@" >/dev/null 2>&1; then
        # A machine that was never updated knows no packages yet.
        $sudo apt-get update >/dev/null 2>&1 || true
        _apt_get "$sudo" "$@" >&2 || stop "$why; apt-get could not install: $*"
    fi
}
_apt_get() {
    local sudo="$1"
    shift
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

# A loaded driver is not enough: a container sees the driver of its host, but not the device.
_has_nvidia_gpu() {
    command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q '^GPU'
}

_torch_build() {
    if [ "$(uname -s)" != Linux ] || _has_nvidia_gpu; then echo "2.13.0"; else echo "2.13.0+cpu"; fi
}

# Everything the installation depends on; a difference to the stamp means: install again.
_wanted_state() {
    "$VENV_PYTHON" - "$PROJECT" "$1" <<'PYTHON'
import hashlib, pathlib, sys

project, torch = pathlib.Path(sys.argv[1]), sys.argv[2]
digest = hashlib.sha256()
for name in ("packaging/constraints.txt", "packaging/environment.sh", "pyproject.toml"):
    digest.update((project / name).read_bytes())
# A virtual environment holds absolute paths: it is worthless once the folder was moved.
print(project, sys.version.split()[0], torch, digest.hexdigest())
PYTHON
}

_install_packages() {
    local torch wanted
    torch="$(_torch_build)"
    if [ -e "$VENV" ] && ! _is_usable; then
        say "The environment in .venv is not usable (an interrupted installation, or the folder was moved); making it anew"
        rm -rf "$VENV"
    fi
    if [ -e "$STAMP" ]; then
        wanted="$(_wanted_state "$torch")" || stop "$VENV_PYTHON does not work"
        if [ "$(cat "$STAMP")" = "$wanted" ]; then return; fi
    fi
    say "Installing mfgui into .venv (the first time this takes some minutes)"
    # The mark comes before the first file of the environment and goes after the last.
    { mkdir -p "$VENV" && : >"$UNFINISHED"; } || stop "$VENV cannot be written"
    rm -f "$STAMP"
    if [ ! -x "$VENV_PYTHON" ]; then
        _find_python
        "$PYTHON" -m venv "$VENV" >&2 || stop "$PYTHON could not make $VENV"
    fi
    _install_torch "$torch"
    # Built with the pinned backend of this environment, not with one fetched for the moment.
    _pip "setuptools" || _stop_after_pip
    _pip --no-build-isolation -e "$PROJECT[test]" || _stop_after_pip
    if [ "${SOLVER_BESIDE:-no}" = yes ]; then _compile_beside; else _compile_solver; fi
    wanted="$(_wanted_state "$torch")" || stop "$VENV_PYTHON does not work"
    printf '%s\n' "$wanted" >"$STAMP"
    rm -f "$UNFINISHED"
}

# The window would do this beside its first minute, the command line before its first run.
_compile_solver() {
    say "Compiling the solver (once after an installation, about a minute)"
    "$VENV_PYTHON" -m mfgui.app.compiled >&2 || _say_not_compiled
}
_say_not_compiled() { say "It could not be compiled now; the first run does it"; }

# The same beside what the caller does meanwhile. Ctrl+C does not reach it: it ends with the caller.
_compile_beside() {
    say "Compiling the solver (once after an installation, about a minute) beside the next steps"
    "$VENV_PYTHON" -m mfgui.app.compiled >&2 &
    SOLVER=$!
    trap '{ kill "$SOLVER" && wait "$SOLVER"; } 2>/dev/null || true' EXIT
}
wait_for_solver() {
    if [ -z "$SOLVER" ]; then return; fi
    wait "$SOLVER" || _say_not_compiled
    SOLVER=""
    trap - EXIT
}

_is_usable() {
    ! _was_moved && _is_new_enough "$VENV_PYTHON" && "$VENV_PYTHON" -c 'import pip' 2>/dev/null &&
        { [ ! -e "$UNFINISHED" ] || _is_whole; }
}

# After an interrupted or failed installation: is every installed package there to the last byte?
# pip resolves and downloads before it touches anything, so mostly they are.
_is_whole() {
    "$VENV_PYTHON" -I - <<'PYTHON' 2>/dev/null
import importlib.metadata, pathlib, sys, sysconfig

folder = pathlib.Path(sysconfig.get_path("purelib"))
whole = not any(folder.glob("~*"))  # what pip was about to replace
for package in importlib.metadata.distributions(path=[str(folder)]):
    files = package.files
    whole = whole and files is not None
    for file in files or ():
        if file.size is not None and file.suffix != ".pyc":  # Python renews those
            path = pathlib.Path(package.locate_file(file))
            whole = whole and path.is_file() and path.stat().st_size == file.size
sys.exit(not whole)
PYTHON
}

_was_moved() { [ -e "$STAMP" ] && [ "$(sed 's/ [^ ]* [^ ]* [^ ]*$//' "$STAMP")" != "$PROJECT" ]; }

_install_torch() {
    case "$1" in
    *+cpu)
        # The configured indexes first; PyPI has no such build, PyTorch's own index does. (In a
        # subshell: a trap that fires meanwhile would write to the same /dev/null.)
        (_pip "torch==$1") 2>/dev/null ||
            _pip --extra-index-url "$PYTORCH_CPU_INDEX" "torch==$1" || _stop_after_pip
        ;;
    *) _pip "torch==$1" || _stop_after_pip ;;
    esac
}

# Python compiles what is imported; to compile all that is installed takes more than a minute.
_pip() {
    local quiet="-q"
    if [ -t 2 ]; then quiet="--progress-bar=on"; fi
    "$VENV_PYTHON" -m pip install "$quiet" --no-compile --disable-pip-version-check --no-input \
        -c "$PROJECT/packaging/constraints.txt" "$@" >&2
}
_stop_after_pip() { stop "The packages could not be installed (the lines above say why); when that is mended, call this again"; }

# The shared libraries that wheels of PySide6 expect from the system, and their packages.
_package_of() {
    case "$1" in
    libEGL.so.1) echo libegl1 ;;
    libGL.so.1) echo libgl1 ;;
    libX11.so.6) echo libx11-6 ;;
    libX11-xcb.so.1) echo libx11-xcb1 ;;
    libdbus-1.so.3) echo libdbus-1-3 ;;
    libfontconfig.so.1) echo libfontconfig1 ;;
    libfreetype.so.6) echo libfreetype6 ;;
    libglib-2.0.so.0 | libgthread-2.0.so.0) echo libglib2.0-0 ;;
    libwayland-client.so.0) echo libwayland-client0 ;;
    libwayland-cursor.so.0) echo libwayland-cursor0 ;;
    libwayland-egl.so.1) echo libwayland-egl1 ;;
    libxcb.so.1) echo libxcb1 ;;
    libxcb-cursor.so.0) echo libxcb-cursor0 ;;
    libxcb-glx.so.0) echo libxcb-glx0 ;;
    libxcb-icccm.so.4) echo libxcb-icccm4 ;;
    libxcb-image.so.0) echo libxcb-image0 ;;
    libxcb-keysyms.so.1) echo libxcb-keysyms1 ;;
    libxcb-randr.so.0) echo libxcb-randr0 ;;
    libxcb-render.so.0) echo libxcb-render0 ;;
    libxcb-render-util.so.0) echo libxcb-render-util0 ;;
    libxcb-shape.so.0) echo libxcb-shape0 ;;
    libxcb-shm.so.0) echo libxcb-shm0 ;;
    libxcb-sync.so.1) echo libxcb-sync1 ;;
    libxcb-util.so.1) echo libxcb-util1 ;;
    libxcb-xfixes.so.0) echo libxcb-xfixes0 ;;
    libxcb-xkb.so.1) echo libxcb-xkb1 ;;
    libxkbcommon.so.0) echo libxkbcommon0 ;;
    libxkbcommon-x11.so.0) echo libxkbcommon-x11-0 ;;
    libz.so.1) echo zlib1g ;;
    libzstd.so.1) echo libzstd1 ;;
    *) echo "$1" ;;
    esac
}

_missing_packages() {
    local folder="$1" file library
    shift
    for file in "$@"; do
        LC_ALL=C ldd "$folder/$file" 2>/dev/null | sed -n 's/^[[:space:]]*\(.*\) => not found$/\1/p'
    done | sort -u | while read -r library; do _package_of "$library"; done | sort -u | tr '\n' ' '
}

_check_system_libraries() {
    local window="$1" folder always display
    folder="$("$VENV_PYTHON" -c 'import importlib.util as u; print(u.find_spec("PySide6").submodule_search_locations[0])')"
    always="$(_missing_packages "$folder" QtWidgets.abi3.so QtSvg.abi3.so QtTest.abi3.so \
        Qt/plugins/platforms/libqoffscreen.so Qt/plugins/iconengines/libqsvgicon.so)"
    display="$(_missing_packages "$folder" Qt/plugins/platforms/libqxcb.so \
        Qt/plugins/platforms/libqwayland.so Qt/plugins/xcbglintegrations/libqxcb-glx-integration.so \
        Qt/plugins/xcbglintegrations/libqxcb-egl-integration.so)"
    if [ -n "$always" ] || { [ -n "$display" ] && [ "$window" = yes ]; }; then
        # Unquoted on purpose: several words.
        # shellcheck disable=SC2046,SC2086
        _apt_install "Qt needs libraries of the system" $(printf '%s\n' $always $display | sort -u)
    fi
}
