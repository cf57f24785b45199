"""Descriptions in segments of JPEG files: XMP (ISO 16684-3), also in several, and IPTC."""

from __future__ import annotations

import struct

from mfgui.files import iptc, xmp

SEGMENT_BYTES = 65533
"""What a segment of a JPEG file holds at most."""

_PACKET = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_DIGEST = 32
_EXTENSION_HEAD = len(_EXTENSION) + _DIGEST + 8
_Segments = tuple[list[bytes], tuple[str, ...]]


class Gatherer:
    """Puts descriptions together from the segments APP1 and APP13 of one file, in any order."""

    def __init__(self) -> None:
        self._packet: bytes | None = None
        self._extensions: dict[bytes, dict[int, bytes]] = {}
        self._resources = b""

    def take(self, data: bytes) -> None:
        """Look at the payload of a segment."""
        if data.startswith(_PACKET):
            self._packet = self._packet or data[len(_PACKET) :]
        elif data.startswith(_EXTENSION) and len(data) > _EXTENSION_HEAD:
            digest = data[len(_EXTENSION) : len(_EXTENSION) + _DIGEST]
            (offset,) = struct.unpack_from(">I", data, _EXTENSION_HEAD - 4)
            self._extensions.setdefault(digest, {})[offset] = data[_EXTENSION_HEAD:]
        elif data.startswith(iptc.PREFIX):
            self._resources += data[len(iptc.PREFIX) :]

    @property
    def iptc(self) -> bytes | None:
        found = iptc.in_resources(self._resources)
        return None if found is None or len(found) > iptc.MAX_BLOCK else found

    @property
    def xmp(self) -> bytes | None:
        """The packet with the extension that it names, where that is whole and not too long."""
        if self._packet is None:
            return None
        for digest, parts in self._extensions.items():
            extension = b"".join(parts[offset] for offset in sorted(parts))
            named = digest in self._packet and xmp.digest_of(extension).encode() == digest
            if named and len(extension) <= xmp.MAX_PACKET:
                try:
                    return xmp.joined(self._packet, extension)
                except xmp.BrokenPacket:
                    return self._packet
        return self._packet


def xmp_segments(packet: bytes | None) -> _Segments:
    """Payloads of APP1 that hold a packet, and what could not be held."""
    if packet is None:
        return [], ()
    room = SEGMENT_BYTES - len(_PACKET)
    if len(packet) <= room:
        return [_PACKET + packet], ()
    try:
        packet, extension = xmp.divided(packet, room=room)
    except xmp.BrokenPacket:
        return [], ("XMP left out, JPEG has no room for it",)
    head = _EXTENSION + xmp.digest_of(extension).encode() + struct.pack(">I", len(extension))
    step = SEGMENT_BYTES - _EXTENSION_HEAD
    parts = [
        head + struct.pack(">I", start) + extension[start : start + step]
        for start in range(0, len(extension), step)
    ]
    return [_PACKET + packet, *parts], ()


def iptc_segments(block: bytes | None) -> _Segments:
    """Payloads of APP13 that hold a block of IPTC, and what could not be held."""
    if block is None:
        return [], ()
    payload = iptc.PREFIX + iptc.as_resources(block)
    if len(payload) > SEGMENT_BYTES:
        return [], ("IPTC left out, JPEG has no room for it",)
    return [payload], ()
