"""MFF-GAN's TensorFlow files: where things lie, their order, and damage."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from mfgui.core.errors import InputError
from mfgui.nets import mff_gan, sorted_table, tensor_bundle
from mfgui.nets.weights import loaded, read
from tests.nets import literal, published
from tests.nets.published import bundle, content, crc32c, entry, masked, numeric, table

# Byte offsets of some tensors in the published files.
PLACES = {
    "discriminator/layer_1/b_1": 0,
    "discriminator/layer_1/w_1": 128,
    "discriminator/layer_2/BatchNorm/beta": 1280,
    "discriminator/layer_2/BatchNorm/moving_variance": 2048,
    "discriminator/layer_3/w_3": 78848,
    "discriminator/line_5/b_5": 1558528,
    "discriminator/line_5/w_5": 1558532,
    "fusion_model/layer1/b1": 1562628,
    "fusion_model/layer1_far/w1_far": 1564356,
    "fusion_model/layer2_3/w2_3": 1575300,
    "fusion_model/layer2_3_far/b2_3_far": 1577348,
    "fusion_model/layer2_far/w2_far": 1579524,
    "fusion_model/layer3_4_far/w3_4_far": 1618628,
    "fusion_model/layer4/w4": 1648452,
    "fusion_model/layer5/w5": 1722248,
}


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> Path:
    """A bundle of the published size."""
    return bundle(tmp_path_factory.mktemp("full"), published.mff_gan())


def test_that_our_bundle_lies_like_the_published_one(full):
    numbers = full.with_name(f"{full.name}.data-00000-of-00001")
    assert numbers.stat().st_size == 1_722_760
    listed = sorted_table.entries(full.with_name(f"{full.name}.index").read_bytes())
    assert len(listed) == 48
    assert {name: listed[name].offset for name in PLACES} == PLACES


@pytest.mark.parametrize("ending", ["", ".index", ".data-00000-of-00001", ".meta"])
def test_that_either_file_or_their_common_name_is_enough(full, ending):
    arrays = published.mff_gan()
    found = read(full.with_name(full.name + ending))
    assert (found.network, found.sizes, found.origin) == ("mff-gan", {"width": 16}, "authors")
    kernel = arrays["fusion_model/layer3_4_far/w3_4_far"]
    np.testing.assert_array_equal(
        found.tensors["far.exchange3.weight"], kernel.transpose(3, 2, 0, 1)
    )


@pytest.mark.parametrize("width", [3, 6])
def test_that_the_generator_computes_what_the_table_of_the_paper_says(tmp_path, width):
    arrays = published.mff_gan(width)
    network = loaded(bundle(tmp_path, arrays)).network.double()
    rng = np.random.default_rng(0)
    near, far = (torch.from_numpy(rng.uniform(-1, 1, (2, 1, 9, 14))) for _ in range(2))
    with torch.inference_mode():
        found = network(near, far)
    expected = literal.mff_gan(arrays, near, far)
    assert float(expected.std()) > 1e-3
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_that_the_discriminator_flattens_rows_columns_channels(tmp_path):
    arrays = published.mff_gan(4)
    critic = mff_gan.Discriminator(width=8)
    state = tensor_bundle.discriminator(bundle(tmp_path, arrays))
    critic.load_state_dict(state, strict=False)
    np.testing.assert_array_equal(
        state["layers.6.running_var"], arrays["discriminator/layer_3/BatchNorm/moving_variance"]
    )
    x = torch.from_numpy(np.random.default_rng(0).uniform(0, 1, (3, 1, 60, 60)))
    with torch.no_grad():
        found = critic.double().train()(x)
    expected = literal.mff_gan_discriminator(arrays, x)
    assert np.std(expected) > 1e-3
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8)


def test_that_other_tensors_beside_them_do_not_matter(tmp_path):
    arrays = published.mff_gan(2) | {"fusion_model/layer1/w1/Adam": np.ones(3, np.float32)}
    assert read(bundle(tmp_path, arrays)).sizes == {"width": 2}


def test_a_checksum_against_the_known_one():
    # The value of CRC-32C for this string, as in every description of it.
    assert crc32c(b"123456789") == 0xE3069283
    assert sorted_table.masked_checksum(b"123456789") == masked(0xE3069283)


@pytest.mark.parametrize("per_block", [1, 7, 100])
def test_a_table_of_many_blocks(per_block):
    names = sorted(f"name/{index % 7}/{index}".encode() for index in range(60))
    values = {name: entry((at,), 4 * at, 4 * at, at) for at, name in enumerate(names)}
    found = sorted_table.entries(table({b"": published.HEADER} | values, per_block=per_block))
    assert list(found) == [name.decode() for name in names]
    for index, name in enumerate(names):
        assert found[name.decode()] == sorted_table.Entry((index,), 4 * index, 4 * index, index)


class Files:
    """A small bundle whose parts can be written anew."""

    def __init__(self, folder: Path) -> None:
        self.prefix = bundle(folder, published.mff_gan(2))
        self.index = self.prefix.with_name(f"{self.prefix.name}.index")
        self.data = self.prefix.with_name(f"{self.prefix.name}.data-00000-of-00001")
        self.numbers = self.data.read_bytes()
        self.listed = {b"": published.HEADER}
        for name, place in sorted_table.entries(self.index.read_bytes()).items():
            found = entry(place.shape, place.offset, place.size, place.checksum)
            self.listed[name.encode()] = found

    def refused(self) -> str:
        """What is said of all three names, without where the files lie."""
        said = ""
        for path in (self.data, self.index, self.prefix):
            with pytest.raises(InputError) as caught:
                read(path)
            said = str(caught.value)
            assert "\n" not in said
            assert said.startswith(str(self.prefix))
        return said.replace(str(self.prefix.parent), "")


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


KERNEL = b"fusion_model/layer2/w2"  # (3, 3, 2, 2): 144 bytes
SHAPE = (3, 3, 2, 2)
HUGE = (1 << 62, 1 << 62)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (entry(SHAPE, 1 << 40, 144, 0), "outside the file of numbers"),
        (entry(SHAPE, -8, 144, 0), "outside the file of numbers"),
        (entry(SHAPE, 0, 144, 0), "two tensors lie in the same place"),
        (entry(HUGE, 0, 144, 0), "another size than its shape"),
        (entry((1 << 62, 4), 0, 0, 0), "another size than its shape"),
        (entry((3, 3, 2, 3), 0, 144, 0), "another size than its shape"),
        (entry((1,) * 9, 0, 4, 0), "another size than its shape"),
        (entry((0, 1 << 62), 1 << 62, 0, 0), "outside the file of numbers"),
        (entry((-1, -36), 0, 144, 0), "another size than its shape"),
        (entry(SHAPE, 0, 144, 0, dtype=2), "not of 32-bit floats"),
        (entry(SHAPE, 0, 144, 0, shard=1), "in slices"),
        (entry(SHAPE, 0, 144, 0) + content(7, b""), "in slices"),
        (entry(SHAPE, 0, 144, 0)[:-2], "a message is cut off"),
        (numeric(1, 1) + numeric(2, 5), "a shape is not a message"),
        (content(5, b"144") + numeric(1, 1), "a field is not a number"),
        (b"\x0b", "no known kind"),
        (b"\xff" * 11, "a number is too long"),
    ],
)
def test_that_a_tensor_that_contradicts_itself_is_refused(files, value, said):
    files.listed[KERNEL] = value
    files.index.write_bytes(table(files.listed))
    assert said in files.refused()


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (numeric(1, 2), "in several files, or in another order of bytes"),
        (numeric(1, 1) + numeric(2, 1), "in several files, or in another order of bytes"),
        (None, "it has no header"),
    ],
)
def test_that_a_header_of_another_kind_is_refused(files, header, said):
    if header is None:
        del files.listed[b""]
    else:
        files.listed[b""] = header
    files.index.write_bytes(table(files.listed))
    assert said in files.refused()


def test_that_names_out_of_order_are_refused(files):
    files.index.write_bytes(table(dict(reversed(files.listed.items()))))
    assert "not in order" in files.refused()


def test_that_a_compressed_block_is_refused(files):
    files.index.write_bytes(table(files.listed, kind=1))
    assert "compressed" in files.refused()


def test_that_an_index_that_points_outside_is_refused(files):
    data = files.index.read_bytes()
    about = data.index(b"\0\0\0\0\1\0\0\0")  # the block that lists nothing
    first = published.varint(about) + published.varint(8)
    for place, said in ((1, "compressed|checksum"), (1 << 60, "outside the file")):
        handles = first + published.varint(place) + published.varint(7)
        files.index.write_bytes(data[:-48] + handles.ljust(40, b"\0") + data[-8:])
        with pytest.raises(InputError, match=said):
            read(files.prefix)


def test_that_one_flipped_bit_in_a_block_is_found(files):
    data = bytearray(files.index.read_bytes())
    data[data.index(published.HEADER) + len(published.HEADER) - 1] ^= 2  # the version's number
    files.index.write_bytes(data)
    assert "a block has another checksum than written" in files.refused()


def test_that_one_flipped_bit_anywhere_in_the_numbers_is_found(files):
    listed = sorted_table.entries(files.index.read_bytes())
    place = listed[KERNEL.decode()].offset + 17
    flipped = bytearray(files.numbers)
    flipped[place] ^= 4
    files.data.write_bytes(flipped)
    assert "fusion_model/layer2/w2 has another checksum than written" in files.refused()


def test_that_numbers_that_are_not_finite_are_refused(tmp_path):
    arrays = published.mff_gan(2)
    arrays["fusion_model/layer4/b4"][1] = np.nan
    with pytest.raises(InputError, match=r"near\.layer4\.bias holds numbers that are not finite"):
        read(bundle(tmp_path, arrays))


def test_that_cut_off_files_are_refused(files):
    files.data.write_bytes(files.numbers[:-1])
    assert "outside the file of numbers" in files.refused()
    files.data.write_bytes(files.numbers)
    whole = files.index.read_bytes()
    files.index.write_bytes(whole[: len(whole) // 2])
    assert "does not end like a table" in files.refused()


def test_that_a_missing_half_is_named(files):
    files.data.unlink()
    text = files.refused()
    assert f"{files.data.name}: a half of the weights is missing; put {files.data.name}" in text


def test_that_a_missing_index_is_named(files):
    files.index.unlink()
    for path in (files.index, files.data):
        with pytest.raises(InputError, match="a half of the weights is missing"):
            read(path)
    with pytest.raises(InputError, match="no such file"):
        read(files.prefix)


def test_that_a_missing_tensor_is_named(tmp_path):
    arrays = published.mff_gan(2)
    del arrays["fusion_model/layer3_far/w3_far"]
    with pytest.raises(InputError, match="fusion_model/layer3_far/w3_far is missing"):
        read(bundle(tmp_path, arrays))


def test_that_another_network_is_refused(tmp_path):
    with pytest.raises(InputError, match="not MFF-GAN's"):
        read(bundle(tmp_path, {"vgg/conv1/w": np.zeros((3, 3, 3, 64), np.float32)}))
    arrays = published.mff_gan(2)
    arrays["fusion_model/layer1/w1"] = np.zeros((5, 5, 0, 2**40), np.float32)
    with pytest.raises(InputError, match="has the shape"):
        read(bundle(tmp_path, arrays))
    arrays["fusion_model/layer1/w1"] = np.zeros((25, 2), np.float32)
    with pytest.raises(InputError, match="has the shape"):
        read(bundle(tmp_path, arrays))


def test_that_an_index_of_endless_names_is_refused(files):
    # Each name repeats the one before and adds a byte: a small file that takes much memory.
    long = {b"": published.HEADER} | {b"a" * (1 + count): b"" for count in range(2000)}
    files.index.write_bytes(table(long, per_block=16))
    assert "a name or a value lies outside its block" in files.refused()


def test_that_restarts_beyond_the_block_are_refused(files):
    block = struct.pack("<I", 1 << 30) + b"\0"
    body = block + struct.pack("<I", masked(crc32c(block)))
    handle = published.varint(0) + published.varint(4)
    footer = (handle + handle).ljust(40, b"\0") + struct.pack("<Q", sorted_table.MAGIC)
    files.index.write_bytes(body + footer)
    assert "a block is cut off" in files.refused()
