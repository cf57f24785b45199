"""How much wider one frame is blurred than the other, from re-blurring each into the other."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.compute import Compute
from mfgui.core.disks import blurred
from mfgui.methods.inversion.views import View, both, detail, difference, mean
from mfgui.methods.planes import Plane

RADII = (0.7, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 19, 22, 26, 30, 36, 43)
_SURE = 0.35  # of the other's error
_WINDOW = 2.5  # pixels, sigma of the mean of re-blur errors


@dataclass(frozen=True, eq=False)
class Reblur:
    """What re-blurring tells.

    Attributes
    ----------
    radii : (2,) float
        Disk that makes frame 1 like frame 2 where frame 1 is sharp, and the other way round.
    cores : pair of (H, W) bool
        Where frame 1, frame 2 is surely the sharp one.
    floor : float
        Squared error that the best disk leaves in the cores, at least the noise.
    valid : bool
        Whether both radii lie inside the grid and both cores are large enough.
    """

    radii: tuple[float, float]
    cores: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] = field(repr=False)
    floor: float
    valid: bool


def reblur(view: View, *, compute: Compute, largest: float | None = None) -> Reblur:
    """Steps 1 and 2: errors of all radii, cores, and the best radius of each direction."""
    height, width = view.light[0].shape[:2]
    top = largest or max(6.0, 0.05 * max(height, width))
    grid = [radius for radius in RADII if radius <= top]

    def errors_of(sharp: int) -> list[Plane]:
        errors = []
        for radius in grid:
            compute.checkpoint()
            away = difference(blurred(view.light[sharp], radius), view.codes[1 - sharp])
            errors.append(mean(away, _WINDOW))
        return errors

    volumes = both(errors_of, compute)
    least = [np.minimum.reduce(errors) for errors in volumes]
    texture = detail(view.codes[0], 1.5, 2.5) + detail(view.codes[1], 1.5, 2.5)
    weight = texture / (texture + np.float32(10 * view.noise + 3e-4))
    cores, radii, floors, valid = [], [], [], True
    for mine, other, errors in ((0, 1, volumes[0]), (1, 0, volumes[1])):
        sure = least[mine] + view.noise < _SURE * (least[other] + view.noise)
        core = cv2.erode(sure.astype(np.uint8), np.ones((5, 5), np.uint8)).view(bool)
        cores.append(core)
        radius, floor, good = _best(errors, weight, core, grid, view.noise)
        valid &= good
        radii.append(radius)
        floors.append(floor)
    floor = max(view.noise, float(np.max(floors)))
    return Reblur((radii[0], radii[1]), (cores[0], cores[1]), floor, valid)


def _best(
    errors: list[Plane],
    weight: Plane,
    core: npt.NDArray[np.bool_],
    grid: list[float],
    noise: float,
) -> tuple[float, float, bool]:
    """Radius of the least weighted mean of log errors, the median error there, and whether the
    radius is to be believed."""
    if np.count_nonzero(core) < 200:
        return grid[0], noise, False
    w = weight[core].astype(np.float64)
    total = w.sum() + 1e-12
    scores = [float((np.log(e[core] + 3 * noise) * w).sum() / total) for e in errors]
    best = int(np.argmin(scores))
    floor = float(np.median(errors[best][core]))
    if best == 0 or best == len(grid) - 1:
        return grid[best], floor, False
    logs = np.log(grid[best - 1 : best + 2])
    curve = np.polyfit(logs, scores[best - 1 : best + 2], 2)
    at = float(np.clip(-curve[1] / (2 * curve[0]), logs[0], logs[2]))
    return float(np.exp(at)), floor, True
