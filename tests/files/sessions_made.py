"""Sessions for tests: small ones, damaged ones, and those of other versions."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np

from mfgui.core.arrays import Size
from mfgui.core.result import Curve, InputRecord, Provenance, Result
from mfgui.core.session import MapOrigin
from mfgui.files.session_manifest import Frame, SourceRecord, StoredSession
from mfgui.files.sessions import write_session

WIDTH, HEIGHT = 21, 13
FRAME = Frame(Size(WIDTH, HEIGHT), 3, "uint8")


def image(seed: int, *, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).random((HEIGHT, WIDTH, channels), np.float32)


def labels(k: int = 2) -> np.ndarray:
    dtype = np.uint8 if k <= 254 else np.uint16
    return (np.arange(WIDTH * HEIGHT).reshape(HEIGHT, WIDTH) % (k + 1)).astype(dtype)


def result(seed: int = 1) -> Result:
    final = image(seed)
    return Result(
        name="MFF-SSIM",
        image=final,
        depth="uint8",
        labels=labels(),
        map_revision=4,
        provenance=Provenance(
            "ms-lap",
            {"window": "auto", "iterations": 60, "tolerance": 1e-6, "fast": True, "limit": None},
            (InputRecord("a.png", "/photos/a.png", "0" * 64),),
            "cpu",
            {"numpy": "2"},
            detector="laplacian",
            seed=7,
            follows=1,
            map_from="map.png, edited",
            start_from="result:2:best",
        ),
        state="stopped",
        seconds={"map": 0.25, "fuse": 1.5},
        start=image(seed + 100),
        best=final,
        curve=Curve("box-joint", (0.1, 0.3), (float("nan"), 1.0), (3.0, 2.0), (0.0, 0.5)),
        evaluations=3,
        q=0.3,
        q_box=None,
        window=11,
    )


def session() -> StoredSession:
    return StoredSession(
        frame=FRAME,
        sources=tuple(
            SourceRecord(f"{name}.png", f"/photos/{name}.png", "", letter * 64)
            for name, letter in (("a", "0"), ("b", "1"))
        ),
        labels=labels(),
        map_revision=9,
        origin=MapOrigin("laplacian", (("window", 5),), ""),
        results={3: result()},
        active_source=2,
        active_label=0,
        shown="result:3",
        reference="source:1",
        parts={"view": {"scale": 1.5}},
    )


def saved(path: Path) -> Path:
    write_session(path, session(), saved="2026-01-02T03:04:05+00:00")
    return path


# Damage


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, members: dict[str, bytes], *, all_deflated: bool = False) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            deflated = all_deflated or name.endswith(".json")
            how = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
            archive.writestr(name, data, how)
    return path


def with_manifest(change: Callable[[dict], object]) -> Callable[[Path], Path]:
    """A session whose manifest was changed."""

    def make(folder: Path) -> Path:
        path = saved(folder / "s.mfgui")
        members = members_of(path)
        content = json.loads(members["manifest.json"])
        change(content)
        members["manifest.json"] = json.dumps(content).encode()
        return packed(path, members)

    return make


def with_member(name: str, data: bytes | None) -> Callable[[Path], Path]:
    """A session with another member, or without it."""

    def make(folder: Path) -> Path:
        path = saved(folder / "s.mfgui")
        members = members_of(path)
        members.pop(name, None)
        if data is not None:
            members[name] = data
        return packed(path, members)

    return make


def cut(share: float) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = saved(folder / "s.mfgui")
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        return path

    return make


def of_bytes(data: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "s.mfgui"
        path.write_bytes(data)
        return path

    return make


def as_folder(folder: Path) -> Path:
    path = folder / "s.mfgui"
    path.mkdir()
    return path


def absent(folder: Path) -> Path:
    return folder / "s.mfgui"


def twice(folder: Path) -> Path:
    path = saved(folder / "s.mfgui")
    members = members_of(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        entry = zipfile.ZipInfo("map.pnX")
        archive.writestr(entry, members["map.png"])
    # zipfile itself warns of a second member of one name, so that it is made by hand.
    path.write_bytes(path.read_bytes().replace(b"map.pnX", b"map.png"))
    return path


def encrypted(folder: Path) -> Path:
    path = saved(folder / "s.mfgui")
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\1\2")
    struct.pack_into("<H", data, at + 8, 1)
    path.write_bytes(data)
    return path


def bomb(folder: Path) -> Path:
    """A text that would inflate to more than any manifest has."""
    path = saved(folder / "s.mfgui")
    members = members_of(path)
    members["manifest.json"] = b" " * (64 << 20)
    return packed(path, members)


def deflated_pixels(folder: Path) -> Path:
    path = saved(folder / "s.mfgui")
    return packed(path, members_of(path), all_deflated=True)


def overlapping(folder: Path) -> Path:
    """Many members that share the same bytes."""
    path = saved(folder / "s.mfgui")
    members = members_of(path)
    for number in range(10, 60):
        members[f"results/{number}/image.tif"] = b""
    packed(path, members)
    data = bytearray(path.read_bytes())
    length = len(data)
    at = data.find(b"PK\1\2")
    while at >= 0:
        name_length = struct.unpack_from("<H", data, at + 28)[0]
        name = bytes(data[at + 46 : at + 46 + name_length])
        if name.startswith(b"results/") and name[8:10].isdigit():
            struct.pack_into("<II", data, at + 20, length // 2, length // 2)
        at = data.find(b"PK\1\2", at + 4)
    path.write_bytes(data)
    return path


def long_list(folder: Path) -> Path:
    """An archive that says its list of members is larger than any."""
    path = saved(folder / "s.mfgui")
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\5\6")
    struct.pack_into("<I", data, at + 12, 0x7FFFFFFF)
    path.write_bytes(data)
    return path


def flipped(folder: Path) -> Path:
    """One bit of the map is another."""
    path = saved(folder / "s.mfgui")
    data = bytearray(path.read_bytes())
    at = data.find(b"IDAT")
    data[at + 6] ^= 4
    path.write_bytes(data)
    return path


def png(pixels: np.ndarray) -> bytes:
    return imagecodecs.png_encode(pixels)


def float_bomb() -> bytes:
    """A TIFF of the right size whose strip inflates to far more."""
    import io

    import tifffile

    file = io.BytesIO()
    tifffile.imwrite(
        file,
        np.zeros((HEIGHT, WIDTH, 3), np.float32),
        photometric="rgb",
        compression="zstd",
        predictor=3,
        rowsperstrip=HEIGHT,
        metadata=None,
    )
    data = bytearray(file.getvalue())
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as tiff:
        page = tiff.pages[0]
        counts = page.tags["StripByteCounts"]
        offsets = page.tags["StripOffsets"]
        where_count, where_offset = counts.valueoffset, offsets.valueoffset
        formats = {3: "<H", 4: "<I", 16: "<Q"}
        large = imagecodecs.zstd_encode(bytes(200 << 20), level=1)
        struct.pack_into(formats[offsets.dtype], data, where_offset, len(data))
        struct.pack_into(formats[counts.dtype], data, where_count, len(large))
    return bytes(data) + large


def schema_0(folder: Path) -> Path:
    """What a version before the first wrote: other names, no results, no relative paths."""
    content = {
        "format": "mfgui session",
        "schema": 0,
        "size": [WIDTH, HEIGHT],
        "channels": 3,
        "depth": "uint8",
        "images": [
            {"file": "/photos/a.png", "sha256": "0" * 64},
            {"file": "C:\\photos\\b.png", "sha256": "1" * 64},
        ],
        "labels": "labels.png",
        "detector": "laplacian",
        "active": 2,
        "view": {"scale": 2.0, "x": 1.0, "y": 1.0, "fitted": False},
    }
    members = {"manifest.json": json.dumps(content).encode(), "labels.png": png(labels())}
    return packed(folder / "s.mfgui", members)


@dataclass(frozen=True)
class BadSession:
    """A file that is no usable session, and words of the one line that says so."""

    name: str
    make: Callable[[Path], Path]
    words: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


def _deep(content: dict) -> None:
    value: object = 1
    for _ in range(40):
        value = [value]
    content["parts"] = {"x": value}


def _nan_image() -> bytes:
    from mfgui.files.session_pixels import encode_float

    broken = image(1)
    broken[2, 3, 1] = np.nan
    return encode_float(broken)


def _newer_and_odd(content: dict) -> None:
    content["schema"] = 7
    content["sources"] = "somewhere else"


def _source(change: Callable[[dict], object]) -> Callable[[Path], Path]:
    return with_manifest(lambda content: change(content["sources"][1]))


_ANEW = "open an earlier copy"
BAD_SESSIONS = (
    BadSession("missing", absent, ("no such file",)),
    BadSession("folder", as_folder, ("is a folder",)),
    BadSession("empty", of_bytes(b""), ("the file is empty",)),
    BadSession("not a zip", of_bytes(b"\x89PNG\r\n\x1a\n" * 9), ("not a session",)),
    BadSession("cut in the middle", cut(0.5), ("cut off",)),
    BadSession("cut at the end", cut(0.99), ("cut off",)),
    BadSession("another zip", with_member("manifest.json", None), ("not a session",)),
    BadSession("encrypted", encrypted, ("encrypted",)),
    BadSession("twice", twice, ("damaged", "twice")),
    BadSession("bomb", bomb, ("damaged", "larger than any")),
    BadSession("deflated pixels", deflated_pixels, ("damaged", "packed")),
    BadSession("overlapping", overlapping, ("damaged", "larger than the file")),
    BadSession("long list", long_list, ("damaged", "more members")),
    BadSession("one bit", flipped, ("damaged", _ANEW)),
    BadSession("stranger", with_member("../../evil.sh", b"x"), ("damaged", "evil.sh")),
    BadSession("script", with_member("results/1/image.pkl", b"x"), ("damaged", "image.pkl")),
    BadSession("no map", with_member("map.png", None), ("damaged", "map.png", "missing")),
    BadSession(
        "no image", with_member("results/3/image.tif", None), ("damaged", "image.tif", "missing")
    ),
    BadSession(
        "other size", with_member("map.png", png(labels()[:, :-1].copy())), ("20 x 13", "21 x 13")
    ),
    BadSession("too high a label", with_member("map.png", png(labels() + 1)), ("label 3",)),
    BadSession("16 bit", with_member("map.png", png(labels().astype(np.uint16))), ("8 bit grey",)),
    BadSession("map is no PNG", with_member("map.png", b"II*\0" * 20), ("no PNG",)),
    BadSession("image is no TIFF", with_member("results/3/image.tif", b"x" * 99), ("damaged",)),
    BadSession("float bomb", with_member("results/3/image.tif", float_bomb()), ("damaged",)),
    BadSession("not a number", with_member("results/3/image.tif", _nan_image()), ("not numbers",)),
    BadSession("no JSON", with_member("manifest.json", b"{"), ("no JSON",)),
    BadSession("a list", with_member("manifest.json", b"[1]"), ("not an object",)),
    BadSession("NaN", with_member("manifest.json", b'{"schema": NaN}'), ("NaN",)),
    BadSession("doubled", with_member("manifest.json", b'{"a": 1, "a": 2}'), ("twice",)),
    BadSession("deep", with_manifest(_deep), ("nested too deeply",)),
    BadSession("very deep", with_member("manifest.json", b"[" * 200_000), ("damaged",)),
    BadSession("huge", with_manifest(lambda c: c["frame"].update(width=1 << 19)), ("21 x 13",)),
    BadSession(
        "larger than any picture",
        with_manifest(lambda c: c["frame"].update(width=1 << 19, height=1 << 19)),
        ("larger than any picture",),
    ),
    BadSession(
        "one source", with_manifest(lambda c: c["sources"].pop()), ("sources", "fewer than two")
    ),
    BadSession(
        "no such source", with_manifest(lambda c: c.update(active_source=3)), ("active_source",)
    ),
    BadSession("no page", _source(lambda s: s.pop("page")), ("sources[1].page",)),
    BadSession("text", _source(lambda s: s.update(page="1")), ("whole number",)),
    BadSession("true", _source(lambda s: s.update(page=True)), ("whole number",)),
    BadSession("list", with_manifest(lambda c: c["results"][0].update(seconds=3)), ("object",)),
    BadSession("wild schema", with_manifest(lambda c: c.update(schema="1")), ("schema",)),
    BadSession("newer and odd", with_manifest(_newer_and_odd), ("newer mfgui", "update mfgui")),
)
