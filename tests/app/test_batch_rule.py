"""Rule files of batches: what is read, what is written, and one line for everything wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfgui.app import batch_rule
from mfgui.app.batch_rule import Rule
from mfgui.core.errors import InputError, MfguiError, UsageError

GOOD = """
methods = ["photo"]
[input]
folder = "card"
[output]
folder = "out"
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "rule.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_that_defaults_fill_a_short_rule_and_paths_are_meant_from_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, GOOD)
    monkeypatch.chdir("/")
    rule = batch_rule.load(path)
    assert rule == Rule(folder=str(tmp_path / "card"), output=str(tmp_path / "out"))
    monkeypatch.setenv("HOME", "/home/someone")
    text = GOOD.replace('"card"', '"../other"').replace('"out"', '"~/out"')
    rule = batch_rule.load(written(tmp_path, text))
    assert (rule.folder, rule.output) == (str(tmp_path.parent / "other"), "/home/someone/out")


def test_that_every_key_is_read(tmp_path: Path) -> None:
    rule = batch_rule.load(
        written(
            tmp_path,
            """
            preset = "objective"
            methods = ["gff", "soft=ms-lap:iterations=20;tolerance=0"]
            device = "cuda:1"
            parallel = 3
            align = "affine"
            exposure = "white-balance"
            crop = "reference"
            memory = 6
            [input]
            folder = "/card"
            rule = "pattern"
            pattern = "{set}/{source}.jpg"
            list = "/sets.txt"
            [output]
            folder = "/out"
            name = "{name}-{method}"
            format = "webp"
            depth = 8
            space = "prophoto"
            drop_location = true
            depth_map = true
            confidence = false
            layers = true
            existing = "refuse"
            """,
        )
    )
    assert rule == Rule(
        "/card",
        "pattern",
        "{set}/{source}.jpg",
        "/sets.txt",
        "objective",
        ("gff", "soft=ms-lap:iterations=20;tolerance=0"),
        "/out",
        "{name}-{method}",
        "webp",
        "8",
        "refuse",
        "affine",
        "white-balance",
        "reference",
        "cuda:1",
        3,
        6.0,
        "prophoto",
        True,
        True,
        False,
        True,
    )
    batch_rule.save(rule, tmp_path / "again.toml")
    assert batch_rule.load(tmp_path / "again.toml") == rule


def test_that_a_preset_only_sets_defaults(tmp_path: Path) -> None:
    base = '[input]\nfolder="/a"\n[output]\nfolder="/b"\n'
    preset = batch_rule.load(written(tmp_path, 'preset = "objective"\n' + base))
    assert (preset.methods, preset.format) == (("ms-lap",), "png")
    own = batch_rule.load(written(tmp_path, f'preset = "objective"\n{base}format = "jpg"\n'))
    assert (own.methods, own.format) == (("ms-lap",), "jpg")


LINE = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=30).map(
    str.strip
)


@settings(max_examples=25)
@given(
    methods=st.lists(LINE.filter(bool), min_size=1, max_size=3),
    name=LINE.filter(bool),
    folder=LINE.filter(lambda text: not {"/", "."} & set(text)),
    parallel=st.integers(1, 64),
)
def test_that_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory,
    methods: list[str],
    name: str,
    folder: str,
    parallel: int,
) -> None:
    rule = Rule(
        folder=f"/data/{folder}".rstrip("/"),
        methods=tuple(methods),
        output="/out",
        name=name,
        parallel=parallel,
    )
    path = tmp_path_factory.mktemp("rules") / "rule.toml"
    batch_rule.save(rule, path, head="# by a test\n")
    assert batch_rule.load(path) == rule


@given(text=LINE)
def test_that_any_text_is_written_as_toml_means_it(text: str) -> None:
    found = tomllib.loads(batch_rule.as_text(Rule(methods=(text,), name="x")))
    assert found["methods"] == [text]


