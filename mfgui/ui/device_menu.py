"""The menu of compute devices: one entry each, and one for the best there is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from mfgui.app.devices import AUTO, Device


class DeviceMenu(QMenu):
    """Chooses where runs compute; `chosen` carries the id of a device or "auto"."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Device", parent)
        self.setToolTipsVisible(True)
        self._group = QActionGroup(self)
        self._group.triggered.connect(lambda action: self.chosen.emit(action.data()))

    def show_devices(self, devices: Sequence[Device], *, choice: str, best: str) -> None:
        """List these devices with `choice` marked; `best` is what "auto" means."""
        for action in self._group.actions():
            self._group.removeAction(action)
            action.deleteLater()
        self.clear()
        automatic = self._add(AUTO, f"Automatic ({best})")
        automatic.setToolTip("The first graphics processor that can be used, else the processor")
        self.addSeparator()
        for device in devices:
            action = self._add(device.id, f"{device.id} – {device.name}")
            action.setEnabled(device.usable)
            action.setToolTip(_facts(device))
        for action in self._group.actions():
            action.setChecked(action.data() == choice)

    def _add(self, name: str, words: str) -> QAction:
        action = self.addAction(words.replace("&", "&&"))
        action.setData(name)
        action.setCheckable(True)
        self._group.addAction(action)
        return action


def _facts(device: Device) -> str:
    parts = [device.name]
    if device.cores is not None:
        parts.append(f"{device.cores} core{'' if device.cores == 1 else 's'}")
    if device.memory_bytes is not None:
        parts.append(f"{device.memory_bytes / (1 << 30):.1f} GiB of memory")
    if not device.usable:
        parts.append(f"cannot be used: {device.reason}")
    return ", ".join(parts)
