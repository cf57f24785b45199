"""Guides: every rectangle has the values of the whole, whatever the depth; sides of sources."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from mfgui.core.arrays import Rect, Size, to_float
from mfgui.core.snapping import FusedGuide, LuminanceGuide, SharpnessGuide, SidedGuide
from mfgui.core.snapping.decision import View, decided
from mfgui.core.snapping.filters import fitted, sharpness
from mfgui.core.snapping.guide import Tiles, tiles_of
from tests.core.pairs import disc, focused

WHOLE = Rect(0, 0, 400, 300)


@pytest.fixture(scope="module")
def pair() -> list[npt.NDArray[np.uint8]]:
    return focused([disc(400, 300, centre=(230, 150), radius=70)], seed=1)


def test_any_rectangle_has_the_values_of_the_whole(pair: list[npt.NDArray[np.uint8]]) -> None:
    whole = SharpnessGuide(pair).read(WHOLE)
    rng = np.random.default_rng(0)
    guide = SharpnessGuide(pair)
    for _ in range(12):
        x, y = int(rng.integers(0, 399)), int(rng.integers(0, 299))
        rect = Rect(x, y, int(rng.integers(1, 401 - x)), int(rng.integers(1, 301 - y)))
        np.testing.assert_array_equal(guide.read(rect), whole[rect.slices])


def test_tiles_join_without_a_seam(pair: list[npt.NDArray[np.uint8]]) -> None:
    """As if the picture were one tile, but for the rounding of running sums."""
    tiled = SharpnessGuide(pair).evidence(WHOLE, 1)
    views = [View.of(to_float(pixels)) for pixels in pair]
    at_once = decided(*views).astype(np.float32) / 100
    apart = np.abs(tiled - at_once)
    assert float(apart.mean()) < 0.005
    for beside in (apart[:, 252:260], apart[252:260]):
        assert float(beside.mean()) < 0.005


def test_the_border_of_sharpness_is_the_edge_of_the_object(
    pair: list[npt.NDArray[np.uint8]],
) -> None:
    """A near disc; the difference of sharpness alone would be off by the blur."""
    near = disc(400, 300, centre=(230, 150), radius=70)
    wrong = (SharpnessGuide(pair).read(WHOLE) < 0) != near
    assert wrong.sum() / (2 * np.pi * 70) < 1.0


def test_sides_are_opposite_for_two_sources(pair: list[npt.NDArray[np.uint8]]) -> None:
    guide = SharpnessGuide(pair)
    rect = Rect(150, 90, 120, 77)
    np.testing.assert_array_equal(guide.evidence(rect, 1), -guide.evidence(rect, 2))
    np.testing.assert_array_equal(guide.evidence(rect, 2), guide.read(rect))
    assert isinstance(guide, SidedGuide)


@pytest.mark.parametrize("depth", ["uint16", "float32"])
def test_depths_give_the_same_guide(pair: list[npt.NDArray[np.uint8]], depth: str) -> None:
    stored = [
        pixels.astype(np.uint16) * 257 if depth == "uint16" else to_float(pixels) for pixels in pair
    ]
    expected, given = SharpnessGuide(pair).read(WHOLE), SharpnessGuide(stored).read(WHOLE)
    assert float(np.abs(expected - given).max()) <= 0.02
    light = LuminanceGuide(pair[0]).read(WHOLE), LuminanceGuide(stored[0]).read(WHOLE)
    assert float(np.abs(light[0] - light[1]).max()) < 1e-3


def test_grey_is_as_equal_channels(pair: list[npt.NDArray[np.uint8]]) -> None:
    grey = [pixels[:, :, 1:2] for pixels in pair]
    three = [np.repeat(pixels, 3, axis=2) for pixels in grey]
    one, other = SharpnessGuide(grey).read(WHOLE), SharpnessGuide(three).read(WHOLE)
    assert float(((one > 0) == (other > 0)).mean()) > 0.99


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 1), (1, 7), (3, 3), (9, 2), (17, 33)])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_tiny_pictures(width: int, height: int, channels: int, k: int) -> None:
    rng = np.random.default_rng(2)
    frames = [rng.integers(0, 256, (height, width, channels), np.uint8) for _ in range(k)]
    rect = Rect(0, 0, width, height)
    for guide in (SharpnessGuide(frames), LuminanceGuide(frames[0]), FusedGuide(frames[0])):
        values = guide.read(rect)
        assert values.shape == (height, width)
        assert np.isfinite(values).all()
        assert guide.size == Size(width, height)


def test_three_sources_and_their_corner() -> None:
    """Two near discs of different depths that overlap, before a background."""
    shapes = [
        disc(400, 300, centre=(150, 150), radius=80),
        disc(400, 300, centre=(260, 150), radius=80),
    ]
    truth = np.where(shapes[0], 1, np.where(shapes[1], 2, 3))
    guide = SharpnessGuide(focused(shapes, seed=3))
    values = guide.read(WHOLE)
    assert set(np.unique(values).tolist()) <= {-2.0, 0.0, 2.0}
    assert float((values == 2 * truth - 4).mean()) > 0.98
    for number, (x, y) in ((1, (150, 150)), (2, (300, 150)), (3, (30, 30))):
        spot = Rect(x - 2, y - 2, 5, 5)
        assert guide.side(spot, np.ones((5, 5), np.bool_)) == number
        assert float(guide.evidence(spot, number).min()) > 0
        others = {1, 2, 3} - {number}
        assert all(float(guide.evidence(spot, other).max()) < 0 for other in others)


def test_many_sources_read_only_what_is_near() -> None:
    """Of 40 sources the two that are sharp somewhere decide, whichever they are."""
    pair = focused([disc(300, 200, centre=(150, 100), radius=60)], seed=4)
    flat = np.full_like(pair[0], 128)
    stack = [flat] * 17 + [pair[0]] + [flat] * 10 + [pair[1]] + [flat] * 11
    guide = SharpnessGuide(stack)
    inside = disc(300, 200, centre=(150, 100), radius=60)
    values = guide.read(Rect(0, 0, 300, 200))
    assert float((values[inside] == 2 * 18 - 41).mean()) > 0.97
    assert float((values[~inside] == 2 * 29 - 41).mean()) > 0.97


def test_reduced_evidence_tells_the_same(pair: list[npt.NDArray[np.uint8]]) -> None:
    guide = SharpnessGuide(pair)
    rect = Rect(64, 32, 301, 200)
    fine, coarse = guide.evidence(rect, 1), guide.evidence(rect, 1, step=2)
    assert coarse.shape == (100, 151)
    sure = np.abs(fine[::2, ::2]) > 0.5
    assert float(((fine[::2, ::2] > 0) == (coarse > 0))[sure].mean()) > 0.98


def test_the_fit_is_the_guided_filter() -> None:
    """The literal definition at half resolution: one system of equations for each window."""
    rng = np.random.default_rng(5)
    image = np.kron(rng.random((14, 16, 3)), np.ones((2, 2, 1))).astype(np.float32)
    wanted = np.kron(rng.random((14, 16)), np.ones((2, 2))).astype(np.float32)
    half, target, reach = image[::2, ::2], wanted[::2, ::2], 2
    around = ((reach, reach), (reach, reach))
    wide = np.pad(half, (*around, (0, 0)), mode="symmetric").astype(np.float64)
    goal = np.pad(target, around, mode="symmetric").astype(np.float64)
    slopes, offsets = np.empty((14, 16, 3)), np.empty((14, 16))
    for row in range(14):
        for column in range(16):
            colours = wide[row : row + 5, column : column + 5].reshape(-1, 3)
            values = goal[row : row + 5, column : column + 5].ravel()
            centred = colours - colours.mean(axis=0)
            spread = centred.T @ centred / 25 + 1e-3 * np.eye(3)
            slopes[row, column] = np.linalg.solve(spread, centred.T @ values / 25)
            offsets[row, column] = values.mean() - slopes[row, column] @ colours.mean(axis=0)
    wide_slopes = np.pad(slopes, (*around, (0, 0)), mode="symmetric")
    wide_offsets = np.pad(offsets, around, mode="symmetric")
    expected = np.empty((14, 16))
    for row in range(14):
        for column in range(16):
            slope = wide_slopes[row : row + 5, column : column + 5].reshape(-1, 3).mean(axis=0)
            offset = wide_offsets[row : row + 5, column : column + 5].mean()
            expected[row, column] = slope @ half[row, column] + offset
    given = fitted(wanted, image, radius=4, epsilon=1e-3)
    # The coefficients are enlarged linearly: the mean of a block of four is that of its corner.
    blocks = given.reshape(14, 2, 16, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(blocks[2:-2, 2:-2], expected[2:-2, 2:-2], atol=0.03)


def test_sharpness_is_the_root_of_the_mean_squared_laplacian() -> None:
    image = np.zeros((41, 41, 3), np.float32)
    image[20, 20] = 1
    kernel = np.array([[2, 0, 2], [0, -8, 0], [2, 0, 2]], float)  # OpenCV's of size 3
    squares = np.zeros((41, 41))
    squares[19:22, 19:22] = kernel**2
    y, x = np.mgrid[-8:9, -8:9]
    window = np.exp(-(x**2 + y**2) / 8.0)
    window /= window.sum()
    expected = sum(
        squares[20 + dy, 20 + dx] * window[8 - dy, 8 - dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)
    )
    assert sharpness(image, sigma=2.0)[20, 20] == pytest.approx(np.sqrt(expected), rel=0.02)


def test_tiles_keep_to_their_budget() -> None:
    tiles = Tiles(byte_budget=250)
    made: list[int] = []

    def make(key: int) -> npt.NDArray[np.int8]:
        made.append(key)
        return np.full(100, key, np.int8)

    for key in (1, 2, 1, 3, 1, 2):
        assert tiles.get(key, lambda key=key: make(key))[0] == key
    assert made == [1, 2, 3, 2]
    assert tiles.nbytes == 200
    assert [tile.x for tile in tiles_of(Rect(255, 0, 2, 1))] == [0, 256]


def test_fused_guide_reads_rectangles() -> None:
    rng = np.random.default_rng(6)
    picture = rng.random((300, 520, 3)).astype(np.float32)
    asked: list[Rect] = []

    def pixels(rect: Rect) -> npt.NDArray[np.float32]:
        asked.append(rect)
        return picture[rect.slices]

    guide = FusedGuide(pixels, size=Size(520, 300))
    rect = Rect(250, 10, 20, 30)
    first = guide.read(rect)
    assert all(one.intersected(Rect(0, 0, 520, 300)) == one for one in asked)
    count = len(asked)
    np.testing.assert_array_equal(guide.read(rect), first)
    assert len(asked) == count
    np.testing.assert_array_equal(
        FusedGuide(picture).read(Rect(0, 0, 520, 300))[rect.slices], first
    )
    with pytest.raises(ValueError, match="size"):
        FusedGuide(pixels)


def test_a_deep_stack_keeps_to_the_depth_of_the_brush() -> None:
    """A slope from source 1 at the left to source 24 at the right."""
    rng = np.random.default_rng(9)
    height, width, k = 120, 600, 24
    texture = cv2.GaussianBlur(rng.random((height, width, 3)).astype(np.float32), (0, 0), 1.0)
    texture = np.clip(0.5 + 3 * (texture - texture.mean()), 0, 1)
    blurs = [texture] + [cv2.GaussianBlur(texture, (0, 0), 0.6 * step) for step in range(1, k)]
    depth = np.arange(width) * k // width
    frames = []
    for source in range(k):
        columns = [blurs[abs(int(at) - source)][:, x] for x, at in enumerate(depth)]
        frames.append((np.stack(columns, axis=1) * 255).astype(np.uint8))
    guide = SharpnessGuide(frames)
    spot = Rect(309, 50, 9, 20)  # source 13 has columns 300 ... 324
    number = guide.side(spot, np.ones((20, 9), np.bool_))
    assert number == 13
    sure = guide.evidence(Rect(0, 20, width, 80), number).mean(axis=0)
    assert float(sure[306:319].min()) > 0
    assert float(sure[:280].max()) < 0
    assert float(sure[345:].max()) < 0
    assert max(float(sure[:200].max()), float(sure[420:].max())) < -0.3