@pytest.mark.parametrize(
    ("change", "what", "hint"),
    [
        (("methods =", "method ="), "unknown key 'method'", "known are: preset, methods, align"),
        (('folder = "card"', 'path = "card"'), "unknown key 'path' in [input]", "known are: fol"),
        (("[output]", "[outputs]"), "unknown key 'outputs'", "the tables input, output"),
        (('["photo"]', '"photo"'), "methods is a text", 'such as ["photo", "gff"]'),
        (('["photo"]', '["photo", 3]'), "methods is a list of other things", "a list of texts"),
        (('["photo"]', "[]"), "the key methods is empty", "at least one"),
        (('["photo"]', '["a"' + ', "a"' * 100 + "]"), "methods has 101 entries", "at most 100"),
        (('"card"', "4"), "input.folder is a number", "a text in quotes"),
        (('"card"', "2026-01-01"), "input.folder is a date or time", "a text in quotes"),
        (('"card"', '"a\\u0000b"'), "input.folder is no text of one line", "at most"),
        (('folder = "card"', 'rule = "folders"'), "the key input.folder is missing", "name the"),
        (('folder = "card"', 'folder = "a"\nrule = "pattern"'), "input.pattern is missing", "{set"),
        (('folder = "card"', 'rule = "list"'), "the key input.list is missing", "a set a line"),
        (
            ('folder = "card"', 'rule = "dir"'),
            "input.rule is 'dir'",
            "folders, time, pattern, list",
        ),
        (('folder = "card"', "rule = true"), "input.rule is true or false", "one of: folders"),
        (('folder = "out"', ""), "the key output.folder is missing", "name a folder"),
        (('folder = "out"', 'folder = "o"\nname = ""'), "the key output.name is empty", "{name}"),
        (('folder = "out"', 'format = "gif"'), "output.format is 'gif'", "tif, png, jpg"),
        (('folder = "out"', 'existing = "ask"'), "output.existing is 'ask'", "skip, number, rep"),
        (("methods", "parallel = 0\nmethods"), "parallel is 0", "from 1 to 64"),
        (("methods", "parallel = 1.5\nmethods"), "parallel is a number", "from 1 to 64"),
        (("methods", "parallel = true\nmethods"), "parallel is true or false", "from 1 to 64"),
        (("methods", "memory = 0\nmethods"), "memory is 0", "gigabytes above 0"),
        (("methods", "memory = nan\nmethods"), "memory is nan", "gigabytes above 0"),
        (("methods", 'memory = "8 GB"\nmethods'), "memory is a text", "gigabytes above 0"),
        (("methods", 'align = "yes"\nmethods'), "align is 'yes'", "off, auto, translation"),
        (("methods", "align = true\nmethods"), "align is true or false", "one of: off, auto"),
        (("methods", 'exposure = ""\nmethods'), "exposure is ''", "off, auto, gain"),
        (("methods", 'crop = "all"\nmethods'), "crop is 'all'", "common, reference"),
        (('folder = "out"', 'folder = "o"\ndepth = 12'), "output.depth is '12'", "8, 16"),
        (('folder = "out"', 'folder = "o"\nspace = "cmyk"'), "output.space is 'cmyk'", "srgb, dis"),
        (('folder = "out"', 'folder = "o"\nlayers = 1'), "output.layers is a number", "true or"),
        (('folder = "out"', 'folder = "o"\nlayers = "l.tif"'), "output.layers is a text", "true"),
        (("methods", 'device = "gpu"\nmethods'), "device is 'gpu'", "auto, cpu, cuda"),
        (("methods", 'preset = "best"\nmethods'), "preset is 'best'", "photo, objective"),
        (("[input]\n", "input = 3\n[x]\n"), "input is a number", "[input]"),
    ],
)
def test_that_wrong_content_is_one_line_with_the_key_and_what_is_allowed(
    tmp_path: Path, change: tuple[str, str], what: str, hint: str
) -> None:
    path = written(tmp_path, GOOD.replace(*change))
    with pytest.raises(UsageError) as caught:
        batch_rule.load(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert what in line
    assert hint in caught.value.hint
    assert "\n" not in line


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"methods = [", "is no TOML"),
        (b"\xff\xfe\x00", "is no TOML"),
        (b"a = " + b"[" * 100_000, "is no TOML"),
        (b"# " + b"x" * (1 << 20), "is too large"),
        (b"", "the file is empty"),
    ],
)
def test_that_files_that_are_no_rules_are_one_line(tmp_path: Path, data: bytes, what: str) -> None:
    with pytest.raises(InputError, match=what) as caught:
        batch_rule.load(written(tmp_path, data))
    assert "\n" not in str(caught.value)


def test_that_a_missing_file_and_a_folder_are_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(MfguiError) as caught:
            batch_rule.load(path)
        assert str(path) in str(caught.value)
