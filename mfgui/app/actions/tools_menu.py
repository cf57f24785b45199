"""Commands of the Tools menu."""

from __future__ import annotations

from mfgui.app.actions.command import Command

TOOLS_COMMANDS: tuple[Command, ...] = ()
