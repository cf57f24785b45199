"""Descriptions in XMP (ISO 16684-1), such as ratings, keywords and rights: read safely, cleaned
for a picture that was made of the one they come from, and divided where JPEG asks for it.

A packet comes from outside. It is parsed only without a DTD, which alone can name entities, and
within bounds; one that breaks them is refused as a whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mfgui.core.arrays import Size

MAX_PACKET = 8 << 20
"""Bytes of the longest packet that is looked at."""

_MOST_DEEP = 60
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMLNS = "http://www.w3.org/2000/xmlns/"
_NOT_TOLD = (_RDF, _XMLNS, "http://www.w3.org/XML/1998/namespace")
_TIFF, _EXIF = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
_XMP, _DC = "http://ns.adobe.com/xap/1.0/", "http://purl.org/dc/elements/1.1/"
_NOTE, _PHOTOSHOP = "http://ns.adobe.com/xmp/note/", "http://ns.adobe.com/photoshop/1.0/"
_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"

# What another picture than the fused one is spoken of in: its document, the settings it was
# developed with, which developers would apply again, and pictures or maps stored with it.
_FALSE_NAMESPACES = (
    "http://ns.adobe.com/xap/1.0/mm/",
    "http://ns.adobe.com/camera-raw-",
    "http://darktable.sf.net/",
    "http://ns.adobe.com/hdr-gain-map/",
    "http://ns.google.com/photos/1.0/",
    "http://ns.apple.com/",
    "http://www.metadataworkinggroup.com/schemas/regions/",
    "http://ns.microsoft.com/photo/1.2/",
    _NOTE,
)
_FALSE_NAMES = {
    _XMP: {"Thumbnails", "PageInfo"},
    _DC: {"format"},
    _TIFF: {
        "BitsPerSample", "Compression", "PhotometricInterpretation", "SamplesPerPixel",
        "PlanarConfiguration", "YCbCrSubSampling", "YCbCrPositioning", "YCbCrCoefficients",
        "ReferenceBlackWhite", "PrimaryChromaticities", "WhitePoint", "TransferFunction",
        "NativeDigest",
    },
    _EXIF: {"NativeDigest", "ComponentsConfiguration", "CompressedBitsPerPixel"},
    _PHOTOSHOP: {
        "ICCProfile", "ColorMode", "LegacyIPTCDigest", "EmbeddedXMPDigest", "DocumentAncestors",
        "History", "SidecarForExtension", "TextLayers",
    },
}  # fmt: skip
_PLACES = {
    _PHOTOSHOP: {"City", "State", "Country"},
    _CORE: {"Location", "CountryCode"},
    _EXTENSION: {"LocationCreated", "LocationShown"},
    _DC: {"coverage"},
}

_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE = {**_IN_TEXT, ord('"'): "&quot;", ord("\n"): "&#10;", ord("\t"): "&#9;"}

Drops = Callable[[str, str], bool]


class BrokenPacket(ValueError):
    """A packet that is not well-formed, or that must not be read."""


def cleaned(packet: bytes, *, size: Size, software: str, srgb: bool | None = None) -> bytes | None:
    """A packet for an output, in which nothing speaks of another picture any more.

    Parameters
    ----------
    size : Size
        Of the picture that is written, which is upright.
    software : str
        Program and version.
    srgb : bool, optional
        Whether its profile is sRGB; without it what is said about that stays.

    Returns
    -------
    bytes or None
        None where nothing is left to tell.

    Raises
    ------
    BrokenPacket
        If it cannot be read.
    """
    new = {
        (_TIFF, "Orientation"): "1",
        (_TIFF, "ImageWidth"): str(size.width),
        (_TIFF, "ImageLength"): str(size.height),
        (_EXIF, "PixelXDimension"): str(size.width),
        (_EXIF, "PixelYDimension"): str(size.height),
        (_TIFF, "Software"): software,
        (_XMP, "CreatorTool"): software,
    }
    if srgb is not None:
        new[_EXIF, "ColorSpace"] = "1" if srgb else "65535"
    root = _parsed(packet)
    _drop(root, _is_false)
    _renew(root, new)
    return _packet(root) if any(_told(root)) else None


def without_place(packet: bytes) -> bytes:
    """A packet that does not tell where the picture was taken, neither in numbers nor in names.

    Raises
    ------
    BrokenPacket
        If it cannot be read.
    """
    root = _parsed(packet)
    _drop(root, _is_place)
    return _packet(root)


def joined(packet: bytes, extension: bytes) -> bytes:
    """A packet with what did not fit into one segment of a JPEG file.

    Raises
    ------
    BrokenPacket
        If either cannot be read.
    """
    root, more = _parsed(packet), _parsed(extension)
    for description in _elements(more):
        _keep_prefixes(description, more)
        root.appendChild(root.ownerDocument.importNode(description, True))
    _drop(root, lambda space, _: space == _NOTE)
    return _packet(root)


def divided(packet: bytes, *, room: int) -> tuple[bytes, bytes]:
    """A packet as one of at most `room` bytes that names an extension, and that extension.

    The largest properties go first.

    Raises
    ------
    BrokenPacket
        If it cannot be divided so.
    """
    root = _parsed(packet)
    properties = [(part, node) for node in _elements(root) for part in _elements(node)]
    properties.sort(key=lambda found: len(_text(found[0])), reverse=True)
    moved: list[str] = []
    outer = _prefixes(root)
    for part, node in properties:
        subject = node.getAttributeNS(_RDF, "about").translate(_IN_ATTRIBUTE)
        about = f'xmlns:rdf="{_RDF}" rdf:about="{subject}"'
        names = _declared({**outer, **_prefixes(node)})
        moved.append(f"<rdf:Description {about} {names}>{_text(part)}</rdf:Description>")
        node.removeChild(part)
        extension = _wrapped(f'<rdf:RDF xmlns:rdf="{_RDF}">{"".join(moved)}</rdf:RDF>')
        digest = digest_of(extension)
        name = f'xmlns:xmpNote="{_NOTE}" xmpNote:HasExtendedXMP="{digest}"'
        note = f"<rdf:Description {about} {name}/>"
        rest = _packet(root, more=note)
        if len(rest) <= room:
            return rest, extension
    raise BrokenPacket("one of its values is too long")


def digest_of(extension: bytes) -> str:
    """The name by which a packet calls its extension."""
    return hashlib.md5(extension, usedforsecurity=False).hexdigest().upper()


def _parsed(packet: bytes) -> Any:
    """The element rdf:RDF of a packet."""
    from xml.dom.minidom import parseString
    from xml.parsers.expat import ExpatError

    if len(packet) > MAX_PACKET:
        raise BrokenPacket(f"longer than {MAX_PACKET >> 20} MB")
    try:
        text = packet.decode("utf-8-sig").strip("\0 \t\r\n")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise BrokenPacket("it has a document type")
        # As a text: an encoding that the packet names could hide a document type.
        document = parseString(text)
    except (UnicodeDecodeError, ExpatError) as error:
        raise BrokenPacket("it is not well-formed") from error
    _check_depth(document)
    found = document.getElementsByTagNameNS(_RDF, "RDF")
    if not found:
        raise BrokenPacket("it holds no RDF")
    root = found[0]
    above = root.parentNode
    while above is not None and above.nodeType == above.ELEMENT_NODE:
        _keep_prefixes(root, above)
        above = above.parentNode
    return root


def _check_depth(document: Any) -> None:
    """Refuse what nothing sensible holds, before functions call themselves for each level."""
    level = [document]
    for _ in range(_MOST_DEEP):
        level = [child for node in level for child in _elements(node)]
        if not level:
            return
    raise BrokenPacket("it is nested too deeply")


def _elements(node: Any) -> list[Any]:
    return [child for child in node.childNodes if child.nodeType == child.ELEMENT_NODE]


def _told(root: Any) -> Iterator[Any]:
    """Properties, as elements and as attributes."""
    for description in _elements(root):
        yield from _elements(description)
        for attribute in description.attributes.values():
            if attribute.namespaceURI and attribute.namespaceURI not in _NOT_TOLD:
                yield attribute


def _is_false(space: str, name: str) -> bool:
    return space.startswith(_FALSE_NAMESPACES) or name in _FALSE_NAMES.get(space, ())


def _is_place(space: str, name: str) -> bool:
    plain = name.lower()
    numbers = plain.startswith("gps") or plain.endswith(("latitude", "longitude", "longtitude"))
    return numbers or name in _PLACES.get(space, ())


def _drop(node: Any, drops: Drops) -> None:
    """Take elements and attributes of these names out, at any depth."""
    for attribute in list(node.attributes.values()):
        space = attribute.namespaceURI or ""
        if space not in _NOT_TOLD and drops(space, attribute.localName):
            node.removeAttributeNode(attribute)
    for child in _elements(node):
        if drops(child.namespaceURI or "", child.localName):
            node.removeChild(child)
        else:
            _drop(child, drops)


def _renew(node: Any, values: Mapping[tuple[str, str], str]) -> None:
    """Give elements and attributes that are there other values."""
    for attribute in node.attributes.values():
        key = (attribute.namespaceURI or "", attribute.localName or "")
        attribute.value = values.get(key, attribute.value)
    for child in _elements(node):
        value = values.get((child.namespaceURI or "", child.localName))
        if value is None:
            _renew(child, values)
        else:
            child.childNodes[:] = [child.ownerDocument.createTextNode(value)]


def _prefixes(node: Any) -> dict[str, str]:
    """Declarations of namespaces that stand at an element."""
    return {a.name: a.value for a in node.attributes.values() if a.namespaceURI == _XMLNS}


def _keep_prefixes(node: Any, above: Any) -> None:
    """Declare at an element what is declared above it."""
    for name, value in _prefixes(above).items():
        if not node.hasAttribute(name):
            node.setAttributeNS(_XMLNS, name, value)


def _declared(names: Mapping[str, str]) -> str:
    found = {name: value for name, value in names.items() if name != "xmlns:rdf"}
    return " ".join(f'{name}="{value.translate(_IN_ATTRIBUTE)}"' for name, value in found.items())


def _text(node: Any, *, more: str = "") -> str:
    """An element as XML; the library's own writer would lose line breaks in attributes."""
    if node.nodeType in (node.TEXT_NODE, node.CDATA_SECTION_NODE):
        return str(node.data).translate(_IN_TEXT)
    if node.nodeType != node.ELEMENT_NODE:
        return ""
    attributes = "".join(
        f' {a.name}="{a.value.translate(_IN_ATTRIBUTE)}"' for a in node.attributes.values()
    )
    inner = "".join(map(_text, node.childNodes)) + more
    return f"<{node.tagName}{attributes}>{inner}</{node.tagName}>"


def _wrapped(text: str) -> bytes:
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{text}</x:xmpmeta>'.encode()


def _packet(root: Any, *, more: str = "") -> bytes:
    begin = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'.encode()
    return begin + _wrapped(_text(root, more=more)) + b'\n<?xpacket end="r"?>'
