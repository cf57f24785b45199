"""How the frames of a stack are to be aligned, as a person chooses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import get_args

from mfgui.methods.align import AlignModel, CropRule
from mfgui.methods.exposure import Mode

MODELS: tuple[AlignModel, ...] = get_args(AlignModel)
EXPOSURES: tuple[Mode, ...] = get_args(Mode)
CROPS: tuple[CropRule, ...] = get_args(CropRule)


@dataclass(frozen=True)
class AlignChoice:
    """Settings of an alignment.

    Attributes
    ----------
    model : str
        One of `MODELS`: what the transforms may be; "off" for frames that are aligned already.
    exposure : str
        One of `EXPOSURES`: how the light of the frames is brought together.
    crop : str
        One of `CROPS`: what all frames show, or all that the reference frame shows.
    reference : int
        Number of the frame, from 1, that the others are brought to; 0 lets it be chosen.
    """

    model: AlignModel = "auto"
    exposure: Mode = "auto"
    crop: CropRule = "common"
    reference: int = 0

    @property
    def nothing(self) -> bool:
        """Whether frames are to be used as they are."""
        return self.model == "off" and self.exposure == "off"

    def kept(self) -> dict[str, bool | int | str]:
        """What holds for other sets, too."""
        return {"model": self.model, "exposure": self.exposure, "crop": self.crop}

    @classmethod
    def known(cls, values: Mapping[str, object]) -> AlignChoice:
        """The choice of what is known of `values`; the rest is as it comes."""
        allowed = {"model": MODELS, "exposure": EXPOSURES, "crop": CROPS}
        found = {
            field.name: values[field.name]
            for field in fields(cls)
            if field.name in allowed and values.get(field.name) in allowed[field.name]
        }
        return cls(**found)  # type: ignore[arg-type]

    def to_store(self) -> dict[str, bool | int | str]:
        """What a session remembers."""
        return {**self.kept(), "reference": self.reference}

    @classmethod
    def stored(cls, values: Mapping[str, object], *, k: int) -> AlignChoice:
        """The choice that a session of k frames remembers; the rest is as it comes."""
        reference = values.get("reference", 0)
        fits = isinstance(reference, int) and 0 <= reference <= k
        return replace(cls.known(values), reference=reference if fits else 0)  # type: ignore[arg-type]
