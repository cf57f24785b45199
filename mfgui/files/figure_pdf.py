"""A page as PDF: letters and lines as outlines, pictures without loss, no date.

The fonts are embedded, so that letters can be searched and look the same everywhere. Nothing in the
file depends on when or where it was made.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable

import numpy as np

from mfgui.core.arrays import ImageU8, Rect
from mfgui.core.figures import Enlargement
from mfgui.files.figure_page import Fill, Fonts, Page, Words
from mfgui.files.figure_panels import fitted, repeated
from mfgui.files.figure_raster import Painted, Pixels
from mfgui.files.font_files import Font

_PT_PER_MM = 72 / 25.4
_UP = 2  # PNG's filter that stores differences from the row above
_FULL = 1000  # units of a letter in a document
_LEVEL = 6  # of Deflate: more takes twice the time for a hundredth of the bytes


def pdf(page: Page, pixels: Pixels, fonts: Fonts, *, title: str, producer: str) -> bytes:
    """One page of exactly the physical size of the figure."""
    document = _Document()
    used = {bold: _used(page, bold=bold) for bold in (False, True)}
    names = {bold: f"F{int(bold)}" for bold in used if used[bold]}
    resources = {names[bold]: document.font(fonts.of(bold=bold), used[bold]) for bold in names}
    content: list[str] = []
    images: dict[str, int] = {}
    scale = page.width_mm * _PT_PER_MM / page.width
    size = page.width * scale, page.height * scale
    # From dots below the top to points above the bottom, for everything that follows.
    content.append(f"{scale:.10f} 0 0 {-scale:.10f} 0 {_n(size[1])} cm")
    content += _filled(Rect(0, 0, page.width, page.height), page.ground)
    for item in page.items:
        if isinstance(item, Fill):
            content += _filled(item.rect, item.colour)
        elif isinstance(item, Words):
            content += _written(item, fonts.of(bold=item.bold), names[item.bold])
        else:
            name = f"I{len(images)}"
            images[name] = document.image(_stored(pixels[item], item.rect))
            content.append(_drawn(item.rect, name))
    return document.finish(
        size, "\n".join(content).encode("ascii"), resources, images, title, producer
    )


def _used(page: Page, *, bold: bool) -> str:
    texts = (i.text for i in page.items if isinstance(i, Words) and i.bold is bold)
    return "".join(sorted(set("".join(texts))))


def _stored(painted: Painted, rect: Rect) -> ImageU8:
    """Pixels as squares of whole dots, which no viewer can smear; others at the resolution."""
    height, width = painted.pixels.shape[:2]
    larger = rect.width > width or rect.height > height
    if larger and painted.enlargement is Enlargement.PIXELS:
        return repeated(painted.pixels, rect.width, rect.height)
    return fitted(painted.pixels, rect.width, rect.height, painted.enlargement)


def _n(value: float) -> str:
    """A number without an exponent."""
    return f"{value:.5f}".rstrip("0").rstrip(".")


def _ink(colour: str) -> str:
    return " ".join(_n(value / 255) for value in bytes.fromhex(colour[1:]))


def _filled(rect: Rect, colour: str) -> list[str]:
    return [f"{_ink(colour)} rg {rect.x} {rect.y} {rect.width} {rect.height} re f"]


def _drawn(rect: Rect, name: str) -> str:
    return f"q {rect.width} 0 0 {-rect.height} {rect.x} {rect.bottom} cm /{name} Do Q"


def _written(words: Words, font: Font, name: str) -> list[str]:
    x, y = words.start(font)
    turn = "0 -1 -1 0" if words.upright else "1 0 0 -1"
    glyphs = "".join(f"{font.glyph(character):04x}" for character in words.text)
    shown = f"/{name} {_n(words.size)} Tf {turn} {_n(x)} {_n(y)} Tm <{glyphs}> Tj"
    lines = []
    if words.halo:
        rim = f"{_ink(words.halo)} RG {_n(2 * words.rim)} w 1 j 1 J"
        lines.append(f"q {rim} BT 1 Tr {shown} ET Q")
    lines.append(f"{_ink(words.colour)} rg BT 0 Tr {shown} ET")
    return lines


class _Document:
    """Numbered objects that become a file."""

    def __init__(self) -> None:
        self._objects: list[bytes] = []

    def image(self, pixels: ImageU8) -> int:
        """An RGB picture, Deflate with PNG's filter."""
        height, width, _ = pixels.shape
        rows = np.empty((height, 1 + 3 * width), np.uint8)
        flat = pixels.reshape(height, -1)
        rows[:, 0] = _UP
        rows[0, 1:] = flat[0]
        np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])
        return self._stream(
            zlib.compress(rows.tobytes(), _LEVEL),
            "/Type /XObject /Subtype /Image /ColorSpace /DeviceRGB /BitsPerComponent 8 "
            f"/Width {width} /Height {height} /Interpolate false /Filter /FlateDecode "
            f"/DecodeParms << /Predictor 15 /Colors 3 /BitsPerComponent 8 /Columns {width} >>",
        )

    def font(self, font: Font, used: str) -> int:
        """A font of which the characters `used` occur."""
        outlines = self._stream(
            zlib.compress(font.outlines, _LEVEL), "/Subtype /CIDFontType0C /Filter /FlateDecode"
        )
        box = " ".join(_n(value * _FULL / font.units) for value in font.box)
        ascent, descent, capital = (
            _n(value * _FULL / font.units) for value in (font.ascent, font.descent, font.capital)
        )
        descriptor = self._add(
            f"<< /Type /FontDescriptor /FontName /{font.name} /Flags 4 /FontBBox [{box}] "
            f"/ItalicAngle 0 /Ascent {ascent} /Descent {descent} /CapHeight {capital} "
            f"/StemV 80 /FontFile3 {outlines} 0 R >>"
        )
        glyphs = sorted({font.glyph(character) for character in used})
        widths = " ".join(
            f"{glyph} [{_n(int(font.advances[glyph]) * _FULL / font.units)}]" for glyph in glyphs
        )
        inner = self._add(
            f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /{font.name} "
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/FontDescriptor {descriptor} 0 R /DW {_FULL} /W [{widths}] >>"
        )
        meaning = self._stream(zlib.compress(_meaning(font, used), _LEVEL), "/Filter /FlateDecode")
        return self._add(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{font.name} /Encoding /Identity-H "
            f"/DescendantFonts [{inner} 0 R] /ToUnicode {meaning} 0 R >>"
        )

    def finish(
        self,
        size: tuple[float, float],
        content: bytes,
        fonts: dict[str, int],
        images: dict[str, int],
        title: str,
        producer: str,
    ) -> bytes:
        """The file; its identity is the hash of what it holds."""
        drawn = self._stream(zlib.compress(content, _LEVEL), "/Filter /FlateDecode")
        info = self._add(f"<< /Title {_text(title)} /Producer {_text(producer)} >>")
        pages = len(self._objects) + 2
        page = self._add(
            f"<< /Type /Page /Parent {pages} 0 R /MediaBox [0 0 {_n(size[0])} {_n(size[1])}] "
            f"/Contents {drawn} 0 R /Resources << /Font << {_named(fonts.items())} >> "
            f"/XObject << {_named(images.items())} >> >> >>"
        )
        assert self._add(f"<< /Type /Pages /Kids [{page} 0 R] /Count 1 >>") == pages
        catalog = self._add(f"<< /Type /Catalog /Pages {pages} 0 R >>")
        body, places = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"), []
        for number, content in enumerate(self._objects, start=1):
            places.append(len(body))
            body += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
        identity = hashlib.sha256(body).hexdigest()[:32]
        start, count = len(body), len(places) + 1
        body += f"xref\n0 {count}\n0000000000 65535 f \n".encode()
        body += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
        body += (
            f"trailer\n<< /Size {count} /Root {catalog} 0 R /Info {info} 0 R "
            f"/ID [<{identity}> <{identity}>] >>\nstartxref\n{start}\n%%EOF\n"
        ).encode()
        return bytes(body)

    def _add(self, content: str | bytes) -> int:
        self._objects.append(content.encode("ascii") if isinstance(content, str) else content)
        return len(self._objects)

    def _stream(self, data: bytes, entries: str) -> int:
        head = f"<< {entries} /Length {len(data)} >>\nstream\n".encode("ascii")
        return self._add(head + data + b"\nendstream")


def _named(numbers: Iterable[tuple[str, int]]) -> str:
    return " ".join(f"/{name} {number} 0 R" for name, number in numbers)


def _text(value: str) -> str:
    """A text of a document in any script."""
    return f"<feff{value.encode('utf-16-be', 'replace').hex()}>"


def _meaning(font: Font, used: str) -> bytes:
    """Which character each glyph stands for, so that a viewer can search and copy."""
    pairs = sorted({(font.glyph(character), character) for character in used})
    blocks = []
    for first in range(0, len(pairs), 100):
        block = pairs[first : first + 100]
        lines = [f"<{glyph:04x}> <{c.encode('utf-16-be').hex()}>" for glyph, c in block]
        blocks.append(f"{len(block)} beginbfchar\n" + "\n".join(lines) + "\nendbfchar")
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
        + "\n".join(blocks)
        + "\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode("ascii")
