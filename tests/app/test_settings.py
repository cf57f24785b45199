from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mfgui.app.settings import RECENT_SETS, Settings, SettingsFile


def test_that_values_survive_a_restart(own_folders: Path) -> None:
    SettingsFile().change(theme="dark", overlay_strength=70)
    again = SettingsFile().values
    assert (again.theme, again.overlay_strength) == ("dark", 70)


def test_that_the_columns_of_the_table_are_remembered_even_when_there_are_none(
    own_folders: Path,
) -> None:
    assert SettingsFile().values.metrics == ("local_q", "psnr", "rmse", "map_agreement")
    for names in (("q-cb", "nmi@pooled"), ()):
        SettingsFile().change(metrics=names)
        assert SettingsFile().values.metrics == names


def test_that_recent_sets_are_newest_first_without_doubles_and_bounded() -> None:
    settings = Settings()
    for number in range(RECENT_SETS + 5):
        settings = settings.with_recent((f"{number}.png",))
    settings = settings.with_recent(("10.png",))
    assert settings.recent[0] == ("10.png",)
    assert len(settings.recent) == RECENT_SETS
    assert len(set(settings.recent)) == RECENT_SETS


def test_that_a_damaged_file_gives_the_defaults_and_is_set_aside(own_folders: Path) -> None:
    own_folders.mkdir()
    (own_folders / "settings.json").write_text("{ half a file")
    assert SettingsFile().values == Settings()
    assert (own_folders / "settings.damaged.json").read_text() == "{ half a file"


def test_that_values_of_the_wrong_kind_or_range_are_refused(own_folders: Path) -> None:
    own_folders.mkdir()
    path = own_folders / "settings.json"
    for text in ('{"theme": 5}', '{"theme": "pink"}', '{"overlay_strength": 400}', "[1]", "null"):
        path.write_text(text)
        assert SettingsFile().values == Settings()


def test_that_unknown_values_of_a_newer_version_are_left_out(own_folders: Path) -> None:
    own_folders.mkdir()
    (own_folders / "settings.json").write_text('{"theme": "light", "hologram": true}')
    assert SettingsFile().values.theme == "light"


def test_that_a_folder_that_cannot_be_written_does_not_stop_the_work(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("not a folder")
    settings = SettingsFile(blocker)
    settings.change(theme="dark")
    assert settings.values.theme == "dark"
    assert blocker.read_text() == "not a folder"


def test_that_saving_can_be_left_to_another_thread_and_writes_the_newest(
    own_folders: Path,
) -> None:
    settings = SettingsFile()
    waiting: list[Callable[[], None]] = []
    settings.saver = waiting.append
    settings.change(overlay_strength=10)
    settings.change(overlay_strength=20)
    settings.change(overlay_strength=20)
    assert settings.values.overlay_strength == 20
    assert not (own_folders / "settings.json").exists()
    assert len(waiting) == 2
    waiting[1]()
    waiting[0]()
    assert SettingsFile().values.overlay_strength == 20
