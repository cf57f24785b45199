"""Which compute devices the window knows, and which one its runs use."""

from __future__ import annotations

from mfgui.app import devices
from mfgui.app.desk import Desk
from mfgui.app.devices import AUTO, Device
from mfgui.app.diagnostics import ask_python
from mfgui.core.errors import UsageError
from mfgui.core.events import DevicesChanged, Severity
from mfgui.jobs.pool import Report


class DeviceControl:
    """The device that runs use: the one chosen, or the best one there is.

    Only the processor is known until `look` has looked for others, in another process: torch
    takes more than a second to load and would keep the interface waiting.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.known: tuple[Device, ...] = (devices.processor(),)

    @property
    def choice(self) -> str:
        """The id of the device that was chosen, or "auto"."""
        remembered = self._desk.settings.values.device
        return remembered if remembered in self._usable() else AUTO

    @property
    def current(self) -> str:
        """The id of the device that the next run uses."""
        return devices.chosen(self.choice, look=lambda: self.known).id

    @property
    def best(self) -> str:
        """The id of the device that "auto" means."""
        return devices.chosen(AUTO, look=lambda: self.known).id

    def choose(self, name: str) -> None:
        """Use this device, or with "auto" the best one, from here on."""
        if name != AUTO and name not in self._usable():
            raise UsageError(f"there is no device {name}")
        self._desk.settings.change(device=name)
        self._desk.notifier.emit(DevicesChanged())

    def look(self) -> None:
        """Find graphics processors where the system shows signs of one."""
        if not devices.may_have_graphics():
            self._on_devices_listed([devices.processor()])
            return
        failed = self._desk.failing("the processor is used")
        self._desk.submit(_ask, done=self._on_devices_listed, failed=failed)

    def _usable(self) -> list[str]:
        return [device.id for device in self.known if device.usable]

    def _on_devices_listed(self, found: object) -> None:
        assert isinstance(found, list)
        self.known = tuple(found)
        remembered = self._desk.settings.values.device
        if remembered != self.choice:
            self._desk.settings.change(device=AUTO)
            reasons = [device.reason for device in self.known if device.id == remembered]
            what = f"the device {remembered} is not there any more"
            if reasons:
                what = f"the device {remembered} cannot be used: {reasons[0]}"
            kept = f"runs use the device {self.current}; see Run > Device"
            self._desk.notice(Severity.WARNING, what, kept)
        self._desk.notifier.emit(DevicesChanged())


def _ask(_report: Report) -> list[Device]:
    """What ``mfgui devices`` says; the processor alone when it says nothing of use."""
    answer = ask_python("-m", "mfgui", "devices", "--json")
    try:
        return devices.parsed(answer.output)
    except ValueError:
        return [devices.processor()]
