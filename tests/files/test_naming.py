from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfgui.core.errors import OutputError, UsageError
from mfgui.files.naming import FIELDS, check_template, expand, fields_of, free_path, safe_name

IMAGES = [Path("/photos/beetle") / f"IMG_{number}.CR3" for number in (7, 8, 9)]
TAKEN = datetime(2026, 5, 3, 14, 7, 9)


def fields(**changes: object) -> dict[str, object]:
    return {
        **fields_of(
            IMAGES,
            method="photo",
            parameters={"iterations": 60, "tolerance": 1e-6, "variant": "ours", "flag": True},
            number=12,
            taken=TAKEN,
        ),
        **changes,
    }


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{name}_fused.tif", "IMG_7_fused.tif"),
        ("{folder} {first}-{last} ({count})", "beetle IMG_7-IMG_9 (3)"),
        ("{method}_{iterations}_{tolerance}_{variant}_{flag}", "photo_60_1e-06_ours_yes"),
        ("{number:03}.{number}.{number:2}", "012.12.12"),
        ("{date}", "2026-05-03"),
        ("{date:%Y%m%d-%H%M%S}.png", "20260503-140709.png"),
        ("{tolerance:.2f}", "0.00"),
        ("{{{name}}}", "{IMG_7}"),
        ("plain", "plain"),
    ],
)
def test_that_fields_are_put_in(template: str, name: str) -> None:
    assert expand(template, fields()) == name


def test_that_the_documented_fields_are_those_there_are() -> None:
    assert set(fields_of(IMAGES, method="photo")) == set(FIELDS)


def test_that_a_parameter_never_hides_a_field_of_every_template() -> None:
    found = fields_of(IMAGES, method="photo", parameters={"method": "x", "list": [1]})
    assert found["method"] == "photo"
    assert "list" not in found


def test_that_the_set_names_itself_and_today_is_the_date_where_no_other_is_known() -> None:
    found = fields_of(IMAGES, method="photo", name="beetle 3")
    assert expand("{name}", found) == "beetle 3"
    days = {f"{datetime.now():%Y-%m-%d}"}
    assert expand("{date}", found) in days | {f"{datetime.now():%Y-%m-%d}"}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{nme}", "no field {nme} in names of outputs; use count, date, first, flag, folder"),
        ("{}", "no field {} in names"),
        ("{name.__class__}", "no field {name.__class__}"),
        ("{name[0]}", "no field {name[0]}"),
        ("{name!r}", "wrong format of {name}"),
        ("{number:{count}}", "wrong format of {number}"),
        ("{name", "a brace without its partner"),
        ("name}", "a brace without its partner"),
        ("{number:>99999999}", "the format '>99999999' does not suit {number}; for example"),
        ("{name:03}", "the format '03' does not suit {name}; write {name}"),
        ("{date:%s}", "does not suit {date}; for example {date:%Y%m%d}"),
        ("out/{name}", "a name cannot hold a folder: out/{name}; name the folder"),
        ("out\\{name}", "a name cannot hold a folder"),
        (" . ", "makes an empty name"),
        ("", "makes an empty name"),
    ],
)
def test_that_a_wrong_template_is_one_clear_line(template: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)) as caught:
        expand(template, fields())
    assert "\n" not in str(caught.value)


def test_that_templates_are_checked_before_the_work() -> None:
    check_template("{name}_{date:%Y}_{number:04}_{iterations:03}.tif", ["iterations"])
    check_template("{{x}}_{name}")
    with pytest.raises(UsageError, match=r"no field \{iterations\}"):
        check_template("{iterations}")
    with pytest.raises(UsageError, match=r"does not suit \{number\}"):
        check_template("{number:x}")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("con", "con_"),
        ("NUL.tif", "NUL_.tif"),
        ("com1.a.b", "com1_.a.b"),
        ("LPT¹", "LPT¹_"),
        ("concert", "concert"),
        ('a<b>c:d"e/f\\g|h?i*j', "a_b_c_d_e_f_g_h_i_j"),
        ("../../etc/passwd", "_.._etc_passwd"),
        (".hidden", "hidden"),
        ("name. . ", "name"),
        ("a\x00b\nc", "a_b_c"),
        ("photo\u202egpj.tif", "photo_gpj.tif"),
        ("e\u0301", "\xe9"),
    ],
)
def test_that_names_are_safe(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_that_long_names_keep_their_suffix() -> None:
    for letter in "aä漢🐞":
        name = safe_name(letter * 300 + ".tiff")
        assert name.endswith(letter + ".tiff")
        assert 190 <= len(name.encode()) <= 200


@given(st.text(max_size=300))
def test_that_any_value_makes_a_name_the_systems_take(text: str) -> None:
    name = expand("{name}x", fields(name=text))
    assert name == safe_name(name)
    assert len(name.encode()) <= 255
    assert Path(name).name == PureWindowsPath(name).name == name
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', name)
    assert not os.path.isreserved(name) if hasattr(os.path, "isreserved") else True


def test_that_taken_names_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    assert free_path(path) == path
    path.touch()
    (tmp_path / "a-2.tif").symlink_to(tmp_path / "nowhere")
    assert free_path(path).name == "a-3.tif"
    assert free_path(path, taken=[tmp_path / "A-3.TIF"]).name == "a-4.tif"


def test_that_the_policy_decides_about_taken_names(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.touch()
    assert free_path(path, policy="replace") == path
    with pytest.raises(OutputError, match=r"a\.tif: exists already; choose another name"):
        free_path(path, policy="refuse")
    # Two outputs of one batch never take the same name.
    assert free_path(path, policy="replace", taken=[path]).name == "a-2.tif"
