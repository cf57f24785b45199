"""Results that come and go as steps of the history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mfgui.core.result import Result


@dataclass(eq=False)
class ResultStep:
    """A result that was added or deleted; each undo and redo does the other.

    Attributes
    ----------
    result : Result or None
        What is to be put back; None while the session has it.
        Its memory counts as that of the history.
    put, take : callable
        Add a result to the session, and take out the one it has.
    """

    name: str
    put: Callable[[Result], None] = field(repr=False)
    take: Callable[[], Result | None] = field(repr=False)
    result: Result | None = field(default=None, repr=False)

    @property
    def nbytes(self) -> int:
        if self.result is None:
            return 0
        images = (self.result.image, self.result.start, self.result.best)
        return sum({id(image): int(image.nbytes) for image in images}.values())

    def undo(self) -> None:
        self._change()

    def redo(self) -> None:
        self._change()

    def pack(self) -> None:
        """Images of floats do not become smaller."""

    def _change(self) -> None:
        result, self.result = self.result, None
        if result is None:
            self.result = self.take()
        else:
            self.put(result)
