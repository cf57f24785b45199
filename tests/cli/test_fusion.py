from __future__ import annotations

import dataclasses
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui import resources
from mfgui.__main__ import main
from mfgui.app import headless
from mfgui.core.errors import OutputError
from mfgui.methods import registry

REPORT_KEYS = {
    "method": str,
    "parameters": dict,
    "device": str,
    "sources": list,
    "width": int,
    "height": int,
    "k": int,
    "seconds": dict,
    "iterations": int,
    "evaluations": int,
    "objective": str,
    "q_history": list,
    "q": float,
    "q_box": float,
    "window": int,
    "peak_rss_mb": float,
    "metrics": dict,
    "versions": dict,
}


@pytest.fixture
def pair(tiny_pair_files: tuple[Path, Path]) -> list[str]:
    return [str(path) for path in tiny_pair_files]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def one_line(text: str) -> str:
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("mfgui: ")
    return lines[0]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def picture(path: Path) -> np.ndarray:
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def test_that_fuse_writes_the_image_and_says_so(
    pair: list[str], out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fused = out / "fused.png"
    assert main(["fuse", *pair, "-o", str(fused)]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.startswith(f"{fused}: 64 x 48, 2 sources, ms-lap, Q 0.")
    assert names(out) == ["fused.png"]
    assert picture(fused).shape == (48, 64, 3)


def test_that_options_may_stand_between_the_sources(pair: list[str], out: Path) -> None:
    fused = str(out / "fused.png")
    assert main(["fuse", pair[0], "-o", fused, "-p", "iterations=2", pair[1]]) == 0


def test_that_the_fused_image_is_nearer_to_the_truth_than_the_sources(
    pair: list[str], out: Path, tiny_pair: object
) -> None:
    assert main(["fuse", *pair, "-o", str(out / "fused.png")]) == 0
    truth = tiny_pair.truth[..., ::-1] * 255

    def error(path: str | Path) -> float:
        return float(np.square(picture(Path(path)) - truth).mean())

    assert error(out / "fused.png") < 0.2 * min(map(error, pair))


def test_that_a_report_holds_everything_promised(pair: list[str], out: Path) -> None:
    report_path = out / "report.json"
    arguments = ["fuse", *pair, "-o", str(out / "fused.png"), "--report", str(report_path)]
    assert main([*arguments, "-p", "start=average", "-p", "iterations=7"]) == 0
    report = json.loads(report_path.read_text(encoding="utf-8"))
    for key, kind in REPORT_KEYS.items():
        assert isinstance(report[key], kind), key
    assert list(report["seconds"]) == ["load", "align", "map", "fuse", "save", "total"]
    stages = sum(value for name, value in report["seconds"].items() if name != "total")
    assert 0 < stages <= report["seconds"]["total"] + 0.01
    assert (report["width"], report["height"], report["k"]) == (64, 48, 2)
    assert report["method"] == "ms-lap"
    assert report["parameters"]["start"] == "average"
    assert report["parameters"]["iterations"] == 7
    assert report["device"] == "cpu"
    assert report["objective"] == "box-joint"
    assert 1 <= report["iterations"] <= 7
    assert len(report["q_history"]) == report["iterations"] + 1
    assert report["q"] == report["q_history"][-1] > report["q_history"][0]
    assert report["q_box"] == pytest.approx(report["q"], abs=1e-6)
    assert report["evaluations"] >= report["iterations"]
    assert [entry["path"] for entry in report["sources"]] == pair
    assert len({entry["sha256"] for entry in report["sources"]}) == 2
    assert {"mfgui", "python", "numpy"} <= report["versions"].keys()


def test_that_json_on_standard_output_is_the_report(
    pair: list[str], out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["fuse", *pair, "-o", str(out / "fused.png"), "--json"]
    assert main([*arguments, "--report", str(out / "r.json")]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((out / "r.json").read_text())


@pytest.mark.parametrize("method", ["average", "composite"])
def test_that_methods_without_iterations_report_no_curve(
    method: str, pair: list[str], out: Path
) -> None:
    report_path = out / "r.json"
    fused = out / "fused.png"
    arguments = ["fuse", *pair, "-o", str(fused), "--method", method]
    assert main([*arguments, "--report", str(report_path)]) == 0
    report = json.loads(report_path.read_text())
    assert (report["iterations"], report["evaluations"], report["q_history"]) == (0, 0, [])
    assert report["objective"] is None
    assert report["q"] is None
    assert fused.exists()


def test_that_a_saved_map_gives_the_same_picture_again(pair: list[str], out: Path) -> None:
    first, second, labels = out / "1.png", out / "2.png", out / "map.png"
    assert main(["fuse", *pair, "-o", str(first), "--save-map", str(labels)]) == 0
    assert names(out) == ["1.png", "map.json", "map.png", "map_preview.png"]
    assert set(np.unique(picture(labels))) <= {1, 2}
    assert main(["fuse", *pair, "-o", str(second), "--map", str(labels)]) == 0
    np.testing.assert_array_equal(picture(first), picture(second))


def test_that_a_black_and_white_map_means_white_is_source_one(
    pair: list[str], out: Path, tmp_path: Path
) -> None:
    mask = np.zeros((48, 64), np.uint8)
    mask[:, :20] = 255
    given = tmp_path / "mask.png"
    given.write_bytes(cv2.imencode(".png", mask)[1].tobytes())
    fused = out / "fused.png"
    arguments = ["fuse", *pair, "-o", str(fused), "--map", str(given), "--method", "composite"]
    assert main(arguments) == 0
    expected = np.where(mask[..., None] == 255, picture(Path(pair[0])), picture(Path(pair[1])))
    np.testing.assert_array_equal(picture(fused), expected)


def test_that_unassigned_pixels_are_filled_and_this_is_said(
    pair: list[str], out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = np.full((48, 64), 2, np.uint8)
    labels[:, :32] = 0
    given = tmp_path / "mask.png"
    given.write_bytes(cv2.imencode(".png", labels)[1].tobytes())
    arguments = ["fuse", *pair, "-o", str(out / "f.png"), "--map", str(given)]
    assert main([*arguments, "--save-map", str(out / "m.png")]) == 0
    assert "mfgui: note: 50.0 % of the map was unassigned" in capsys.readouterr().err
    assert (picture(out / "m.png") > 0).all()


def test_that_the_detector_is_chosen_by_a_parameter(pair: list[str], out: Path) -> None:
    arguments = ["fuse", *pair, "-o", str(out / "f.png"), "-p", "detector=variance"]
    assert main([*arguments, "--save-map", str(out / "m.png")]) == 0
    assert main(["map", *pair, "-o", str(out / "v.png"), "--method", "variance"]) == 0
    assert json.loads((out / "m.json").read_text()) != {}
    assert picture(out / "m.png").shape == (48, 64)


def test_that_a_parameter_of_the_detector_reaches_it(out: Path) -> None:
    pair = [str(out / name) for name in ("a.png", "b.png")]
    for seed, path in enumerate(pair):
        noise = np.random.default_rng(seed).integers(0, 256, (48, 64, 3), np.uint8)
        Path(path).write_bytes(cv2.imencode(".png", noise)[1].tobytes())
    arguments = ["fuse", *pair, "-o", str(out / "f.png"), "-p", "clean=0.05"]
    assert main([*arguments, "--save-map", str(out / "m.png")]) == 0
    assert main(["map", *pair, "-o", str(out / "d.png"), "-p", "clean=0.05"]) == 0
    assert np.array_equal(picture(out / "m.png"), picture(out / "d.png"))
    assert main(["map", *pair, "-o", str(out / "raw.png")]) == 0
    assert not np.array_equal(picture(out / "m.png"), picture(out / "raw.png"))


def test_that_a_start_image_is_read_and_used(pair: list[str], out: Path) -> None:
    first = out / "first.png"
    assert main(["fuse", *pair, "-o", str(first)]) == 0
    report = out / "r.json"
    arguments = ["fuse", *pair, "-o", str(out / "f.png"), "-p", f"start={first}"]
    assert main([*arguments, "-p", "iterations=3", "--report", str(report)]) == 0
    history = json.loads(report.read_text())["q_history"]
    assert main(["fuse", *pair, "-o", str(out / "c.png"), "--report", str(report)]) == 0
    assert history[0] > json.loads(report.read_text())["q_history"][0]


def test_that_map_writes_labels_and_their_shares(
    pair: list[str], out: Path, tiny_pair: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["map", *pair, "-o", str(out / "map.png"), "-p", "window=5", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    labels = picture(out / "map.png")
    assert (labels == tiny_pair.labels).mean() > 0.95
    assert report["shares"] == pytest.approx([(labels == 1).mean(), (labels == 2).mean()])
    assert report["parameters"]["window"] == 5
    assert names(out) == ["map.json", "map.png", "map_preview.png"]
    assert main(["map", *pair, "-o", str(out / "map.png")]) == 0
    assert "source 1 " in capsys.readouterr().out


def test_that_a_folder_stands_for_its_images(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stack = out / "stack"
    stack.mkdir()
    for name in ("1.png", "2.png", "3.png"):
        shutil.copy(resources.path(f"samples/stack/{name}"), stack)
    fused = out / "fused.png"
    assert main(["fuse", str(stack), "-o", str(fused), "-p", "iterations=2"]) == 0
    assert "600 x 400, 3 sources" in capsys.readouterr().out


def test_that_demo_writes_image_map_and_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "demo"
    assert main(["demo", "--headless", "--out", str(folder)]) == 0
    assert capsys.readouterr().err == ""
    assert {"fused.png", "map.png", "report.json"} <= set(names(folder))
    report = json.loads((folder / "report.json").read_text())
    assert report["q"] > 0.9
    truth = picture(resources.path("samples/pair/truth.png")).astype(float)

    def error(path: Path) -> float:
        return float(np.square(picture(path) - truth).mean())

    sources = [resources.path(f"samples/pair/{k}.png") for k in (1, 2)]
    assert error(folder / "fused.png") < 0.5 * min(map(error, sources))
    labels = picture(resources.path("samples/pair/labels.png"))
    assert (picture(folder / "map.png") == labels).mean() > 0.85


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-p", "iterations=0"], 2, "iterations=0: not allowed; use a whole number"),
        (["-p", "speed=3"], 2, "ms-lap has no parameter speed"),
        (["-p", "window=4"], 2, "window=4"),
        (["-p", "window=101"], 2, "101"),
        (["-p", "start=none.png"], 2, "start=none.png"),
        (["-p", "detector=magic"], 2, "unknown method magic; choose from: laplacian, variance"),
        (["-p", "variant=paper", "-p", "variant=ours"], 2, "variant is given twice"),
        (["--method", "magic"], 2, "unknown method magic; choose from: photo, stack"),
        (["--method", "laplacian"], 2, "unknown method laplacian"),
        (["--method", "average", "--save-map", "m.png"], 2, "average uses no map"),
        (["--save-map", "m.jpg"], 2, "m.jpg: a focus map is written as PNG"),
        (["--save-map", "fused.png"], 2, "two outputs have the same name"),
        (["--save-map", "fused.png/m.png"], 5, "fused.png/m.png"),
        (["--save-map", "r.png", "--report", "r.json"], 2, "two outputs have the same name"),
        (["--report", "none/r.json"], 5, "none/r.json: the folder does not exist"),
        (["--map", "none.png"], 3, "none.png"),
        (["--map", "left.png"], 3, "left.png"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_that_wrong_values_are_one_line_and_what_was_there_stays(
    arguments: list[str],
    code: int,
    words: str,
    pair: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fused.png").write_bytes(b"earlier")
    before = names(tmp_path)
    assert main(["fuse", *pair, "-o", "fused.png", *arguments]) == code
    shown = capsys.readouterr()
    assert words in one_line(shown.err)
    assert shown.out == ""
    assert Path("fused.png").read_bytes() == b"earlier"
    assert names(tmp_path) == before


def test_that_outputs_are_checked_before_anything_is_read(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["fuse", "none1.png", "none2.png", "-o", str(out / "no" / "f.png")]
    assert main(arguments) == 5
    assert "the folder does not exist" in one_line(capsys.readouterr().err)
    assert main(["fuse", "none1.png", "none2.png", "-o", str(out / "f.xyz")]) == 2
    assert ".xyz" in one_line(capsys.readouterr().err)


def test_that_an_output_equal_to_an_input_is_refused(
    pair: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path(pair[0]).read_bytes()
    assert main(["fuse", *pair, "-o", pair[0]]) == 2
    assert "the output is the input" in one_line(capsys.readouterr().err)
    assert Path(pair[0]).read_bytes() == before


def test_that_a_further_output_that_fails_names_the_one_that_was_written(
    pair: list[str],
    out: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(path: Path, content: object) -> None:
        raise OutputError("the disk is full", path=path, hint="free some space")

    monkeypatch.setattr(headless.reports, "write_json", full)
    fused, report = out / "f.png", out / "r.json"
    assert main(["fuse", *pair, "-o", str(fused), "--report", str(report)]) == 5
    line = one_line(capsys.readouterr().err)
    assert f"{report}: the disk is full; free some space; {fused} was written" in line
    assert names(out) == ["f.png"]


def test_that_a_method_that_breaks_is_one_line_with_its_traceback_in_the_log(
    pair: list[str],
    out: Path,
    own_folders: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError("inner trouble")

    known = registry.load()
    changed = dataclasses.replace(known.get("average"), function=broken)
    methods = registry.Registry({**known.methods, "average": changed})
    monkeypatch.setattr(headless.registry, "load", lambda: methods)
    assert main(["fuse", *pair, "-o", str(out / "f.png"), "--method", "average"]) == 1
    assert "average failed unexpectedly: ZeroDivisionError" in one_line(capsys.readouterr().err)
    assert "inner trouble" in (own_folders / "mfgui.log").read_text()
    assert names(out) == []


class Terminal:
    """A run of the program whose standard error is a terminal."""

    def __init__(self, arguments: list[str]) -> None:
        self._reader, writer = os.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mfgui", *arguments],
            stdout=subprocess.PIPE,
            stderr=writer,
            text=True,
        )
        os.close(writer)
        self.shown = ""

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + 60
        while words not in self.shown:
            part = self._read() if time.monotonic() < deadline else ""
            if not part:
                self.process.kill()
            assert part, f"{words!r} never came: {self.shown[-200:]!r}"

    def finish(self) -> tuple[int, str]:
        """Exit code and standard output."""
        while self._read():
            pass
        output, _ = self.process.communicate(timeout=60)
        os.close(self._reader)
        return self.process.returncode, output

    def last_lines(self) -> list[str]:
        """What a person sees in the end: after the last carriage return of each line."""
        lines = [line.rstrip("\r").split("\r")[-1] for line in self.shown.split("\n")]
        return [line for line in lines if line.strip()]

    def _read(self) -> str:
        if not select.select([self._reader], [], [], 60)[0]:
            return ""
        try:
            part = os.read(self._reader, 4096).decode()
        except OSError:  # Linux: the other end is closed
            return ""
        self.shown += part
        return part


posix = pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo terminal")


@posix
def test_that_ctrl_c_keeps_the_best_image_so_far(out: Path) -> None:
    sources = [str(resources.path(f"samples/pair/{k}.png")) for k in (1, 2)]
    fused, report_path = out / "f.png", out / "r.json"
    arguments = ["fuse", *sources, "-o", str(fused), "--report", str(report_path)]
    terminal = Terminal([*arguments, "-p", "variant=paper", "-p", "iterations=100000"])
    terminal.wait_for(" left")
    terminal.process.send_signal(signal.SIGINT)
    code, output = terminal.finish()
    assert code == 130
    assert terminal.last_lines() == [f"mfgui: interrupted; the best image so far is in {fused}"]
    assert output.startswith(f"{fused}: 600 x 400")
    report = json.loads(report_path.read_text())
    assert report["state"] == "stopped"
    assert len(report["q_history"]) == report["iterations"] + 1
    assert report["q"] == max(report["q_history"])
    assert picture(fused).shape == (400, 600, 3)
    assert names(out) == ["f.png", "r.json"]


@posix
def test_that_a_terminal_shows_progress_and_is_left_clean(pair: list[str], out: Path) -> None:
    terminal = Terminal(["fuse", *pair, "-o", str(out / "f.png"), "-p", "iterations=9"])
    code, output = terminal.finish()
    assert code == 0
    assert "iteration 0/9  Q 0." in terminal.shown
    assert terminal.last_lines() == []
    assert output.count("\n") == 1


def test_that_an_interrupt_before_there_is_an_image_writes_nothing(
    pair: list[str],
    out: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_paths: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(headless.images, "open_set", interrupted)
    before = signal.getsignal(signal.SIGINT)
    assert main(["fuse", *pair, "-o", str(out / "f.png")]) == 130
    assert one_line(capsys.readouterr().err) == "mfgui: interrupted; nothing was written"
    assert names(out) == []
    assert signal.getsignal(signal.SIGINT) is before


def test_that_the_program_runs_as_a_process(pair: list[str], out: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "mfgui", "fuse", *pair, "-o", str(out / "f.png")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (out / "f.png").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names are bytes on Linux only")
def test_that_file_names_that_are_no_text_work(
    pair: list[str], out: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    odd = [out / os.fsdecode(b"\xff%d.png" % number) for number in (1, 2)]
    for path, source in zip(odd, pair, strict=True):
        shutil.copy(source, path)
    fused = out / os.fsdecode(b"\xfe.png")
    arguments = ["fuse", *map(str, odd), "-o", str(fused), "--report", str(out / "r.json")]
    assert main([*arguments, "--save-map", str(out / "m.png"), "--json"]) == 0
    shown = capfd.readouterr()
    assert shown.err == ""
    assert json.loads(shown.out)["sources"][0]["path"] == str(odd[0])
    report = json.loads((out / "r.json").read_text(encoding="utf-8"))
    assert report["sources"][1]["path"] == str(odd[1])
    assert main(["fuse", str(odd[0]), str(out / os.fsdecode(b"\xfd.png")), "-o", str(fused)]) == 3
    assert capfd.readouterr().err.startswith("mfgui: ")


def test_that_compiling_after_installation_is_noted_once(
    pair: list[str],
    out: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MFGUI_CACHE", str(tmp_path / "cold"))
    note = "mfgui: note: compiling the solver, once after installation\n"
    for method, said in (("average", ""), ("ms-lap", note), ("ms-lap", "")):
        assert main(["fuse", *pair, "-o", str(out / "fused.png"), "--method", method]) == 0
        assert capsys.readouterr().err == said
