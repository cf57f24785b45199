import cv2
import numpy as np
import pytest

from mfgui.core.arrays import Size, from_float
from mfgui.core.compute import Compute
from mfgui.core.errors import UsageError
from mfgui.core.light import to_srgb
from mfgui.methods.detect.laplacian import laplacian
from mfgui.methods.optimise.mffssim import spread
from mfgui.methods.optimise.mffssim.spread import auto_window, side_length
from mfgui.methods.optimise.ms_lap import ms_lap
from mfgui.synth.layered import composed

WIDTH, HEIGHT = 360, 240


def texture(seed: int, low: float, high: float):
    """Fine noise between two brightnesses in linear light, with a margin of 20 pixels."""
    rng = np.random.default_rng(seed)
    grey = cv2.GaussianBlur(rng.random((HEIGHT + 40, WIDTH + 40), np.float32), (0, 0), 1.0)
    grey = (grey - grey.min()) / (grey.max() - grey.min())
    return np.repeat((low + (high - low) * grey)[:, :, None], 3, axis=2)


def scene(matte, radius: float, near=(0.7, 0.95), far=(0.005, 0.03)):
    """A near layer before a far one: frames focused on either, truth, true labels."""
    layers = [(texture(1, *near), matte), (texture(2, *far), np.ones_like(matte))]
    inner = (slice(20, -20), slice(20, -20))
    pictures = [to_srgb(composed(layers, r)[inner]) for r in ([0, radius], [radius, 0], [0, 0])]
    frames = [from_float(picture, "uint8") for picture in pictures[:2]]
    return frames, pictures[2], np.where(matte[inner] > 0.5, 1, 2).astype(np.uint8)


