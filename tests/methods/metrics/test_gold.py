"""All metrics against values that the published programs gave for six published pictures.

In those files numbers have twelve digits. Tolerances are what rounding may do to each metric.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from mfgui.methods.metrics import METRICS, psnr, ssim, vif
from mfgui.methods.metrics.planes import by_channel, grey, luma, side_by_side
from tests.methods.metrics.pictures import GOLD, Trio, gold_grey, gold_pictures, gold_values

Measured = Callable[[str], float]


def of_grey(name: str, variant: str | None = None) -> Measured:
    return lambda trio: METRICS[name](*gold_grey(trio), variant=variant)


def of_colours(name: str, variant: str | None = None) -> Measured:
    return lambda trio: METRICS[name](*gold_pictures(trio), variant=variant)


def of_pooled(name: str, variant: str | None = None) -> Measured:
    return lambda trio: METRICS[name](*map(side_by_side, gold_pictures(trio)), variant=variant)


def of_luma(name: str) -> Measured:
    return lambda trio: METRICS[name](*map(luma, gold_pictures(trio)))


def of_channels(name: str, variant: str | None = None) -> Measured:
    return lambda trio: by_channel(METRICS[name], *gold_pictures(trio), variant=variant)


def towards(function: Callable[..., float], source: str, **options: str) -> Measured:
    def measured(trio: str) -> float:
        grey_trio = gold_grey(trio)
        return function(grey_trio.fused, getattr(grey_trio, source), **options)

    return measured


EXACT, CLOSE = {"abs": 1e-8}, {"abs": 0.0, "rel": 1e-6}
CASES: dict[tuple[str, str], tuple[Measured, dict[str, float]]] = {
    ("Q_MI", "zliu_hossny_gray8"): (of_grey("nmi"), EXACT),
    ("Q_MI", "paper002_rgbpooled"): (of_pooled("nmi"), EXACT),
    ("MI", "lft_bits_sum_gray8"): (of_grey("mi", "lft"), EXACT),
    ("MI", "vifb_nats_sum"): (of_channels("mi", "vifb"), CLOSE),
    ("Q_TE", "zliu_nava_q0.43137_gray8"): (of_grey("te"), EXACT),
    ("Q_TE", "paper002_nava_rgbpooled"): (of_pooled("te"), EXACT),
    ("Q_TE", "zliu_cvejic_q1.85_gray8"): (of_grey("te", "cvejic"), {"abs": 0.0, "rel": 1e-9}),
    ("Q_NCIE", "zliu_gray8"): (of_grey("ncie"), EXACT),
    ("Q_NCIE", "paper002_rgbpooled"): (of_pooled("ncie"), EXACT),
    ("EN", "yliu_log2_256_gray8"): (of_grey("en"), EXACT),
    ("EN", "vifb"): (of_channels("en"), CLOSE),
    ("Q_G", "zliu_gray8"): (of_grey("q-g", "zliu"), EXACT),
    ("Q_G", "yliu_gray8"): (of_grey("q-g", "yliu"), EXACT),
    ("Q_G", "lft_qabf_gray8"): (of_grey("q-g", "lft"), CLOSE),
    ("Q_G", "vifb"): (of_channels("q-g", "lft"), CLOSE),
    ("Q_ABF", "shreyamsha_gray8"): (of_grey("q-g", "shreyamsha"), CLOSE),
    ("Q_M", "zliu_haar_gray8"): (of_grey("q-m"), EXACT),
    ("Q_M", "paper002_rgbpooled"): (of_pooled("q-m"), EXACT),
    ("Q_SF", "zliu_zheng_gray8"): (of_grey("q-sf"), EXACT),
    ("Q_SF", "paper002_rgbpooled"): (of_colours("q-sf"), EXACT),
    ("Q_CB", "zliu_gray8"): (of_grey("q-cb"), EXACT),
    ("Q_CB", "paper002_unrounded_luma"): (of_luma("q-cb"), EXACT),
    ("Q_CB", "vifb"): (of_channels("q-cb"), CLOSE),
    ("LIF", "paper002_all_channels"): (of_colours("lif"), EXACT),
    ("LIF", "paper002_formula_gray8"): (of_grey("lif"), EXACT),
    ("MSD", "paper002_all_channels"): (of_colours("msd"), EXACT),
    ("MSD", "paper002_formula_gray8"): (of_grey("msd"), EXACT),
    ("GLD", "paper002_all_channels"): (of_colours("gld"), EXACT),
    ("GLD", "paper002_formula_gray8"): (of_grey("gld"), EXACT),
    ("AG", "paper002_all_channels"): (of_colours("ag", "mfif-gan"), EXACT),
    ("AG", "paper002_formula_gray8"): (of_grey("ag", "mfif-gan"), EXACT),
    ("AG", "lft_central_gray8"): (of_grey("ag", "central"), EXACT),
    ("AG", "yliu_forward_replicate_gray8"): (of_grey("ag", "forward"), EXACT),
    ("AG", "vifb"): (of_colours("ag", "central"), CLOSE),
    ("SD", "lft_population_gray8"): (of_grey("sd"), EXACT),
    ("SD", "yliu_mean_of_column_std_gray8"): (of_grey("sd", "columns"), EXACT),
    ("SD", "vifb"): (of_channels("sd"), CLOSE),
    ("SF", "lft_mean_gray8"): (of_grey("sf"), EXACT),
    ("SF", "yliu_mn_gray8"): (of_grey("sf", "pixels"), EXACT),
    ("SF", "vifb"): (of_pooled("sf", "pixels"), CLOSE),
    ("SCD", "lft_gray8"): (of_grey("scd"), EXACT),
    ("SCD", "yliu_gray8"): (of_grey("scd"), EXACT),
    ("CC", "lft_gray8"): (of_grey("cc"), EXACT),
    ("SSIM", "wang2003_FA_gray8"): (towards(ssim.ssim, "a"), EXACT),
    ("SSIM", "wang2003_FB_gray8"): (towards(ssim.ssim, "b"), EXACT),
    ("SSIM", "matlab_ssim_L255_FA_gray8"): (
        towards(ssim.ssim, "a", variant="toolbox"),
        EXACT,
    ),
    ("SSIM", "matlab_ssim_L1on255_FB_gray8"): (towards(ssim.ssim, "b", variant="lft"), EXACT),
    ("SSIM", "lft_mean_of_two_matlab_L1on255_gray8"): (of_grey("ssim-sources", "lft"), EXACT),
    ("SSIM", "vifb_sum"): (lambda trio: 2.0 * of_channels("ssim-sources")(trio), CLOSE),
    ("PSNR", "yliu_FA_gray8"): (towards(psnr.psnr, "a"), EXACT),
    ("PSNR", "yliu_FB_gray8"): (towards(psnr.psnr, "b"), EXACT),
    ("PSNR", "lft_mixed_gray8"): (of_grey("psnr-sources", "lft"), EXACT),
    ("PSNR", "vifb"): (of_channels("psnr-sources", "vifb"), CLOSE),
    ("VIF", "lft_sum_gray8"): (of_grey("vif"), CLOSE),
    ("VIFP", "sheikh_FA_gray8"): (towards(vif.vif, "a"), CLOSE),
    ("VIFP", "sheikh_FB_gray8"): (towards(vif.vif, "b"), CLOSE),
    ("VIFF", "han_gray8"): (of_grey("viff"), CLOSE),
}


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_that_a_metric_equals_the_published_program(case: tuple[str, str]) -> None:
    expected = gold_values()[case]
    assert len(expected) >= 4
    measured, tolerance = CASES[case]
    assert {name: measured(name) for name in expected} == pytest.approx(expected, **tolerance)


def test_that_every_column_of_the_table_of_mfif_gan_is_compared() -> None:
    columns = {case for case in gold_values() if case[1].startswith("paper002_")}
    assert len({name for name, _ in columns}) == 10
    assert columns <= set(CASES)
    assert all("lytro03_MFIFGAN" in gold_values()[case] for case in columns)


def test_that_q_y_equals_the_published_programs_where_no_area_is_flat() -> None:
    published = gold_values()
    compared = 0
    for name, bounded in published["Q_Y", "zliu_gray8_bounded"].items():
        others = [published["Q_Y", variant][name] for variant in ("zliu_gray8", "yliu_gray8")]
        sound = all(abs(value - bounded) <= 1e-5 for value in others)
        compared += sound
        # Elsewhere those programs divide rounding by rounding.
        tolerance = 1e-5 if sound else 2e-2
        measured = METRICS["q-y"](*gold_grey(name), variant="bounded")
        assert measured == pytest.approx(bounded, abs=tolerance), name
        if sound:
            assert METRICS["q-y"](*gold_grey(name)) == pytest.approx(bounded, abs=tolerance)
    assert compared >= 3


def test_that_grey_planes_equal_those_of_the_reference() -> None:
    gold_values()  # skips
    files = sorted((GOLD / "images").glob("*_gray.png"))
    assert files
    for path in files:
        name, _, part = path.stem.removesuffix("_gray").rpartition("_")
        picture = gold_pictures(name)["FAB".index(part)]
        expected = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(grey(picture), expected, err_msg=path.name)


def test_that_planes_may_come_as_whole_numbers() -> None:
    gold_values()  # skips
    trio = gold_grey("stand01_CBF")
    whole = Trio(*(plane.astype(np.uint8) for plane in trio))
    for metric in METRICS.values():
        if metric.on_planes:
            assert metric(*whole) == metric(*trio), metric.name
