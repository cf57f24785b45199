"""From a source's colour profile to sRGB, for showing only."""

from __future__ import annotations

import io
import logging

from mfgui.core.arrays import ImageU8

_log = logging.getLogger(__name__)


def to_srgb(pixels: ImageU8, *, icc: bytes | None) -> ImageU8:
    """Display pixels (H, W, C) uint8 in the profile `icc` as sRGB.

    Grey pixels, pixels without a profile, with sRGB itself, or with a profile that cannot be
    read are returned as they are: showing a picture must not fail for its profile.
    """
    if icc is None or pixels.shape[2] != 3:
        return pixels
    # Not at the top: a set without profiles, the common case, opens without this import.
    import numpy as np
    from PIL import Image, ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        if "srgb" in ImageCms.getProfileDescription(profile).lower():
            return pixels
        shown = ImageCms.profileToProfile(
            Image.fromarray(pixels), profile, ImageCms.createProfile("sRGB")
        )
    except (ImageCms.PyCMSError, OSError) as error:
        _log.warning("the colour profile is not used for display: %s", error)
        return pixels
    return np.asarray(shown)
