"""Columns of published tables: what they are computed on, and the reference values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mfgui.methods.metrics import View
from mfgui.methods.metrics.tables import TABLES, Column
from tests.methods.metrics.pictures import generated, gold_pictures, gold_values

COLUMNS = [(paper, column) for paper, columns in TABLES.items() for column in columns]
IDS = [f"{paper} {column.heading}" for paper, column in COLUMNS]
PICTURES = generated(44, 50, seed=13, channels=3)

# Column -> metric, variant and unit of the reference values.
REFERENCE = {
    "mff-ssim NMI": ("Q_MI", "paper002_rgbpooled", 1),
    "mff-ssim Chen-Blum": ("Q_CB", "paper002_unrounded_luma", 1),
    "mfif-gan MI": ("Q_MI", "paper002_rgbpooled", 1),
    "mfif-gan TE": ("Q_TE", "paper002_nava_rgbpooled", 1),
    "mfif-gan NCIE": ("Q_NCIE", "paper002_rgbpooled", 1),
    "mfif-gan QG": ("Q_G", "zliu_gray8", 1),
    "mfif-gan QM": ("Q_M", "paper002_rgbpooled", 1),
    "mfif-gan SF": ("Q_SF", "paper002_rgbpooled", 1),
    "mfif-gan QCB": ("Q_CB", "paper002_unrounded_luma", 1),
    "mfif-gan LIF": ("LIF", "paper002_all_channels", 1),
    "mfif-gan AG": ("AG", "paper002_all_channels", 1),
    "mfif-gan MSD": ("MSD", "paper002_all_channels", 1),
    "mfif-gan GLD": ("GLD", "paper002_all_channels", 1),
    "mff-gan SD": ("SD", "lft_population_gray8", 255),
    "mff-gan EN": ("EN", "yliu_log2_256_gray8", 1),
    "mff-gan Qabf": ("Q_G", "yliu_gray8", 1),
    "mff-gan SF": ("SF", "lft_mean_gray8", 255),
    "mff-gan VIF": ("VIF", "lft_sum_gray8", 1),
    "mff-gan SCD": ("SCD", "lft_gray8", 1),
    "edmf EN": ("EN", "yliu_log2_256_gray8", 1),
    "edmf MI": ("MI", "lft_bits_sum_gray8", 1),
    "edmf SF": ("SF", "lft_mean_gray8", 1),
    "edmf VIF": ("VIF", "lft_sum_gray8", 1),
    "edmf Qabf": ("Q_G", "lft_qabf_gray8", 1),
    "edmf SSIM": ("SSIM", "lft_mean_of_two_matlab_L1on255_gray8", 1),
    "edmf AG": ("AG", "lft_central_gray8", 1),
    "edmf PSNR": ("PSNR", "lft_mixed_gray8", 1),
}


@pytest.mark.parametrize("name", REFERENCE)
def test_that_a_column_equals_the_reference(name: str) -> None:
    metric, variant, unit = REFERENCE[name]
    column = dict(zip(IDS, COLUMNS, strict=True))[name][1]
    # Small pictures, two of them coloured where the reference has colours.
    chosen = [trio for trio in gold_values()[metric, variant] if not trio.startswith("lytro")]
    expected = {trio: gold_values()[metric, variant][trio] / unit for trio in chosen}
    assert {trio: column(*gold_pictures(trio)) for trio in chosen} == pytest.approx(
        expected, rel=1e-7, abs=1e-8
    )


@pytest.mark.parametrize(("paper", "column"), COLUMNS, ids=IDS)
def test_that_columns_take_pictures_of_any_depth_and_grey_ones(paper: str, column: Column) -> None:
    value = column(*PICTURES)
    assert math.isfinite(value)
    deep = [picture.astype(np.uint16) * 257 for picture in PICTURES]
    assert column(*deep) == pytest.approx(value, rel=1e-9)
    grey = [picture[:, :, :1] for picture in PICTURES]
    assert math.isfinite(column(*grey))
    if column.measure.view is View.GREY:
        equal = [np.repeat(picture, 3, axis=2) for picture in grey]
        assert column(*equal) == pytest.approx(column(*grey), rel=1e-12)
