"""Photographs that scikit-image carries and that anyone may use for anything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mfgui.core.arrays import ImageU8
from mfgui.core.errors import InputError, UsageError


@dataclass(frozen=True)
class Photograph:
    """One photograph: scikit-image's name for it, who made it, on which terms."""

    name: str
    loader: str
    credit: str
    terms: str


PHOTOGRAPHS = (
    Photograph("astronaut", "astronaut", "NASA (Eileen Collins)", "public domain"),
    Photograph("brick", "brick", "CC0Textures, Bricks25", "CC0"),
    Photograph("camera", "camera", "Lav Varshney", "CC0"),
    Photograph("chelsea", "chelsea", "Stefan van der Walt", "CC0"),
    Photograph("coffee", "coffee", "Rachel Michetti, courtesy of Pikolo Espresso Bar", "CC0"),
    Photograph("grass", "grass", "linolafett, Grass 01", "CC0"),
    Photograph("gravel", "gravel", "CC0Textures, Gravel04", "CC0"),
    Photograph("hubble", "hubble_deep_field", "NASA (Hubble extreme deep field)", "public domain"),
    Photograph("rocket", "rocket", "SpaceX (DSCOVR launch)", "public domain"),
)
NAMES = tuple(photograph.name for photograph in PHOTOGRAPHS)


def photograph(name: str) -> Photograph:
    """The photograph called `name`; UsageError with the known names otherwise."""
    for entry in PHOTOGRAPHS:
        if entry.name == name:
            return entry
    raise UsageError(f"unknown photograph {name}", hint=f"choose from: {', '.join(NAMES)}")


def load(name: str) -> ImageU8:
    """Pixels of a photograph, (H, W, 3) uint8, sRGB; grey ones with three equal channels.

    Raises
    ------
    UsageError
        For an unknown name.
    InputError
        When the installed scikit-image does not carry it.
    """
    entry = photograph(name)
    try:
        import skimage.data

        pixels = np.asarray(getattr(skimage.data, entry.loader)())
    except (ImportError, AttributeError, OSError) as error:
        raise InputError(
            f"photograph {name} cannot be loaded ({error})", hint="install scikit-image again"
        ) from error
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    return np.ascontiguousarray(pixels, np.uint8)
