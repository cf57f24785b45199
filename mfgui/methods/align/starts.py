"""First guesses of the motion between two frames: features, and phase correlation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Size
from mfgui.core.errors import UsageError
from mfgui.core.transforms import Points, Transform
from mfgui.methods.align.bands import Level, keypoint_picture
from mfgui.methods.align.proxies import Proxy

_LONG_SIDE = 800  # pixels in which features are looked for
_FEATURES = 1200
_RATIO = 0.8  # of the distances to the best and the second best match
_AWAY = 2.0  # pixels that a match may be off
_LEAST = 10  # matches that agree
_SCALES = (0.7, 1.4)


@dataclass(frozen=True, eq=False)
class Features:
    """Places in a proxy that can be found again, and what they look like."""

    places: Points = field(repr=False)
    descriptors: npt.NDArray[np.float32] | None = field(repr=False)
    factor: int


def features_of(proxy: Proxy) -> Features:
    """SIFT features of a frame."""
    height, width = proxy.grey.shape
    factor = max(1, -(-max(width, height) // _LONG_SIDE))
    picture = keypoint_picture(proxy, factor)
    module: Any = cv2  # whose annotations lack what was patented once
    detector = module.SIFT_create(nfeatures=_FEATURES, contrastThreshold=0.01)
    points, descriptors = detector.detectAndCompute(picture, None)
    places = np.array([point.pt for point in points], np.float64).reshape(-1, 2)
    return Features((places + 0.5) * factor - 0.5, descriptors, factor)


def by_features(first: Features, second: Features) -> Transform | None:
    """A similarity on which enough features agree."""
    if first.descriptors is None or second.descriptors is None:
        return None
    if min(len(first.places), len(second.places)) < _LEAST:
        return None
    matcher = cv2.BFMatcher(cv2.NORM_L2)
    pairs = matcher.knnMatch(first.descriptors, second.descriptors, k=2)
    good = [m[0] for m in pairs if len(m) == 2 and m[0].distance < _RATIO * m[1].distance]
    if len(good) < _LEAST:
        return None
    one = first.places[[match.queryIdx for match in good]]
    other = second.places[[match.trainIdx for match in good]]
    cv2.setRNGSeed(0)
    matrix, agree = cv2.estimateAffinePartial2D(
        one, other, ransacReprojThreshold=_AWAY * first.factor, maxIters=2000
    )
    if matrix is None or np.count_nonzero(agree) < _LEAST:
        return None
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if not _SCALES[0] < scale < _SCALES[1]:
        return None
    try:
        return Transform.from_matrix(matrix)
    except UsageError:
        return None


def by_phase(first: Level, second: Level, size: Size) -> Transform:
    """The shift at which the phases of both frames agree most."""
    height, width = first.plane.shape
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    (x, y), _ = cv2.phaseCorrelate(first.plane, second.plane, window)
    most = 0.4 * min(size.width, size.height) / first.factor
    if not np.hypot(x, y) < most:
        return Transform.identity()
    return Transform.translation(x * first.factor, y * first.factor)
