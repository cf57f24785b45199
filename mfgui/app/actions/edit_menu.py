"""Commands of the Edit menu."""

from __future__ import annotations

from mfgui.app.actions.command import Command

EDIT_COMMANDS: tuple[Command, ...] = ()
