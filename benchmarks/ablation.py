"""What parts of the trainings without truth are good for, as in the papers' ablations.

    python -m benchmarks.ablation mff-gan|edmf --data PAIRS [--steps 800] [--seeds 24] [--out DIR]
        [--threads 1] [--photographs KODAK]

Every variant is trained from the same seed with the same patches in the same order, and judged on
the scenes of `benchmarks.learned`: PSNR of the whole picture and of the band at the boundary, and
"sharpness", mean |L(F)| over the mean of the larger |L| of the two sources (below 1: half-blurred).
EDMF's row "spatial frequency" is that of the papers, on 0 ... 255.

mff-gan   with and without the decision block, and without the discriminator (Zhang et al. 2021,
          section 4.5: without the block results are half-blurred, without the adversary weaker in
          texture)
edmf      memory of the four best epochs, of the last one (MUFusion), none (Li et al. 2024, table 3)
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks.learned import kept_out, scene_of
from benchmarks.quality import boundary_band, psnr
from mfgui.core.arrays import ImageF32, PixelArray, to_float
from mfgui.core.compute import Compute
from mfgui.methods import registry
from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics.planes import grey
from mfgui.train import tasks
from mfgui.train.data import Data
from mfgui.train.task import Setting
from mfgui.train.trainer import Plan, Trainer

VARIANTS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "mff-gan": {
        "as published": {},
        "no decision block": {"decision_block": "false"},
        "no discriminator": {"adversarial": "false"},
    },
    "edmf": {
        "four best epochs": {"memory": "four-best"},
        "last epoch": {"memory": "last"},
        "no memory": {"memory": "off"},
    },
}
RATES = {"mff-gan": 4.0, "edmf": 10.0}
SIDE = 256


def trained(name: str, given: Mapping[str, str], options: argparse.Namespace, out: Path) -> Path:
    """Weights of a variant; a training that was stopped goes on."""
    setting = Setting(torch.device("cpu"), half=True, seed=7)
    more = {"count": str(options.patches)} if name == "edmf" else {}
    task = tasks.make(name, setting, Data.of_folders([options.data]), {**given, **more})
    plan = Plan(options.steps, rate=RATES[name], interval=max(1, options.steps // 10))
    trainer = Trainer(task, plan, out, seed=7)
    trainer.resume()
    trainer.run()
    return out


def judged(name: str, weights: Path, options: argparse.Namespace) -> list[float]:
    """PSNR, band PSNR, sharpness and spatial frequency, means over the scenes."""
    method = registry.load().get(name)
    values = {**method.defaults(), "weights": str(weights)}
    rows = []
    for kind in ("layered", "alpha"):
        for seed in range(options.seeds):
            scene = scene_of(kind, seed, SIDE, kept_out(options.photographs))
            fused = method.function(scene.frames, None, compute=Compute(), **values)
            band = boundary_band(scene.labels, scene.radius)
            rows.append(
                [
                    psnr(fused, scene.truth),
                    psnr(fused, scene.truth, band),
                    sharpness(fused, scene.frames),
                    METRICS["sf"](grey(fused)),
                ]
            )
    return [float(mean) for mean in np.mean(rows, axis=0)]


def sharpness(fused: ImageF32, frames: Sequence[PixelArray]) -> float:
    detail = [np.abs(cv2.Laplacian(to_float(x).mean(axis=2), cv2.CV_32F)) for x in (fused, *frames)]
    return float(detail[0].mean() / np.maximum(*detail[1:]).mean())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", choices=list(VARIANTS))
    parser.add_argument("--data", type=Path, required=True, metavar="PAIRS")
    parser.add_argument("--photographs", type=Path, metavar="KODAK")
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--patches", type=int, default=512, help="of an epoch of edmf")
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("ablation"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    print("| variant | PSNR | band PSNR | sharpness | spatial frequency |\n|---|---|---|---|---|")
    for variant, given in VARIANTS[options.network].items():
        out = options.out / f"{options.network}-{variant.replace(' ', '-')}.safetensors"
        found = judged(options.network, trained(options.network, given, options, out), options)
        cells = [f"{found[0]:.2f}", f"{found[1]:.2f}", f"{found[2]:.3f}", f"{found[3]:.2f}"]
        print("| " + " | ".join([variant, *cells]) + " |", flush=True)


if __name__ == "__main__":
    main()
