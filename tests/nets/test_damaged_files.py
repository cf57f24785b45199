"""Files damaged by chance: what is read is right, or one clear line says that it is not."""

import struct
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mfgui.core.errors import InputError
from mfgui.nets import sorted_table, torch_files
from mfgui.nets.weights import Weights, read, write
from tests.nets import published
from tests.nets.archives import archived, repacked, saved

STATE = published.mufusion(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def valid(folder) -> dict[str, bytes]:
    """Small files that are read, by kind."""
    path = folder / "ours.safetensors"
    write(path, Weights("mufusion", {"width": 1}, STATE))
    return {
        "zip": saved(STATE),
        "old": saved(STATE, zipped=False),
        "ours": path.read_bytes(),
    }


def survived(path: Path) -> Weights | None:
    """What is read, or None after a clear line."""
    try:
        return read(path)
    except InputError as error:
        said = str(error)
    assert "\n" not in said
    return None


def flipped(data: bytes, flips: list[tuple[float, int]]) -> bytes:
    changed = bytearray(data)
    for place, bit in flips:
        changed[int(place * len(changed))] ^= 1 << bit
    return bytes(changed)


def same(found: Weights, state: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(found.tensors[name], tensor) for name, tensor in state.items())


FLIPS = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7)), min_size=1, max_size=3
)
fuzzed = settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("kind", ["zip", "old", "ours"])
def test_that_flipped_bits_never_raise_anything_else(folder, valid, kind):
    path = folder / f"flipped {kind}"
    path.write_bytes(valid[kind])
    assert survived(path) is not None

    @fuzzed
    @given(FLIPS)
    def check(flips):
        path.write_bytes(flipped(valid[kind], flips))
        found = survived(path)
        if kind == "zip" and found is not None:  # its members have checksums
            assert same(found, STATE)

    check()


def test_that_flipped_instructions_with_a_right_checksum_never_raise_anything_else(folder, valid):
    path = folder / "instructions"

    @fuzzed
    @given(FLIPS)
    def check(flips):
        def change(name, member):
            return flipped(member, flips) if name == "data.pkl" else member

        path.write_bytes(repacked(valid["zip"], change))
        survived(path)

    check()


@pytest.mark.parametrize("kind", ["zip", "old", "ours"])
def test_that_cut_off_files_are_refused(folder, valid, kind):
    path = folder / f"cut {kind}"
    data = valid[kind]
    for length in {*range(0, 64), *range(64, len(data), 97), len(data) - 1}:
        path.write_bytes(data[:length])
        assert survived(path) is None


@given(
    st.sampled_from([b"", b"PK\3\4", b"PK\5\6", torch_files.LEGACY, b"\x10\0\0\0\0\0\0\0{"]),
    st.binary(max_size=300),
)
def test_that_random_bytes_never_raise_anything_else(folder, start, data):
    path = folder / "random"
    path.write_bytes(start + data)
    assert survived(path) is None


@fuzzed
@given(st.binary(max_size=60))
def test_that_random_instructions_never_raise_anything_else(folder, data):
    path = folder / "random instructions"
    path.write_bytes(archived(b"\x80\x02" + data + b"."))
    assert survived(path) is None


@pytest.fixture(scope="module")
def small_bundle(folder) -> tuple[Path, Weights]:
    prefix = published.bundle(folder, published.mff_gan(1))
    return prefix, read(prefix)


@pytest.mark.parametrize("ending", [".index", ".data-00000-of-00001"])
def test_that_flipped_bits_in_a_bundle_change_nothing_or_are_found(small_bundle, ending):
    prefix, before = small_bundle
    path = prefix.with_name(prefix.name + ending)
    data = path.read_bytes()

    @fuzzed
    @given(FLIPS)
    def check(flips):
        path.write_bytes(flipped(data, flips))
        found = survived(prefix)
        assert found is None or same(found, dict(before.tensors))

    try:
        check()
    finally:
        path.write_bytes(data)


@given(st.binary(max_size=200), st.booleans())
def test_that_random_blocks_and_messages_are_values_that_are_wrong(data, signed):
    for read_all in (sorted_table._entries_of, sorted_table._fields, sorted_table._table):
        with suppress(ValueError):
            list(read_all(data + struct.pack("<Q", sorted_table.MAGIC) * signed))
    with suppress(ValueError):
        sorted_table._entry(data)
