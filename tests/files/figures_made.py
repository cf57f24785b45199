"""Small figures for tests: pictures of known pixels, a recipe, fonts and palette."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mfgui import resources
from mfgui.core.arrays import PixelArray, Rect, Size
from mfgui.core.figures import (
    Crop,
    Difference,
    FigurePicture,
    FigureRecipe,
    Input,
    PageSetup,
    Place,
    ScaleBar,
)
from mfgui.files.figure_panels import StoredPicture
from mfgui.files.figures import Figure, Style, compose

SIZE = Size(60, 40)
ANCHORS = ("#1f5fae", "#7fa9dc", "#f5f5f5", "#eaa352", "#a85a00")
CROP = Crop("A", Rect(10, 8, 12, 9), "#e69f00")
INSET = Crop("B", Rect(40, 20, 10, 10), "#56b4e9", Place.LOWER_RIGHT)


@lru_cache(maxsize=1)
def style() -> Style:
    fonts = [resources.path(f"fonts/Inter-{weight}.otf") for weight in ("Regular", "SemiBold")]
    return Style.of(*fonts, ANCHORS)


def pictures(kind: type = np.uint8, channels: int = 3) -> dict[str, PixelArray]:
    """Three pictures; the second and the third differ a little."""
    generator = np.random.default_rng(5)
    most = 1.0 if kind is np.float32 else np.iinfo(kind).max
    shape = (SIZE.height, SIZE.width, channels)
    base = generator.random(shape)
    near = np.clip(base + generator.normal(0, 0.02, shape), 0, 1)
    found = {"source:1": generator.random(shape), "result:1": near, "truth": base}
    return {key: (values * most).astype(kind) for key, values in found.items()}


def recipe(**changes: object) -> FigureRecipe:
    """Source, result and truth with one crop, differences and a scale bar."""
    values: dict[str, object] = {
        "size": SIZE,
        "pictures": (
            FigurePicture("source:1", "Source 1"),
            FigurePicture("result:1", "Ours, λ = 0.5", "Q 0.9713", provenance={"method": "gff"}),
            FigurePicture("truth", "Ground truth"),
        ),
        "reference": "truth",
        "crops": (CROP,),
        "difference": Difference(),
        "scale_bar": ScaleBar(),
        "page": PageSetup(width_mm=60, dpi=200, font_pt=6),
        "inputs": (Input("a.png", "/pictures/a.png", "0" * 64),),
    }
    return FigureRecipe(**{**values, **changes})  # type: ignore[arg-type]


def drawn(wanted: FigureRecipe, known: dict[str, PixelArray] | None = None) -> Figure:
    known = pictures() if known is None else known
    return compose(wanted, lambda key: StoredPicture(known[key]), style())
