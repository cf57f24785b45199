"""Geometry of focus stacks: where every frame shows what the reference frame shows."""

from mfgui.methods.align.proxies import Proxy, proxy_of
from mfgui.methods.align.repairs import (
    excluded,
    included,
    recropped,
    repaired,
    reused,
    with_reference,
)
from mfgui.methods.align.stacks import AlignModel, CropRule, align_frames, align_proxies

__all__ = [
    "AlignModel",
    "CropRule",
    "Proxy",
    "align_frames",
    "align_proxies",
    "excluded",
    "included",
    "proxy_of",
    "recropped",
    "repaired",
    "reused",
    "with_reference",
]
