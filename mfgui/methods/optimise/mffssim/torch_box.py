"""The joint-channel box objective on a torch device."""

from __future__ import annotations

import torch

from mfgui.core.arrays import Rect
from mfgui.methods.optimise.mffssim.torch_objective import Tensor, TorchObjective, inside
from mfgui.methods.optimise.mffssim.torch_sums import BoxSums
from mfgui.methods.optimise.mffssim.torch_terms import centred, patch_terms, put


class TorchBoxJoint(TorchObjective):
    """Mean SSIM over joint-channel W x W patches on a device; see the class of the CPU.

    Kept per pixel: 24 bytes and the sources as stored; the image and its trial come on top, 8
    bytes per channel. Work tensors take 80 bytes per pixel of a part.
    """

    name = "box-joint"
    planes_kept, planes_kept_per_channel = 6, 0
    per_pixel = 80

    @property
    def reach(self) -> tuple[int, int]:
        return 0, self.window - 1

    def _terms_per_place(self) -> int:
        return 1

    def _configure(self, labels: Tensor) -> None:
        half = self.window // 2
        rows, columns = self.height - self.window + 1, self.width - self.window + 1
        self._labels = labels[half : half + rows, half : half + columns]
        self._box = BoxSums(self.window, self._scratch)
        self._scale = 1.0 / (self.channels * self.window**2)
        self.unit = 2.0 * self._scale
        kept = [self._memory.zeros((rows, columns), self.dtype) for _ in range(6)]
        self._mean_x, self._variance_x, self._alpha, self._epsilon, self._beta, self._delta = kept

    def _prepare(self, part: Rect) -> None:
        """Mean and variance in float64: that of a bright flat area is a small difference."""
        scratch = self._exact_scratch()
        box = BoxSums(self.window, scratch)
        for k, rect in self._present(part):
            area = self._pixels_of(rect)
            total, square = (
                box.plane(name, area.height, area.width, torch.float64) for name in "ab"
            )
            total.zero_()
            square.zero_()
            for channel in range(self.channels):
                x = self._exact_planes(k, channel, area)
                total.add_(x)
                square.addcmul_(x, x)
            mean, variance = (
                box.sum(name, area.height, area.width, torch.float64).mul_(self._scale)
                for name in "ab"
            )
            variance.addcmul_(mean, mean, value=-1.0).clamp_min_(0.0)
            cut = rect.slices
            other = self._other(k, rect)
            for plane, kept in ((mean, self._mean_x), (variance, self._variance_x)):
                rounded = self._take("rounded", (rect.height, rect.width)).copy_(plane)
                put(rounded, other, kept[cut])

    def _evaluate(self, image: Tensor, part: Rect) -> Tensor:
        cut, shape = part.slices, (part.height, part.width)
        work = [self._take(name, shape) for name in ("w0", "w1", "w2", "w3")]
        out = [plane[cut] for plane in (self._alpha, self._epsilon, self._beta, self._delta)]
        source = (self._mean_x[cut], self._variance_x[cut])
        moments = centred(self._moments(image, part), source)
        loss = patch_terms(moments, source[0], (*work,), (*out,))  # type: ignore[arg-type]
        if not self._all_counted:
            out[3].masked_fill_(self._labels[cut] == 0, 0.0)
        return loss.sum(dim=1)

    def _moments(self, image: Tensor, part: Rect) -> tuple[Tensor, Tensor, Tensor]:
        """E[d], E[d^2] and E[x d] of each patch with its source; 0 where there is none."""
        shape = (part.height, part.width)
        found = [self._take(name, shape).zero_() for name in ("md", "vd", "xd")]
        for k, rect in self._present(part):
            sums = self._products(image, k, self._pixels_of(rect))
            other = self._other(k, rect)
            for plane, target in zip(sums, found, strict=True):
                put(plane, other, target[inside(rect, part)])
        first, square, product = (plane.mul_(self._scale) for plane in found)
        return first, square, product

    def _products(self, image: Tensor, k: int, area: Rect) -> list[Tensor]:
        """Window sums of d, d^2 and x d over the channels."""
        size = (area.height, area.width, self.dtype)
        first, square, product = (self._box.plane(name, *size) for name in "abc")
        d = self._take("d", size[:2])
        for channel in range(self.channels):
            x = self._load(k, channel, area)
            if channel == 0:
                torch.sub(image[channel][area.slices], x, out=first)
                torch.mul(first, first, out=square)
                torch.mul(first, x, out=product)
                continue
            torch.sub(image[channel][area.slices], x, out=d)
            first.add_(d)
            square.addcmul_(d, d)
            product.addcmul_(x, d)
        return [self._box.sum(name, *size) for name in "abc"]

    def _gradient(self, image: Tensor, part: Rect, curvature: bool) -> tuple[Tensor, Tensor]:
        cut = part.slices
        alpha = self._spread("a", self._alpha, part)
        epsilon = self._spread("b", self._epsilon, part)
        g = self._take("g", (self.channels, part.height, part.width))
        for channel in range(self.channels):
            torch.addcmul(alpha, epsilon, image[channel][cut], out=g[channel])
        for k, rect in self._present(self._terms_of(part)):
            area = self._pixels_of(rect).intersected(part)
            if area.empty:
                continue
            beta = self._spread("b", self._beta, area, k)
            for channel in range(self.channels):
                x = self._load(k, channel, area)
                d = torch.sub(x, image[channel][area.slices], out=x)
                g[channel][inside(area, part)].addcmul_(beta, d)
        if not curvature:
            return g, g[:0]
        return g, self._spread("a", self._delta, part)[None]

    def vote_sums(self, part: Rect) -> tuple[Tensor, list[Tensor], Tensor]:
        """S[alpha], S[beta_k] of every source and -S[gamma], (h, w), at the pixels of `part`.

        Of the image that was evaluated last; see `torch_levels`.
        """
        constant = self._spread("a", self._alpha, part).clone()
        weights = [self._spread("b", self._beta, part, k).clone() for k in range(len(self.frames))]
        total = self._spread("b", self._epsilon, part).neg()
        for weight in weights:
            total += weight
        return constant, weights, total

    def _spread(self, name: str, plane: Tensor, part: Rect, k: int | None = None) -> Tensor:
        """Sum over the patches that cover each pixel of `part`; of those of source k."""
        rim = self.window - 1
        size = (part.height + rim, part.width + rim, self.dtype)
        work = self._box.plane(name, *size)
        terms = self._terms_of(part)
        top, left = terms.y - part.y + rim, terms.x - part.x + rim
        if terms.height < size[0] or terms.width < size[1]:
            work.zero_()
        inner = work[top : top + terms.height, left : left + terms.width]
        inner.copy_(plane[terms.slices])
        if k is not None:
            other = self._other(k, terms)
            if other is not None:
                inner.masked_fill_(other, 0.0)
        return self._box.sum(name, *size)
