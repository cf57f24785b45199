"""What people and programs wrote about a picture, XMP and IPTC, on its way to an output."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from mfgui.core.arrays import Size
from mfgui.files import iptc, xmp


@dataclass(frozen=True)
class Descriptions:
    """A packet of XMP and a block of IPTC; None for what there is not."""

    xmp: bytes | None = None
    iptc: bytes | None = None


def without_place(given: Descriptions) -> Descriptions:
    """The same without where the picture was taken.

    What is broken stays as it is: `cleaned` leaves all of it out, and tells.
    """
    packet, block = given.xmp, given.iptc
    with suppress(xmp.BrokenPacket):
        packet = None if packet is None else xmp.without_place(packet)
    with suppress(iptc.BrokenBlock):
        block = None if block is None else iptc.without_place(block)
    return Descriptions(packet, block)


def cleaned(
    given: Descriptions, *, size: Size, software: str, srgb: bool | None
) -> tuple[Descriptions, tuple[str, ...]]:
    """Descriptions for an output, see `xmp.cleaned`, and what was left out because it is broken."""
    packet, block, lost = given.xmp, given.iptc, []
    try:
        if packet is not None:
            packet = xmp.cleaned(packet, size=size, software=software, srgb=srgb)
    except xmp.BrokenPacket as error:
        packet = None
        lost.append(f"XMP left out: {error}")
    try:
        block = None if block is None else iptc.cleaned(block)
    except iptc.BrokenBlock as error:
        block = None
        lost.append(f"IPTC left out: {error}")
    return Descriptions(packet, block), tuple(lost)
