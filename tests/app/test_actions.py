from __future__ import annotations

from collections import Counter

import pytest

from mfgui.app.actions import COMMANDS, MENUS, State, command


def test_that_ids_and_shortcuts_are_unique() -> None:
    ids = Counter(entry.id for entry in COMMANDS)
    keys = Counter(key for entry in COMMANDS for key in entry.shortcuts)
    assert max(ids.values()) == 1
    assert max(keys.values()) == 1


def test_that_every_command_has_a_menu_and_a_help_text() -> None:
    for entry in COMMANDS:
        assert entry.menu in MENUS
        assert entry.help


def test_that_bare_keys_act_on_the_canvas_only_and_none_uses_alt() -> None:
    for entry in COMMANDS:
        for key in entry.shortcuts:
            assert "Alt" not in key
            bare = key.removeprefix("Shift+")
            if len(bare) == 1 or bare.startswith("Pg"):
                assert entry.canvas_only, key


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("run", State(), "open images first"),
        ("run", State(has_set=True), ""),
        ("save-map", State(has_set=True), "detect or load"),
        ("export", State(has_set=True), "run a method or detect"),
        ("run-again", State(has_set=True, has_result=True), "select a result"),
        ("run-again", State(has_set=True, has_result=True, result_shown=True), ""),
        ("stop", State(has_set=True), "nothing is running"),
        ("stop", State(has_set=True, running=True), ""),
        ("stop", State(has_set=True, running=True, stopping=True), "already stopping"),
        ("close-set", State(has_set=True, running=True), "in progress"),
        ("pause", State(has_set=True), "nothing is running"),
        ("pause", State(has_set=True, running=True), "not started yet"),
        ("pause", State(has_set=True, running=True, going=True), ""),
        ("pause", State(has_set=True, running=True, held=True), ""),
        ("pause", State(has_set=True, running=True, stopping=True), "already stopping"),
    ],
)
def test_that_a_blocked_command_says_why(name: str, state: State, words: str) -> None:
    reason = command(name).blocked(state)
    assert (words in reason) if words else reason == ""


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State(), "Pause"),
        (State(running=True, going=True), "Pause"),
        (State(running=True, held=True), "Resume"),
        (State(running=True, held=True, going=True), "Pause"),
    ],
)
def test_that_the_pause_command_says_what_it_will_do(state: State, text: str) -> None:
    look = command("pause").look_in
    assert look is not None
    assert look(state)[0] == text
