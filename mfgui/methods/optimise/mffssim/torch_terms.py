"""SSIM of patches and the terms of its gradient on a torch device.

Patch moments are taken of the difference y - x of image and source, not of the image: then
``1 - SSIM`` comes out as a sum of small terms, without the difference of nearly equal numbers
that the textbook form needs, and float32 is accurate enough for every device (MPS has no
float64). With d = y - x, u = E[d]^2 / b1 and v = var(d) / b2: SSIM = (1 - u) (1 - v).
"""

from __future__ import annotations

import torch

Tensor = torch.Tensor
_C1, C2 = 0.01**2, 0.03**2
_FLOOR = 0.05  # keeps the curvature estimate away from 0 where SSIM crosses it


def put(plane: Tensor, other: Tensor | None, out: Tensor) -> None:
    """Write `plane` to `out`, except where the mask `other` is set."""
    if other is None:
        out.copy_(plane)
    else:
        torch.where(other, out, plane, out=out)


def centred(
    moments: tuple[Tensor, Tensor, Tensor], source: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    """E[d], var(d) and b2 from E[d], E[d^2] and E[x d], in place; `source` is E[x], var(x)."""
    md, vd, covariance = moments
    mx, vx = source
    vd.addcmul_(md, md, value=-1.0).clamp_min_(0.0)
    covariance.addcmul_(mx, md, value=-1.0)
    # b2 = var(x) + var(y) + C2 with var(y) = var(x) + 2 cov(x, d) + var(d)
    b2 = covariance.add_(vx).mul_(2.0).add_(vd).add_(C2).clamp_min_(C2)
    return md, vd, b2


def patch_terms(
    moments: tuple[Tensor, Tensor, Tensor],
    mx: Tensor,
    work: tuple[Tensor, Tensor, Tensor, Tensor],
    out: tuple[Tensor, Tensor, Tensor, Tensor],
) -> Tensor:
    """1 - SSIM and gradient terms of every patch, in place (algorithm notes 1.2 and 1.5).

    With d = y - x, the gradient of SSIM by pixel p is ``2 w_p (alpha + epsilon y_p - beta d_p)``
    for patch weights w that sum to 1: the form alpha' + beta x + gamma y of the notes with
    epsilon = beta + gamma = beta v, every part of which vanishes where image and source agree.

    Parameters
    ----------
    moments : E[d], var(d), b2
        Of each patch; overwritten.
    mx : E[x]
    work : four planes
        Overwritten.
    out : alpha, epsilon, beta, delta
        Written; delta is the curvature estimate.

    Returns
    -------
    Tensor
        1 - SSIM, one of `work`.
    """
    md, vd, b2 = moments
    my, ib1, u, loss = work
    alpha, epsilon, beta, delta = out
    torch.add(mx, md, out=my)
    torch.mul(mx, mx, out=ib1).addcmul_(my, my).add_(_C1).reciprocal_()
    torch.mul(md, md, out=u).mul_(ib1)
    ib2 = b2.reciprocal_()
    v = vd.mul_(ib2)
    torch.mul(u, v, out=loss).neg_().add_(u).add_(v)
    torch.sub(1.0, loss, out=delta)
    delta.abs_().clamp_min_(_FLOOR)
    torch.addcmul(ib2, u, ib2, value=-1.0, out=beta)
    ib2.add_(ib1)
    delta.mul_(ib2)
    torch.mul(beta, v, out=epsilon)
    # alpha = (1 - v) / b1 (u my - md) - beta (v my - md)
    u.mul_(my).sub_(md)
    my.mul_(v).sub_(md)
    v.neg_().add_(1.0).mul_(ib1)
    torch.mul(u, v, out=alpha).addcmul_(beta, my, value=-1.0)
    return loss
