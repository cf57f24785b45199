"""XMP and IPTC from sources to outputs, written and read by other programs than ours."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import struct
import subprocess
import xml.etree.ElementTree as ET
import zlib
from pathlib import Path
from typing import Any

import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, IptcImagePlugin
from PIL.PngImagePlugin import PngInfo

from mfgui import __version__
from mfgui.app.fused_files import Finish
from mfgui.core.arrays import Depth, Size, to_float
from mfgui.core.stack import Source
from mfgui.files import png_texts, spaces
from mfgui.files.descriptions import Descriptions, cleaned, without_place
from mfgui.files.images import probe, read_stack, write_image
from mfgui.files.jpeg_texts import Gatherer
from mfgui.files.layers import write_layers
from tests.files.pictures import bytes8, camera_block, smooth, words16
from tests.files.test_round_trips import KINDS

exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")

NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "xmpGImg": "http://ns.adobe.com/xap/1.0/g/img/",
    "core": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "ext": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "drone": "http://www.dji.com/drone-dji/1.0/",
    "own": "http://example.org/beetles/",
}
SIMPLE = {
    "xmp:Rating": "4",
    "xmp:Label": "Red",
    "xmp:CreatorTool": "Camera 1.0",
    "photoshop:Instructions": "first line&#10;second <line> of \"it\"",
    "photoshop:City": "Graz",
    "tiff:Orientation": "6",
    "tiff:ImageWidth": "4000",
    "tiff:BitsPerSample": "14",
    "exif:PixelXDimension": "4000",
    "exif:ColorSpace": "1",
    "exif:GPSLatitude": "47,4.2N",
    "drone:GpsLongitude": "15.4",
    "crs:Exposure2012": "+1.00",
    "xmpMM:DocumentID": "xmp.did:1",
    "core:CountryCode": "AT",
    "own:legs": "6",
}  # fmt: skip
NESTED = """
  <dc:title><rdf:Alt><rdf:li xml:lang="x-default">K\u00e4fer \U0001fab2</rdf:li></rdf:Alt>
  </dc:title>
  <dc:subject><rdf:Bag><rdf:li>beetle</rdf:li><rdf:li>macro &amp; more</rdf:li></rdf:Bag>
  </dc:subject>
  <dc:format>image/x-canon-cr2</dc:format>
  <lr:hierarchicalSubject><rdf:Bag><rdf:li>animal|beetle</rdf:li></rdf:Bag></lr:hierarchicalSubject>
  <xmp:Thumbnails><rdf:Alt><rdf:li rdf:parseType="Resource">
    <xmpGImg:image>AAAA</xmpGImg:image></rdf:li></rdf:Alt></xmp:Thumbnails>
  <crs:ToneCurve><rdf:Seq><rdf:li>0, 0</rdf:li></rdf:Seq></crs:ToneCurve>
  <xmpMM:History><rdf:Seq><rdf:li stEvt:action="saved"/></rdf:Seq></xmpMM:History>
  <exif:Flash rdf:parseType="Resource"><exif:Fired>False</exif:Fired></exif:Flash>
  <ext:LocationCreated><rdf:Bag><rdf:li><rdf:Description ext:City="Graz"/></rdf:li></rdf:Bag>
  </ext:LocationCreated>"""
KEPT = {
    "Rating",
    "Label",
    "title",
    "subject",
    "hierarchicalSubject",
    "Instructions",
    "Flash",
    "legs",
}
RENEWED = {"CreatorTool", "Orientation", "ImageWidth", "PixelXDimension", "ColorSpace"}
PLACES = {"City", "GPSLatitude", "GpsLongitude", "CountryCode", "LocationCreated"}
IPTC = {
    (2, 25): b"beetle",
    (2, 116): b"me, 2024",
    (2, 120): "K\u00e4fer".encode(),
    (2, 90): b"Graz",
}


def packet(*, more: str = "", inner: str = "") -> bytes:
    names = " ".join(f'xmlns:{name}="{space}"' for name, space in NAMESPACES.items())
    simple = " ".join(
        f'{name}="{text.replace("<", "&lt;").replace(chr(34), "&quot;")}"'
        for name, text in SIMPLE.items()
    )
    text = (
        f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>{more}'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/" {names}><rdf:RDF>'
        f'<rdf:Description rdf:about="" {simple}>{NESTED}{inner}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta>  <?xpacket end="w"?>'
    )
    return text.encode()


def iptc_block(sets: dict[tuple[int, int], bytes] = IPTC) -> bytes:
    found = {
        (1, 90): b"\x1b%G",
        **sets,
        (2, 65): b"Camera 1.0",
        (2, 202): b"preview",
        (3, 10): b"x",
    }
    return b"".join(
        bytes([0x1C, *number]) + struct.pack(">H", len(data)) + data
        for number, data in found.items()
    )


def resource(block: bytes) -> bytes:
    other = b"8BIM\x04\x0c\x03abc\0\0\0\x03xyz\0"
    odd = b"\0" * (len(block) % 2)
    return other + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(block)) + block + odd


def segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def with_segments(plain: bytes, *segments: bytes) -> bytes:
    return plain[:2] + b"".join(segments) + plain[2:]


def jpeg(xmp: bytes | None = None, iptc: bytes | None = None) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(bytes8()).save(buffer, "JPEG", **({} if xmp is None else {"xmp": xmp}))
    found = [] if iptc is None else [segment(0xED, b"Photoshop 3.0\0" + resource(iptc))]
    return with_segments(buffer.getvalue(), *found)


def save_by_others(path: Path, *, xmp: bytes, iptc: bytes) -> Path:
    """A file with both, by Pillow or tifffile; with what its format holds of them."""
    if path.suffix == ".jpg":
        path.write_bytes(jpeg(xmp, iptc))
    elif path.suffix == ".png":
        texts = PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=True)
        hexed = resource(iptc).hex()
        texts.add_text("Raw profile type iptc", f"\niptc\n{len(hexed) // 2:8}\n{hexed}\n", zip=True)
        Image.fromarray(bytes8()).save(path, pnginfo=texts)
    elif path.suffix == ".tif":
        extra = [(700, 1, len(xmp), xmp, True), (33723, 7, len(iptc), iptc, True)]
        tifffile.imwrite(path, words16(), photometric="rgb", metadata=None, extratags=extra)
    else:
        Image.fromarray(bytes8()).save(path, lossless=True, xmp=xmp)
    return path


def source_of(path: Path) -> Source:
    return read_stack([path, path]).sources[0]


def rdf_in(path: Path) -> list[ET.Element]:
    """The descriptions of the packet in a file, by Pillow or tifffile and ElementTree."""
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            tag = file.pages[0].tags.get(700)
            found = None if tag is None else tag.value
    else:
        with Image.open(path) as picture:
            picture.load()
            found = picture.info.get("xmp")
    if found is None:
        return []
    root = ET.fromstring(found if isinstance(found, str) else bytes(found).decode())
    (rdf,) = root.findall("rdf:RDF", NAMESPACES)
    return list(rdf)


def told_in(path: Path) -> dict[str, Any]:
    """Local names of properties with their plain values, or the texts inside."""
    found: dict[str, Any] = {}
    for description in rdf_in(path):
        for name, value in description.attrib.items():
            if not name.startswith("{" + NAMESPACES["rdf"]):
                found[name.partition("}")[2]] = value
        for child in description:
            texts = [text.strip() for text in child.itertext() if text.strip()]
            found[child.tag.partition("}")[2]] = texts[0] if len(texts) == 1 else texts
    return found


def iptc_in(path: Path) -> dict[tuple[int, int], Any]:
    """Data sets of a file by Pillow; those of a PNG by what ImageMagick says of the layout."""
    if path.suffix == ".tif":  # Pillow has no kind for some pixels
        with tifffile.TiffFile(path) as file:
            block = bytes(file.pages[0].tags[33723].value)
        return dict(IptcImagePlugin.getiptcinfo(_with_photoshop(resource(block))) or {})
    with Image.open(path) as picture:
        if path.suffix != ".png":
            return dict(IptcImagePlugin.getiptcinfo(picture) or {})
        picture.load()
        text = picture.text["Raw profile type iptc"]  # type: ignore[attr-defined]
    _, kind, count, digits = text.split("\n", 3)
    data = bytes.fromhex(digits)
    assert (kind, int(count)) == ("iptc", len(data))
    return dict(IptcImagePlugin.getiptcinfo(_with_photoshop(data)) or {})


def _with_photoshop(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(with_segments(jpeg(), segment(0xED, b"Photoshop 3.0\0" + data))))


def by_exiftool(path: Path) -> dict[str, Any]:
    call = ["exiftool", "-json", "-a", "-G1", "-n", "-struct", "-charset", "iptc=utf8", str(path)]
    answer = json.loads(subprocess.run(call, capture_output=True, check=True).stdout)
    return dict(answer[0])


def written(path: Path, depth: Depth, source: Source, **options: Any) -> tuple[str, ...]:
    finish = Finish(**options)
    return write_image(
        path,
        smooth(),
        depth=depth,
        icc=spaces.profile("adobe-rgb"),
        exif=finish.camera(path, camera_block(orientation=6), note="note"),
        described=finish.described(source),
    )


@pytest.mark.parametrize(("name", "depth"), KINDS)
@pytest.mark.parametrize("given", ["s.jpg", "s.png", "s.tif", "s.webp"])
def test_that_descriptions_come_through(
    given: str, name: str, depth: Depth, tmp_path: Path
) -> None:
    source = source_of(save_by_others(tmp_path / given, xmp=packet(), iptc=iptc_block()))
    path = tmp_path / name
    expected = ("IPTC left out, WebP has no place for it",) if name == "a.webp" else ()
    assert written(path, depth, source) == (expected if given != "s.webp" else ())
    found = told_in(path)
    assert set(found) == KEPT | RENEWED | PLACES
    assert found["Instructions"] == 'first line\nsecond <line> of "it"'
    assert (found["Rating"], found["title"]) == ("4", "K\u00e4fer \U0001fab2")
    assert found["subject"] == ["beetle", "macro & more"]
    assert (found["Orientation"], found["ColorSpace"]) == ("1", "65535")
    assert (found["ImageWidth"], found["PixelXDimension"]) == ("36", "36")
    assert found["CreatorTool"] == f"mfgui {__version__}"
    if name != "a.webp" and given != "s.webp":
        assert iptc_in(path) == {(1, 90): b"\x1b%G", **IPTC}


@exiftool
@pytest.mark.parametrize(("name", "depth"), KINDS)
def test_that_exiftool_writes_and_reads_them(name: str, depth: Depth, tmp_path: Path) -> None:
    given = tmp_path / "s.jpg"
    given.write_bytes(jpeg())
    tags = ["-XMP:Rating=4", "-XMP-dc:Subject=beetle", "-XMP-dc:Subject=leaf", "-XMP:City=Graz"]
    tags += ["-XMP-tiff:Orientation#=6", "-XMP-crs:Exposure2012=1", "-XMP-xmpMM:DocumentID=a"]
    tags += ["-IPTC:Keywords=beetle", "-IPTC:Keywords=leaf", "-IPTC:City=Graz"]
    tags += ["-codedcharacterset=utf8", "-IPTC:Caption-Abstract=K\u00e4fer"]
    subprocess.run(["exiftool", "-q", "-overwrite_original", *tags, str(given)], check=True)
    path = tmp_path / name
    written(path, depth, source_of(given))
    found = by_exiftool(path)
    assert (found["XMP-xmp:Rating"], found["XMP-dc:Subject"]) == (4, ["beetle", "leaf"])
    assert (found["XMP-photoshop:City"], found["XMP-tiff:Orientation"]) == ("Graz", 1)
    assert not any(key.startswith(("XMP-crs", "XMP-xmpMM")) for key in found)
    if name != "a.webp":
        assert (found["IPTC:Keywords"], found["IPTC:City"]) == (["beetle", "leaf"], "Graz")
        assert found["IPTC:Caption-Abstract"] == "K\u00e4fer"
    check = ["exiftool", "-validate", "-warning", "-error", "-a", str(path)]
    answer = subprocess.run(check, capture_output=True, check=True, text=True).stdout
    assert "XMP" not in answer
    assert "IPTC" not in answer
    assert "Error" not in answer


@pytest.mark.parametrize(
    ("name", "depth"), [("a.jpg", "uint8"), ("a.png", "uint16"), ("a.tif", "uint16")]
)
def test_that_no_place_is_left_where_none_is_wanted(
    name: str, depth: Depth, tmp_path: Path
) -> None:
    source = source_of(save_by_others(tmp_path / "s.jpg", xmp=packet(), iptc=iptc_block()))
    path = tmp_path / name
    assert written(path, depth, source, drop_location=True) == ()
    assert set(told_in(path)) == KEPT | RENEWED
    assert (2, 90) not in iptc_in(path)
    assert (2, 25) in iptc_in(path)
    assert b"Graz" not in path.read_bytes()
    assert b"47,4.2N" not in path.read_bytes()


def test_that_layers_and_frames_are_described(tmp_path: Path) -> None:
    source = source_of(save_by_others(tmp_path / "s.png", xmp=packet(), iptc=iptc_block()))
    path = tmp_path / "a.tif"
    described = Finish().described(source)
    assert write_layers(path, [words16(), words16()], ["1", "2"], described=described) == ()
    assert set(told_in(path)) >= KEPT
    assert iptc_in(path)[2, 25] == b"beetle"
    with tifffile.TiffFile(path) as file:
        assert 700 not in file.pages[1].tags  # type: ignore[union-attr]


LONG = "<own:notes>" + "a long tale, " * 9000 + "</own:notes><own:end>here</own:end>"


def test_that_packets_beyond_a_segment_are_divided_and_joined(tmp_path: Path) -> None:
    given = save_by_others(tmp_path / "s.tif", xmp=packet(inner=LONG), iptc=iptc_block())
    path = tmp_path / "a.jpg"
    assert written(path, "uint8", source_of(given)) == ()
    first = told_in(path)  # Pillow knows nothing of extensions
    assert set(first) == (KEPT | RENEWED | PLACES | {"end", "HasExtendedXMP"})
    again = tmp_path / "b.tif"
    assert written(again, "uint16", source_of(path)) == ()
    found = told_in(again)
    assert set(found) == KEPT | RENEWED | PLACES | {"notes", "end"}
    assert found["notes"] == ("a long tale, " * 9000).strip()


@exiftool
def test_that_exiftool_reads_both_parts(tmp_path: Path) -> None:
    given = save_by_others(tmp_path / "s.tif", xmp=packet(inner=LONG), iptc=iptc_block())
    path = tmp_path / "a.jpg"
    written(path, "uint8", source_of(given))
    call = ["exiftool", "-b", "-XMP-own:Notes", str(path)]
    notes = subprocess.run(call, capture_output=True, check=True, text=True).stdout
    assert notes.strip() == ("a long tale, " * 9000).strip()
    assert by_exiftool(path)["XMP-own:End"] == "here"


def test_that_an_extension_of_another_packet_is_left_alone(tmp_path: Path) -> None:
    other = packet()
    digest = hashlib.md5(other).hexdigest().upper().encode()
    head = b"http://ns.adobe.com/xmp/extension/\0" + digest + struct.pack(">II", len(other), 0)
    path = tmp_path / "s.jpg"
    named = packet(inner=f"<own:of>{digest.decode()[::-1]}</own:of>")
    path.write_bytes(with_segments(jpeg(named), segment(0xE1, head + other)))
    assert probe(path).xmp == named


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
DEEP = "<own:a>" * 5000 + "</own:a>" * 5000


@pytest.mark.parametrize(
    "broken",
    [
        packet(more=BOMB),
        packet(more='<!DOCTYPE x SYSTEM "file:///etc/passwd">'),
        packet(inner=DEEP),
        packet()[:-60],
        packet(inner="<unknown:a/>"),
        packet().decode().encode("utf-16"),
        b"<x/>",
        b"\xff\xfe\0",
        b"",
        b" " * (9 << 20) + packet(),
        # In this encoding a document type does not look like one.
        b'<?xml version="1.0" encoding="cp037"?>' + BOMB.encode("cp037"),
    ],
    ids=[
        "entities",
        "outside",
        "deep",
        "cut",
        "prefix",
        "utf-16",
        "other",
        "bytes",
        "none",
        "long",
        "hidden",
    ],
)
@pytest.mark.parametrize("drop", [False, True])
def test_that_a_broken_packet_is_dropped_and_told(
    broken: bytes, drop: bool, tmp_path: Path
) -> None:
    given, path = Descriptions(broken, iptc_block()), tmp_path / "a.tif"
    source = source_of(save_by_others(tmp_path / "s.png", xmp=packet(), iptc=iptc_block()))
    told = Finish(drop_location=drop).described(_saying(source, given))
    notices = write_image(path, smooth(), depth="uint8", described=told)
    assert len(notices) == 1
    assert notices[0].startswith("XMP left out: ")
    assert rdf_in(path) == []
    assert (2, 25) in iptc_in(path)


def _saying(source: Source, given: Descriptions) -> Source:
    from dataclasses import replace

    return replace(source, xmp=given.xmp, iptc=given.iptc)


@pytest.mark.parametrize("broken", [b"\x1c\x02\x19\x00\x09bee", b"something", b"\x1c\x02"])
def test_that_a_broken_block_is_dropped_and_told(broken: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    notices = write_image(path, smooth(), depth="uint8", described=Descriptions(packet(), broken))
    assert len(notices) == 1
    assert notices[0].startswith("IPTC left out: ")
    assert set(told_in(path)) >= KEPT
    assert iptc_in(path) == {}


def test_that_long_entries_and_padding_are_read(tmp_path: Path) -> None:
    text = b"long " * 9000
    long = b"\x1c\x02\x78\x80\x04" + struct.pack(">I", len(text)) + text
    path = tmp_path / "a.jpg"
    block = iptc_block() + b"\x1c\x02\x05\0\0" + long + b"\0\0\0"
    assert write_image(path, smooth(), depth="uint8", described=Descriptions(None, block)) == ()
    again = probe(path).iptc
    assert again is not None
    assert long in again
    assert b"\x1c\x02\x05\0\0" in again


@pytest.mark.parametrize("order", ["<", ">"])
def test_that_blocks_stored_as_numbers_are_read(order: str, tmp_path: Path) -> None:
    block = iptc_block()
    block += b"\0" * (-len(block) % 4)
    # As libtiff's users do: the bytes as they are in the memory of a little-endian machine.
    numbers = struct.unpack(f"<{len(block) // 4}I", block)
    path = tmp_path / "s.tif"
    extra = [(33723, 4, len(numbers), numbers, True)]
    tifffile.imwrite(
        path, words16(), photometric="rgb", metadata=None, extratags=extra, byteorder=order
    )
    out = tmp_path / "a.jpg"
    assert written(out, "uint8", source_of(path)) == ()
    assert iptc_in(out) == {(1, 90): b"\x1b%G", **IPTC}


def test_that_nothing_is_written_where_nothing_is_left(tmp_path: Path) -> None:
    names = " ".join(f'xmlns:{name}="{space}"' for name, space in NAMESPACES.items())
    settings = (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {names}>'
        '<rdf:Description rdf:about="" crs:Tint="3"/></rdf:RDF></x:xmpmeta>'
    ).encode()
    path = tmp_path / "a.png"
    empty = Descriptions(settings, b"\x1c\x01\x5a\0\x03\x1b%G")
    assert write_image(path, smooth(), depth="uint8", described=empty) == ()
    assert rdf_in(path) == []
    assert b"iptc" not in path.read_bytes()


def test_that_formats_without_a_place_tell(tmp_path: Path) -> None:
    given = Descriptions(packet(), None)
    notices = write_image(tmp_path / "a.bmp", smooth(), depth="uint8", described=given)
    assert len(notices) == 1
    assert "pixels only" in notices[0]


def test_that_packets_of_phones_are_read(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif", reason="no encoder (pillow-heif) is installed")
    made = heif.from_bytes(mode="RGB", size=(36, 24), data=bytes8().tobytes())
    made.save(tmp_path / "s.heic", xmp=packet())
    Image.fromarray(bytes8()).save(tmp_path / "s.avif", xmp=packet())
    for name in ("s.heic", "s.avif"):
        path = tmp_path / "a.png"
        assert written(path, "uint8", source_of(tmp_path / name)) == ()
        assert set(told_in(path)) == KEPT | RENEWED | PLACES


def test_that_a_damaged_text_of_a_png_is_passed_over(tmp_path: Path) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)

    plain = io.BytesIO()
    Image.fromarray(bytes8()).save(plain, "PNG")
    texts = [
        (b"iTXt", b"XML:com.adobe.xmp"),
        (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0no zlib"),
        (b"zTXt", b"Raw profile type iptc\0\0no zlib"),
        (b"tEXt", b"Raw profile type iptc\0\niptc\n  4\nxy"),
    ]
    data = plain.getvalue()
    path = tmp_path / "s.png"
    path.write_bytes(data[:33] + b"".join(chunk(*text) for text in texts) + data[33:])
    source = source_of(path)
    assert (source.xmp, source.iptc) == (None, None)
    assert to_float(read_stack([path, path]).pixels(0)).shape == (24, 36, 3)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_that_whatever_stands_in_a_file_does_no_harm(data: st.DataObject) -> None:
    """Bytes of a sound packet and block exchanged, taken out and put in."""
    kind = data.draw(st.sampled_from(["xmp", "iptc", "extension", "png"]))
    whole = {"xmp": packet(), "extension": packet(), "iptc": iptc_block(), "png": resource(b"x")}
    damaged = bytearray(whole[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(damaged)))
        count = data.draw(st.integers(0, 6))
        damaged[start : start + count] = data.draw(st.binary(max_size=6))
    found = bytes(damaged)
    gatherer = Gatherer()
    gatherer.take(b"http://ns.adobe.com/xap/1.0/\0" + found)
    digest = hashlib.md5(found).hexdigest().upper().encode()
    head = b"http://ns.adobe.com/xmp/extension/\0" + digest + bytes(8)
    gatherer.take(head + found)
    gatherer.take(b"http://ns.adobe.com/xap/1.0/\0" + packet(inner=f"<own:a>{digest}</own:a>"))
    gatherer.take(b"Photoshop 3.0\0" + found)
    png_texts.iptc_in(b"tEXt", b"Raw profile type iptc\0\niptc\n 1\n" + found)
    png_texts.xmp_in(b"iTXt", b"XML:com.adobe.xmp\0" + found)
    given_ones = [
        Descriptions(gatherer.xmp, gatherer.iptc),
        Descriptions(found, found),
    ]
    for one in given_ones:
        kept, _ = cleaned(without_place(one), size=Size(3, 2), software="mfgui", srgb=True)
        again, lost = cleaned(kept, size=Size(3, 2), software="mfgui", srgb=True)
        assert lost == ()
        assert again == kept  # nothing is left to clean, and what was written can be read