def cup(radius: float, **brightness):
    """A disc before a ground, by default bright before dark."""
    matte = np.zeros((HEIGHT + 40, WIDTH + 40), np.float32)
    cv2.circle(matte, (WIDTH // 2 + 20, HEIGHT // 2 + 20), 70, 1.0, -1, cv2.LINE_AA)
    return scene(matte, radius, **brightness)


def bars(width: int, radius: float):
    """Upright bars, bright before dark, 80 pixels apart."""
    matte = np.zeros((HEIGHT + 40, WIDTH + 40), np.float32)
    for column in range(20, WIDTH + 40, 80):
        matte[:, column : column + width] = 1.0
    return scene(matte, radius)


def grown(labels, pixels: int):
    """The map with the region of source 1 grown by a disc, as a wide detector window does."""
    side = 2 * pixels + 1
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.where(cv2.dilate((labels == 1).astype(np.uint8), element), 1, 2).astype(np.uint8)


def psnr(image, truth):
    return -10 * np.log10(np.mean((image.astype(np.float64) - truth) ** 2))


def fused(frames, labels, window: int):
    *_, last = ms_lap(frames, labels, compute=Compute(), window=window)
    return last.image


@pytest.mark.parametrize("radius", [4.0, 8.0])
def test_that_the_window_is_the_widest_before_the_ghost_of_the_rim(radius):
    frames, truth, _ = cup(radius)
    detected = laplacian(frames, compute=Compute(), window=25)
    found = auto_window(frames, detected)
    scores = {side: psnr(fused(frames, detected, side), truth) for side in (found.window, 25)}
    assert found.bound == "ghosts"
    assert scores[found.window] > scores[25] + 3.0


def test_that_the_band_is_as_wide_as_the_map_is_wrong():
    frames, _, labels = cup(3.0)
    widths = [auto_window(frames, grown(labels, pixels)).band for pixels in (6, 12, 18)]
    assert widths == [pytest.approx(pixels, abs=3) for pixels in (6, 12, 18)]


def test_that_a_map_that_fits_gets_a_small_window():
    alike = {"near": (0.2, 0.6), "far": (0.2, 0.6)}
    frames, _, labels = cup(3.0, **alike)
    assert auto_window(frames, labels).window <= 5
    assert auto_window(frames, grown(labels, 10)).window >= 15


def test_that_thin_parts_bound_the_window():
    frames, _, labels = bars(7, 3.0)
    found = auto_window(frames, labels)
    assert (found.window, found.bound) == (7, "thin parts")
    frames, _, labels = bars(41, 3.0)
    assert auto_window(frames, labels).window > 7


def test_that_the_grain_of_a_map_where_sources_are_alike_does_not_count():
    frames, _, labels = cup(3.0)
    grainy = grown(labels, 5)
    expected = auto_window(frames, grainy).bound
    frames[0][:40] = frames[1][:40] = 40
    grainy[:40] = (
        np.random.default_rng(0).integers(1, 3, (10, WIDTH // 4)).repeat(4, 0).repeat(4, 1)
    )
    assert expected != "thin parts"
    assert auto_window(frames, grainy).bound != "thin parts"


def test_that_grain_thinner_than_the_smallest_window_does_not_count():
    frames, _, labels = cup(3.0)
    grainy = labels.copy()
    grainy[:40] = np.random.default_rng(0).integers(1, 3, (40, WIDTH))
    frames[0][:40] = 200
    places = spread._boundary(grainy, 2)
    assert np.median(places[:, 2]) < 3
    assert spread._thickness(frames, places) >= 3


def test_that_the_depth_of_the_pixels_changes_nothing():
    frames, _, labels = cup(4.0)
    detected = grown(labels, 5)
    deep = [frame.astype(np.uint16) * 257 for frame in frames]
    real = [frame.astype(np.float32) / np.float32(255) for frame in frames]
    expected = auto_window(frames, detected)
    assert auto_window(deep, detected) == expected
    assert auto_window(real, detected) == expected
    assert auto_window(frames, detected) == expected


def test_that_a_stack_counts_each_label_against_all_others():
    frames, _, labels = cup(4.0)
    third = labels.copy()
    third[:, WIDTH // 2 :][labels[:, WIDTH // 2 :] == 2] = 3
    found = auto_window([*frames, frames[1]], third)
    assert found.band is not None
    assert found.window % 2 == 1


def test_that_a_map_without_boundary_gets_the_smallest_window():
    frames, _, labels = cup(4.0)
    found = auto_window(frames, np.ones_like(labels))
    assert (found.window, found.band) == (3, None)
    assert "no boundary" in found.reason


def test_that_boundaries_with_ignored_pixels_are_none():
    frames, _, labels = cup(4.0)
    ignored = np.where(labels == 1, 1, 255).astype(np.uint8)
    assert auto_window(frames, ignored).band is None


@pytest.mark.parametrize("shape", [(3, 3), (4, 90), (90, 5), (23, 31)])
def test_that_tiny_pictures_get_a_window_that_fits(shape):
    rng = np.random.default_rng(3)
    frames = [rng.integers(0, 256, (*shape, 1), np.uint8) for _ in range(2)]
    labels = rng.integers(1, 3, shape).astype(np.uint8)
    window = auto_window(frames, labels).window
    assert window % 2 == 1
    assert 3 <= window <= min(shape)


def test_that_a_picture_without_room_for_any_window_is_refused():
    frames = [np.zeros((2, 40, 3), np.uint8)] * 2
    labels = np.ones((2, 40), np.uint8)
    with pytest.raises(UsageError, match="larger than the image"):
        side_length("auto", frames, labels)


def test_that_other_rules_are_those_of_the_size():
    frames, _, labels = cup(4.0)
    sides = [side_length(rule, frames, labels) for rule in ("paper", "released", 17)]
    size = Size(WIDTH, HEIGHT)
    assert sides == [spread.window_size(rule, size) for rule in ("paper", "released", 17)]


def test_that_pieces_at_the_border_are_continued():
    plane = np.arange(12, dtype=np.uint8).reshape(3, 4)
    piece = spread._cut(plane, -2, 1, 4)
    assert piece.tolist() == [[1, 2, 3, 3], [1, 2, 3, 3], [1, 2, 3, 3], [5, 6, 7, 7]]


def test_that_the_change_is_that_of_a_direct_vote():
    """One vote of all windows over a small picture, window by window, in float64."""
    rng = np.random.default_rng(5)
    side = spread._SIDE
    sources = [rng.random((side, side), np.float32) for _ in range(2)]
    labels = np.where(np.arange(side) < 40, 1, 2)[None].repeat(side, axis=0).astype(np.uint8)
    own = np.where(labels == 1, *sources).astype(np.float64)
    changed = reached = 0.0
    edge = spread._MARGIN
    for row in range(edge, side - edge):
        for column in range(34, 46):
            votes, shares = [], []
            for i in range(row - 2, row + 3):
                for j in range(column - 2, column + 3):
                    window = own[i - 2 : i + 3, j - 2 : j + 3]
                    votes.append(1 / (2 * window.var() + 0.03**2))
                    shares.append(labels[i, j] != labels[row, column])
            foreign = np.average(shares, weights=votes)
            source = sources[2 - labels[row, column]]
            changed += (foreign * (source[row, column] - own[row, column])) ** 2
            reached += np.mean(shares) ** 2
    tiles = spread._Tiles(1, sources, labels)
    assert spread._change(tiles, 5) == pytest.approx(changed / reached, rel=1e-4)
