"""The error of a metric that has no value for the pictures it was given."""

from __future__ import annotations

from mfgui.core.errors import MfguiError


class Undefined(MfguiError):
    """The metric is 0 / 0 here, or needs more pixels than there are; says which and why."""
