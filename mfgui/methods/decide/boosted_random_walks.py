"""Boosted random walks: a fine and a robust focus map, and who is believed where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import LabelArray, PixelArray, Rect, Size
from mfgui.core.compute import Compute
from mfgui.core.stripes import stripe_rows, stripes
from mfgui.methods.decision import Decision, in_sequence
from mfgui.methods.filters.guided import GuidedFilter
from mfgui.methods.planes import Plane, blend, grey, in_tiles
from mfgui.methods.registry import Family, Kind, Notes, Parameter, method

Exact: TypeAlias = npt.NDArray[np.float64]  # (H, W)

_FINE, _ROBUST = 3.0, 8.0  # standard deviations of the windows, px
_EPSILON = 0.01
_SMOOTHNESS, _ROUNDS, _ATTENUATION = 300.0, 3, 4.0  # of the fast global smoother
_TOLERANCE = 1e-6


@method(
    "brw",
    kind=Kind.DECISION,
    title="Boosted random walks",
    summary="Random walks choose per pixel between a fine and a robust focus map.",
    reference="Ma, Zhou, Wang, Miao and Zong, Neurocomputing 335, 2019",
    family=Family.LITERATURE,
    smallest=16,
    notes=Notes(
        idea=(
            "The structure tensors of the sources are compared in a small and in a large window, "
            "and both maps are smoothed along the edges of the first source. Random walks from "
            "the pixels where a map is sure of itself say which of the two is believed where."
        ),
        complexity="O(H W C K)",
        memory="About 90 bytes per pixel; 380 where the equations are solved",
        strengths="Sharp borders without the speckle that a small window alone leaves.",
        failures=(
            "The first source is the guide, so the order of the sources matters; small defocused "
            "parts inside a large sharp one are lost where the small window is unsure."
        ),
    ),
)
def brw(
    images: Sequence[PixelArray],
    *,
    compute: Compute,
    walks: Annotated[
        Literal["boosted", "solved"],
        Parameter(
            "How random walks are computed: by the fast global smoother, or from their equations",
            choices=("boosted", "solved"),
            advanced=True,
        ),
    ] = "boosted",
) -> Decision:
    """Decide by the larger structure tensor, at the scale that random walks point to.

    With backward differences of the grey sources, structure tensors averaged by Gaussians of
    sigma 3 and 8 px and their square-rooted eigenvalues s and t, a source is focused where
    sqrt((s + t)^2 + (s - t)^2 / 2) is larger. The two maps are smoothed by guided filters
    (radius 5 and 11, epsilon 0.01, grey first source as the guide). A map is sure of itself,
    h = 1, below and above the quantiles of its own values that lie between its two most common
    ones; these h are the seeds of random walks on the grid of pixels (equation 18, weights
    exp(-d^2 / 0.05)), which the boosted form (section 2.3) replaces by the ratio of two
    smoothed planes of seeds. The fine map counts where its share is above one half.

    As in the authors' program, the upper quantile of the robust map is counted on the values
    of the fine one. More than two sources are fused one after another.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Two or more sources, as stored.
    walks : {"boosted", "solved"}
        Either way the thresholds are those the authors use with it.

    Returns
    -------
    Decision
        With the weight of source 1. Time O(H W C K); memory about 90 bytes per pixel.
    """

    def pair(first: PixelArray, second: PixelArray) -> Decision:
        return _pair(first, second, walks == "boosted", compute)

    return in_sequence(pair, images, compute=compute)


def _pair(first: PixelArray, second: PixelArray, boosted: bool, compute: Compute) -> Decision:
    guide = grey(first).astype(np.float64)
    fine, robust = _focus_maps(first, second, compute)
    fine = _guided(guide, fine, 5, compute)
    robust = _guided(guide, robust, 11, compute)
    kept = (0.9, 0.8) if boosted else (0.95, 0.9)
    compute.checkpoint()
    counts = histogram(fine)
    compute.checkpoint()
    seeds_fine = sure(fine, kept[0], counts, counts)
    compute.checkpoint()
    low = histogram(robust)
    compute.checkpoint()
    seeds_robust = sure(robust, kept[1], low, counts)
    if boosted:
        share = smoothed_share(guide, seeds_fine, seeds_robust, compute)
    else:
        share = random_walks(guide, seeds_fine, seeds_robust, compute)
    chosen = np.where(share > 0.5, fine, robust)
    weight = np.clip(chosen, 0.0, 1.0)
    labels: LabelArray = np.where(weight >= 0.5, np.uint8(1), np.uint8(2))
    return Decision(labels, lambda: blend(first, second, weight, compute=compute), weight)


def _focus_maps(first: PixelArray, second: PixelArray, compute: Compute) -> tuple[Plane, Plane]:
    """1 where the first source has the larger structure, at the fine and at the robust scale."""
    height, width, _ = first.shape
    fine: Plane = np.empty((height, width), np.float32)
    robust: Plane = np.empty((height, width), np.float32)

    def work(wide: Rect, inner: Rect) -> None:
        sources = [grey(image[wide.slices]).astype(np.float64) for image in (first, second)]
        part = Rect(inner.x - wide.x, inner.y - wide.y, inner.width, inner.height).slices
        for plane, sigma in ((fine, _FINE), (robust, _ROBUST)):
            compute.checkpoint()
            one, two = (structure(source, sigma) for source in sources)
            plane[inner.slices] = (one > two)[part]

    in_tiles(Size(width, height), work, reach=_side(_ROBUST) // 2 + 1, compute=compute)
    return fine, robust


def _guided(guide: Exact, plane: Plane, radius: int, compute: Compute) -> Plane:
    filtered = np.empty_like(plane)
    height, width = plane.shape

    def work(wide: Rect, inner: Rect) -> None:
        part = Rect(inner.x - wide.x, inner.y - wide.y, inner.width, inner.height).slices
        smooth = GuidedFilter(guide[wide.slices], radius=radius, epsilon=_EPSILON)
        filtered[inner.slices] = smooth(plane[wide.slices])[part]

    in_tiles(Size(width, height), work, reach=2 * radius, compute=compute, side=512)
    return filtered


def _side(sigma: float) -> int:
    """Odd width of the window of a Gaussian."""
    return int(np.ceil(6 * sigma)) | 1


def structure(plane: Exact, sigma: float) -> Exact:
    """(s + t)^2 + (s - t)^2 / 2 for the square-rooted eigenvalues s, t of the structure tensor.

    As s^2 + t^2 is its trace and s t the root of its determinant, this is 3/2 trace +
    sqrt(determinant). Backward differences, 0 at the first column and row; borders mirrored.
    """
    across = np.diff(plane, axis=1, prepend=plane[:, :1])
    down = np.diff(plane, axis=0, prepend=plane[:1])
    side = (_side(sigma), _side(sigma))
    xx, xy, yy = (
        cv2.GaussianBlur(product, side, sigma, borderType=cv2.BORDER_REFLECT)
        for product in (across * across, across * down, down * down)
    )
    found: Exact = np.sqrt(np.maximum(xx * yy - xy * xy, 0.0))
    found += 1.5 * (xx + yy)
    return found


def histogram(plane: npt.NDArray[Any]) -> Exact:
    """How many values lie in each of 256 bins, the two fullest bins emptied."""
    bins = np.rint(np.clip(plane, 0.0, 1.0) * 255.0).astype(np.uint8)
    counts: Exact = np.bincount(bins.ravel(), minlength=256).astype(np.float64)
    counts[np.argsort(counts, kind="stable")[-2:]] = 0.0
    return counts


def sure(plane: npt.NDArray[Any], kept: float, low: Exact, high: Exact) -> Exact:
    """1 outside the middle share `kept` of the values, 0 inside.

    `low` and `high` are the histograms that the lower and the upper bound are counted on.
    """
    bounds = [
        (int(np.argmax(np.cumsum(counts) >= counts.sum() * share)) + 1) / 256
        for counts, share in ((low, (1 - kept) / 2), (high, (1 + kept) / 2))
    ]
    found: Exact = ((plane < bounds[0]) | (plane > bounds[1])).astype(np.float64)
    return found


def smoothed_share(guide: Exact, fine: Exact, robust: Exact, compute: Compute) -> Exact:
    """Share of the fine seeds among all, each smoothed along the edges of `guide`."""
    total = smooth(fine + robust, guide, compute)
    share: Exact = smooth(fine, guide, compute)
    np.divide(share, total, out=share, where=total > 0.0)
    return share


def smooth(plane: Exact, guide: Exact, compute: Compute, *, sigma: float = 0.02) -> Exact:
    """The fast global smoother: weighted least squares along all rows, then all columns.

    D. Min et al., Fast global image smoothing based on weighted least squares, IEEE TIP 23,
    2014, equations 6 and 12: three rounds with lambda_t = 3/2 4^(3-t) / (4^3 - 1) lambda,
    lambda = 300, and weights exp(-|difference of the guide| / sigma).
    """
    smoothed: Exact = plane
    compute.checkpoint()
    flat = np.ascontiguousarray(guide.T)
    strength = 1.5 * _SMOOTHNESS * _ATTENUATION ** (_ROUNDS - 1) / (_ATTENUATION**_ROUNDS - 1)
    for _ in range(_ROUNDS):
        smoothed = _smooth_rows(smoothed, guide, strength, sigma, compute)
        turned = np.ascontiguousarray(smoothed.T)
        smoothed = np.ascontiguousarray(_smooth_rows(turned, flat, strength, sigma, compute).T)
        strength /= _ATTENUATION
    return smoothed


def _smooth_rows(
    plane: Exact, guide: Exact, strength: float, sigma: float, compute: Compute
) -> Exact:
    # The rows of a stripe stand one after another in a single tridiagonal system.
    from scipy.linalg import solveh_banded

    height, width = plane.shape
    smoothed = np.empty_like(plane)
    for low, high in stripes(0, height, stripe_rows(width)):
        compute.checkpoint()
        bands = np.zeros((2, high - low, width))
        links = bands[0, :, 1:]
        np.abs(np.diff(guide[low:high], axis=1), out=links)
        links /= -sigma
        np.exp(links, out=links)
        links *= -strength
        bands[1] = 1.0
        bands[1, :, 1:] -= links
        bands[1, :, :-1] -= links
        values = plane[low:high].ravel()
        solved = solveh_banded(bands.reshape(2, -1), values, overwrite_ab=True, check_finite=False)
        smoothed[low:high] = solved.reshape(high - low, width)
    return smoothed


def random_walks(guide: Exact, fine: Exact, robust: Exact, compute: Compute) -> Exact:
    """Share of the fine map from (L + diag(fine + robust)) x = fine, equation 18.

    L is the Laplacian of the grid with weights exp(-d^2 / 0.05), d the difference of the guide.
    Solved by conjugate gradients, to a relative residual of 1e-6.
    """
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import LinearOperator, cg

    laplacian = grid_laplacian(guide)
    system = laplacian + diags_array((fine + robust).ravel())
    # A part that no seed reaches has no share; a touch of the identity makes that so.
    system = (system + diags_array(np.full(guide.size, 1e-12))).tocsr()
    scale = 1.0 / system.diagonal()
    jacobi = LinearOperator(system.shape, matvec=lambda x: scale * x, dtype=np.float64)

    def step(_x: Exact) -> None:
        compute.checkpoint()

    share, _ = cg(system, fine.ravel(), rtol=_TOLERANCE, maxiter=2000, M=jacobi, callback=step)
    found: Exact = share.reshape(guide.shape)
    return found


def grid_laplacian(guide: Exact) -> Any:
    """The Laplacian of the 4-neighbour grid, (H W, H W) sparse array."""
    from scipy.sparse import coo_array, diags_array

    place = np.arange(guide.size).reshape(guide.shape)
    one = np.concatenate([place[:, :-1].ravel(), place[:-1].ravel()])
    two = np.concatenate([place[:, 1:].ravel(), place[1:].ravel()])
    values = guide.ravel()
    weights = np.exp(-((values[one] - values[two]) ** 2) / 0.05)
    ends = (np.concatenate([one, two]), np.concatenate([two, one]))
    links = coo_array((np.concatenate([weights, weights]), ends), shape=(guide.size, guide.size))
    return (diags_array(np.asarray(links.sum(axis=1)).ravel()) - links).tocsr()
