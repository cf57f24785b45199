"""Files made to run a program or to fill the memory: one clear line each."""

import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from mfgui.core.errors import InputError
from mfgui.nets import inputs, pickle_scan, torch_files
from mfgui.nets.weights import read
from tests.nets import published
from tests.nets.archives import archived, repacked, saved

STATE = published.mufusion(1)
FORMATS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before 1.6"])


def refused(folder: Path, data: bytes, name: str = "w.pth") -> str:
    path = folder / name
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")  # the folder has the words of the test in its name


# Programs ------------------------------------------------------------------------------------


class Gadget:
    """Unpickled, it makes a file."""

    def __init__(self, function, *arguments) -> None:
        self._made = function, arguments

    def __reduce__(self):
        return self._made


def gadgets(mark: Path) -> list[Gadget]:
    return [
        Gadget(os.system, f"touch {mark}"),
        Gadget(exec, f"open({str(mark)!r}, 'w')"),
        Gadget(torch.load, str(mark)),
        Gadget(getattr, mark, "touch"),
    ]


def around(gadget: Gadget) -> list[object]:
    """Places where a program may hide."""
    return [
        gadget,
        STATE | {"conv1.1.bias": gadget},
        {"net": STATE, "optimizer": gadget, "epoch": 3},
        OrderedDict([("conv1.1.bias", torch.zeros(1)), ("last", [((gadget,),)])]),
    ]


@FORMATS
@pytest.mark.parametrize("looked_through", [True, False])
def test_that_no_program_in_a_pickle_runs(tmp_path, zipped, looked_through, monkeypatch):
    if not looked_through:  # torch's own reader has to hold alone
        monkeypatch.setattr(torch_files, "scan", lambda file: [])
    mark = tmp_path / "mark"
    for gadget in gadgets(mark):
        for content in around(gadget):
            text = refused(tmp_path, saved(content, zipped=zipped))
            if looked_through:
                assert "so nothing in it was run: it asks for the program code" in text
            assert "weights_only" not in text
            assert not mark.exists()


def test_that_the_gadget_works_where_it_is_let(tmp_path):
    pickle.loads(pickle.dumps(Gadget(exec, f"open({str(tmp_path / 'mark')!r}, 'w').close()")))
    assert (tmp_path / "mark").exists()


@pytest.mark.parametrize("protocol", range(6))
def test_that_a_pickle_of_anything_else_is_not_opened(tmp_path, protocol):
    mark = tmp_path / "mark"
    for gadget in gadgets(mark)[:2]:
        data = pickle.dumps(gadget, protocol)
        assert "not a file of weights" in refused(tmp_path, data)
        assert not mark.exists()
        behind = torch_files.LEGACY + data  # where torch would read on
        assert "so nothing in it was run" in refused(tmp_path, behind)
        assert not mark.exists()


def test_that_a_program_between_the_parts_of_an_old_file_does_not_run(tmp_path):
    whole = saved(STATE, zipped=False)
    mark = tmp_path / "mark"
    program = pickle.dumps(Gadget(os.system, f"touch {mark}"), 2)
    parts = io.BytesIO(whole)
    for part in range(5):
        pickle_scan.scan(parts)
        at = parts.tell()
        text = refused(tmp_path, whole[:at] + program + whole[at:])
        assert "program code" in text or part == 4  # then it stands where numbers are expected
        assert not mark.exists()


def test_that_a_whole_network_is_refused_with_advice(tmp_path):
    text = refused(tmp_path, saved(torch.nn.Linear(2, 2)))
    assert "torch.nn.modules.linear.Linear" in text
    assert "save its state dict alone" in text


def test_that_a_torchscript_program_is_refused(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("net/code/__torch__.py", "while True: pass")
        archive.writestr("net/data.pkl", b"\x80\x02}.")
    assert "code/__torch__.py" in refused(tmp_path, file.getvalue())


# Memory ---------------------------------------------------------------------------------------


def test_that_an_archive_packed_anew_is_read(tmp_path):
    (tmp_path / "w.pth").write_bytes(repacked(saved(STATE)))
    found = read(tmp_path / "w.pth").tensors["conv66.1.weight"]
    assert torch.equal(found, STATE["conv66.1.weight"])


def test_that_a_bomb_is_not_inflated(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("inflated"))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(50 << 20))
    assert len(file.getvalue()) < 100_000
    assert "packed as torch never packs" in refused(tmp_path, file.getvalue())


def test_that_members_that_share_their_bytes_are_not_read(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data/0", bytes(100_000))
        for number in range(1, 30):
            entry = zipfile.ZipInfo(f"archive/data/{number}")
            first = archive.filelist[0]
            entry.header_offset, entry.CRC = first.header_offset, first.CRC
            entry.compress_size = entry.file_size = first.file_size
            archive.filelist.append(entry)
            archive.NameToInfo[entry.filename] = entry
    assert "packed as torch never packs" in refused(tmp_path, file.getvalue())


def test_that_an_archive_of_very_many_members_is_not_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("listed"))
    data = b"PK\3\4" + (b"PK\1\2" + bytes(42)) * 10_001
    assert "more members than tensors need" in refused(tmp_path, data)


