"""The Gaussian per-channel objective on a torch device."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as nn

from mfgui.core.arrays import Rect
from mfgui.methods.optimise.mffssim.torch_device import has_float64
from mfgui.methods.optimise.mffssim.torch_objective import Tensor, TorchObjective, inside
from mfgui.methods.optimise.mffssim.torch_sums import MirrorFilter
from mfgui.methods.optimise.mffssim.torch_terms import C2, centred, patch_terms, put

_SIGMA = 1.5
_REACH = {torch.float32: 8, torch.float64: 14}  # taps beyond it do not change a sum


class TorchGaussian(TorchObjective):
    """Mean over pixels and channels of max(SSIM, 0) in Gaussian windows, sigma 1.5, on a device.

    The definition is that of `Gaussian` on the processor.

    Kept per pixel and channel: 24 bytes, the image and its trial 8 more, beside the sources as
    stored. Work tensors take 112 bytes per pixel of a part.
    """

    name = "gaussian"
    unit = 2.0
    planes_kept, planes_kept_per_channel = 0, 6
    per_pixel = 112
    imitates_rounding = False
    _reach: int  # of a window from its centre, in pixels

    @property
    def reach(self) -> tuple[int, int]:
        return self._reach, self._reach

    def _terms_per_place(self) -> int:
        return self.channels

    def _configure(self, labels: Tensor) -> None:
        self._labels = labels
        reach = self._reach = min(self.window // 2, _REACH[self.dtype])
        taps = np.exp(-(np.arange(-reach, reach + 1.0) ** 2) / (2.0 * _SIGMA**2))
        taps /= taps.sum()
        device = self._memory.device
        self._filter = MirrorFilter(taps, device, self.dtype)
        exact = device if has_float64(device) else torch.device("cpu")
        self._exact_filter = MirrorFilter(taps, exact, torch.float64)
        shape = (self.channels, self.height, self.width)
        kept = [self._memory.zeros(shape, self.dtype) for _ in range(6)]
        self._mean_x, self._variance_x, self._alpha, self._epsilon, self._beta, self._delta = kept

    def _ranges(self, part: Rect) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        return (part.y, part.bottom, self.height), (part.x, part.right, self.width)

    def _prepare(self, part: Rect) -> None:
        for k, rect in self._present(part):
            other = self._other(k, rect)
            for channel in range(self.channels):
                x = self._exact_planes(k, channel, self._pixels_of(rect))
                planes = torch.stack([x, x * x])
                mean, square = self._exact_filter.apply(planes, *self._ranges(rect))
                variance = square.addcmul_(mean, mean, value=-1.0).clamp_min_(0.0)
                for plane, kept in ((mean, self._mean_x), (variance, self._variance_x)):
                    rounded = self._take("rounded", (rect.height, rect.width)).copy_(plane)
                    put(rounded, other, kept[channel][rect.slices])

    def _evaluate(self, image: Tensor, part: Rect) -> Tensor:
        cut, shape = part.slices, (part.height, part.width)
        work = [self._take(name, shape) for name in ("w0", "w1", "w2", "w3")]
        total = self._take("rows", (part.height,)).zero_()
        for channel in range(self.channels):
            kept = (self._alpha, self._epsilon, self._beta, self._delta)
            out = [plane[channel][cut] for plane in kept]
            source = (self._mean_x[channel][cut], self._variance_x[channel][cut])
            moments = self._moments(image, channel, part, source)
            loss = patch_terms(moments, source[0], (*work,), (*out,))  # type: ignore[arg-type]
            mask = self._take("mask", shape, torch.bool)
            torch.gt(loss, 1.0, out=mask)
            if self.imitates_rounding:
                mask.logical_or_(loss < 0.0)
            if not self._all_counted:
                mask.logical_or_(self._labels[cut] == 0)
            for plane in out:
                plane.masked_fill_(mask, 0.0)
            total.add_(loss.clamp_(0.0, 1.0).sum(dim=1))
        return total

    def _moments(
        self, image: Tensor, channel: int, part: Rect, source: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """E[d], var(d) and b2 of each window with its source."""
        shape = (part.height, part.width)
        found = [self._take(name, shape).zero_() for name in ("md", "vd", "xd")]
        for k, rect in self._present(part):
            area = self._pixels_of(rect)
            planes = self._take("products", (3, area.height, area.width))
            x = self._load(k, channel, area)
            d = torch.sub(image[channel][area.slices], x, out=planes[0])
            torch.mul(d, d, out=planes[1])
            torch.mul(x, d, out=planes[2])
            blurred = self._filter.apply(planes, *self._ranges(rect))
            other = self._other(k, rect)
            inner = inside(rect, part)
            for plane, target in zip(blurred, found, strict=True):
                put(plane, other, target[inner])
        return centred((found[0], found[1], found[2]), source)

    def _gradient(self, image: Tensor, part: Rect, curvature: bool) -> tuple[Tensor, Tensor]:
        cut, terms = part.slices, self._terms_of(part)
        g = self._take("g", (self.channels, part.height, part.width))
        d = self._take("d", (self.channels if curvature else 0, part.height, part.width))
        heads = (self._alpha, self._epsilon, self._delta)[: 3 if curvature else 2]
        for channel in range(self.channels):
            stacked = self._take("products", (len(heads), terms.height, terms.width))
            for plane, head in zip(stacked, heads, strict=True):
                plane.copy_(head[channel][terms.slices])
            parts = self._filter.adjoint(stacked, *self._ranges(part))
            torch.addcmul(parts[0], parts[1], image[channel][cut], out=g[channel])
            if curvature:
                d[channel].copy_(parts[2])
            self._add_sources(image, channel, part, terms, g[channel])
        return g, d

    def _add_sources(
        self, image: Tensor, channel: int, part: Rect, terms: Rect, total: Tensor
    ) -> None:
        for k, rect in self._present(terms):
            area = self._pixels_of(rect).intersected(part)
            if area.empty:
                continue
            near = self._terms_of(area)
            beta = self._take("products", (1, near.height, near.width))
            beta.copy_(self._beta[channel][near.slices][None])
            other = self._other(k, near)
            if other is not None:
                beta[0].masked_fill_(other, 0.0)
            spread = self._filter.adjoint(beta, *self._ranges(area))[0]
            x = self._load(k, channel, area)
            d = torch.sub(x, image[channel][area.slices], out=x)
            total[inside(area, part)].addcmul_(spread, d)


class TorchReleasedGaussian(TorchGaussian):
    """`TorchGaussian` with the arithmetic of the released program, as `ReleasedGaussian`.

    The weighted pixels of the square are added one by one, and variances are differences of
    large sums: in flat bright areas the rounding of float32 lifts many SSIM above 1, where the
    program's clamp stops the gradient. Its published pictures show that.
    """

    imitates_rounding = True

    def _configure(self, labels: Tensor) -> None:
        super()._configure(labels)
        self._square = torch.outer(self._filter.taps, self._filter.taps)

    def _blurred(self, planes: Tensor, part: Rect) -> Tensor:
        """Planes (N, h, w) of the pixels that `part` is made from, filtered."""
        padded, reach = planes, self._reach
        left, right = max(0, reach - part.x), max(0, part.right + reach - self.width)
        above, below = max(0, reach - part.y), max(0, part.bottom + reach - self.height)
        if left or right or above or below:
            padded = nn.pad(planes, [left, right, above, below], mode="reflect")
        count = len(planes)
        weights = self._square.expand(count, 1, *self._square.shape)
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            return nn.conv2d(padded[None], weights, groups=count)[0]

    def _prepare(self, part: Rect) -> None:
        for k, rect in self._present(part):
            other = self._other(k, rect)
            for channel in range(self.channels):
                x = self._load(k, channel, self._pixels_of(rect))
                mean, variance = self._blurred(torch.stack([x, x * x]), rect)
                variance.sub_(mean * mean)
                put(mean, other, self._mean_x[channel][rect.slices])
                put(variance, other, self._variance_x[channel][rect.slices])

    def _moments(
        self, image: Tensor, channel: int, part: Rect, source: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor, Tensor]:
        mx, vx = source
        y = image[channel][self._pixels_of(part).slices]
        my, vy = self._blurred(torch.stack([y, y * y]), part)
        vy.sub_(my * my)
        covariance = self._take("xd", (part.height, part.width)).zero_()
        for k, rect in self._present(part):
            area = self._pixels_of(rect)
            x = self._load(k, channel, area)
            # Two planes, because convolutions of one plane are computed in another order.
            product = torch.mul(x, image[channel][area.slices])
            blurred = self._blurred(product.expand(2, *product.shape), rect)[0]
            put(blurred, self._other(k, rect), covariance[inside(rect, part)])
        covariance.sub_(mx * my)
        b2 = vx + vy
        vd = torch.add(b2, covariance, alpha=-2.0)
        return my.sub_(mx), vd, b2.add_(C2)