@pytest.mark.parametrize(
    "name",
    [
        "archive/../../../evil",
        "/archive/data.pkl",
        "archive\\..\\evil",
        "archive/data/../../evil",
        "archive/.data/../../evil",
        "archive/C:/evil",
        "archive/",
        "data.pkl",
    ],
)
def test_that_names_that_lead_elsewhere_are_refused(tmp_path, name):
    before = set(tmp_path.parent.rglob("*evil*"))  # other tests write beside this one
    file = io.BytesIO(repacked(saved(STATE)))
    with zipfile.ZipFile(file, "a") as archive:
        entry = zipfile.ZipInfo("placeholder")
        entry.filename = name
        archive.writestr(entry, b"evil")
    text = refused(tmp_path, file.getvalue())
    assert "several folders" in text or "it has a member" in text
    assert set(tmp_path.parent.rglob("*evil*")) == before


def test_that_a_name_given_twice_is_refused(tmp_path):
    file = io.BytesIO(repacked(saved(STATE)))
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
    assert "twice" in refused(tmp_path, file.getvalue())


def test_that_an_encrypted_archive_is_refused(tmp_path):
    data = bytearray(repacked(saved(STATE)))
    data[data.index(b"PK\1\2") + 8] |= 1
    assert "packed as torch never packs" in refused(tmp_path, bytes(data))


def test_that_an_archive_of_pictures_is_named_as_such(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("pictures/version", b"a")
    assert "a zip archive, but not of weights" in refused(tmp_path, file.getvalue())


def persistent(count: bytes, key: bytes = b"0") -> bytes:
    """Instructions for a storage of `count` (an instruction) floats."""
    string = b"X" + struct.pack("<I", len(key)) + key
    storage = b"(X\x07\0\0\0storagectorch\nFloatStorage\n" + string + b"X\x03\0\0\0cpu"
    return storage + count + b"tQ"


def rebuilt(storage: bytes, shape: bytes) -> bytes:
    """Instructions for {"x": tensor} of one storage."""
    call = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\0" + shape
    return b"\x80\x02}X\x01\0\0\0x" + call + b"\x89ccollections\nOrderedDict\n)RtRs."


VECTOR = b"K\x04\x85K\x01\x85"  # shape (4,) and stride (1,)


def test_that_instructions_written_by_hand_are_followed(tmp_path):
    # The attempts below differ from these in one place.
    data = archived(rebuilt(persistent(b"K\x04"), VECTOR))
    found = torch_files.state(tmp_path / "w.pth", data)
    assert torch.equal(found["x"], torch.arange(4.0))


@pytest.mark.parametrize(
    ("pickled", "said"),
    [
        (rebuilt(persistent(b"K\x05"), VECTOR), "larger than its numbers"),
        (rebuilt(persistent(b"\x8a\x06\0\0\0\0\0\x10"), VECTOR), "larger than its numbers"),
        (rebuilt(persistent(b"K\x04", b"1"), VECTOR), "larger than its numbers"),
        (rebuilt(persistent(b"J\xff\xff\xff\xff"), VECTOR), "hides how large"),
        (rebuilt(persistent(b"X\x01\0\0\x004"), VECTOR), "hides how large"),
        (rebuilt(persistent(b"K\x04"), b"J\xff\xff\xff\x7f\x85K\x01\x85"), "damaged"),
        (rebuilt(persistent(b"K\x04"), b"K\x04\x85J\xff\xff\xff\x7f\x85"), "damaged"),
        (rebuilt(persistent(b"K\x04"), b"J\xff\xff\xff\xff\x85K\x01\x85"), "damaged"),
    ],
)
def test_that_tensors_larger_than_their_numbers_are_refused(tmp_path, pickled, said):
    assert said in refused(tmp_path, archived(pickled))


def test_that_a_storage_cannot_hide_behind_another_tuple():
    # What torch takes is the huge tuple, called back from memory; what was said last is the small.
    huge, small = persistent(b"J\0\0\0\x7f")[:-1], persistent(b"K\x04")[:-1]
    kept = huge + b"q\x01"
    for storage in (small[:-1] + b"h\x01Q", small + b"h\x01Q", small + b"q\x02h\x01Q"):
        with pytest.raises(pickle_scan.Unsafe, match="hides how large"):
            pickle_scan.scan(io.BytesIO(rebuilt(kept + storage, VECTOR)))


def test_that_an_old_file_cannot_ask_for_more_than_it_holds(tmp_path, monkeypatch):
    whole = saved({"x": torch.arange(4.0)}, zipped=False)
    at = whole.index(b"K\x04Ntq")  # numbers of the storage, and no view
    huge = whole[:at] + b"J\xff\xff\xff\x7f" + whole[at + 2 :]
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("asked torch"))
    assert "it is cut off" in refused(tmp_path, huge)


def test_that_endless_instructions_are_not_followed(monkeypatch):
    monkeypatch.setattr(pickle_scan, "_MOST", 1000)
    with pytest.raises(pickle_scan.Unsafe, match="not a plain list"):
        pickle_scan.scan(io.BytesIO(b"\x80\x02" + b"N" * 2000 + b"."))


def test_that_a_header_of_safetensors_is_bounded(tmp_path):
    for length in (1 << 20 | 8, 1 << 62, 500):
        data = struct.pack("<Q", length) + b'{"x":' + bytes(400)
        assert "not a file of weights" in refused(tmp_path, data)
    deep = b'{"x":' + b"[" * 100_000
    assert "damaged" in refused(tmp_path, struct.pack("<Q", len(deep)) + deep)


def test_that_want_of_memory_is_not_taken_for_damage(tmp_path):
    with pytest.raises(MemoryError), inputs.reading(tmp_path):
        raise MemoryError
