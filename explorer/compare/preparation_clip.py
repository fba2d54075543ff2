"""A clip made ready to be compared: the same frames at the same size for all, as many as every tokenizer reaches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explorer.compare.preparation import Judgement, Preparation, common_spec
from explorer.compare.reference import Codec
from explorer.foundation.errors import SettingsError
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import TokenizerSpec
from explorer.media.clips.mosaic import mosaic, mosaic_shape
from explorer.media.clips.video import LoadedVideo
from explorer.media.fitting import Fitting
from explorer.media.medium import fit_medium
from explorer.media.quality.fidelity import Fidelity, Original, WorstPatch, worst_patch
from explorer.media.quality.metrics import psnr
from explorer.media.quality.sound_delay import Delay

FRAMES_DRAWN = 8  # of the mosaic, spread evenly over the clip


class PreparedClip(Preparation):
    """reference: (F, H, W, 3)."""

    def __init__(self, clip: LoadedVideo, specs: Sequence[TokenizerSpec], fitting: Fitting) -> None:
        common = common_spec(specs)
        if common.fixed_size:  # a size that all take then
            clip = fit_medium(clip, common, fitting)
            fitting = Fitting(max(common.fixed_size[-2:]))
        fitted = {
            spec.id: fit_medium(clip, replace(spec, multiple=common.media_multiple), fitting)
            if not spec.fixed_size
            else fit_medium(clip, spec, fitting)
            for spec in specs
        }
        self._inputs = {name: one.frames for name, one in fitted.items()}
        shortest = min(fitted.values(), key=lambda one: len(one.frames))
        self.reference, self.frames_per_second = shortest.frames, clip.frames_per_second
        counts = {len(frames) for frames in self._inputs.values()}
        notes = list(shortest.notes)
        if len(counts) > 1:
            notes.append(f"Judged over the first {len(self.reference)} frames, which all reach.")
        self.notes = tuple(notes)
        frames, height, width = self.reference.shape[:3]
        self.extent = float(frames * height * width)
        self.facts = {"frames": frames, "width": width, "height": height}
        self._shown = np.unique(np.linspace(0, frames - 1, most_drawn(frames)).round().astype(int))
        self._originals = [Original(frame) for frame in self.reference]
        self.picture = self._mosaic(self.reference)

    def given(self, spec: TokenizerSpec) -> np.ndarray:
        return self._inputs[spec.id]

    def covered(self, spec: TokenizerSpec) -> float:
        return float(math.prod(self._inputs[spec.id].shape[:3]))

    def judged(self, spec: TokenizerSpec, decoded: np.ndarray, delay: Delay, record: TokenRecord) -> Judgement:
        return Judgement(decoded[: len(self.reference)])

    def fidelity(self, decoded: np.ndarray) -> Fidelity:
        """PSNR over all frames together; SSIM, MS-SSIM and slopes of each frame, and their mean (slopes: root of the
        mean square)."""
        ones = [original.fidelity(frame) for original, frame in zip(self._originals, decoded, strict=True)]
        means = {
            key: None if getattr(ones[0], key) is None else float(np.mean([getattr(one, key) for one in ones]))
            for key in ("ssim", "ms_ssim", "mean_absolute_error")
        }
        slopes = math.sqrt(float(np.mean([one.gradient_error**2 for one in ones])))
        return Fidelity(
            psnr_db=psnr(*(one.reshape(-1, *one.shape[2:]) for one in (self.reference, decoded))),
            gradient_error=slopes,
            **means,
        )

    def worst(self, judged: Judgement, patch_px: int) -> WorstPatch:
        """Within the frames that are drawn."""
        return worst_patch(self.picture, self._mosaic(judged.decoded), patch_px)

    def drawn(self, judged: Judgement) -> np.ndarray:
        return self._mosaic(judged.decoded)

    def _mosaic(self, decoded: np.ndarray) -> np.ndarray:
        return mosaic(decoded[self._shown])

    def codec(self, name: str) -> Codec:
        raise SettingsError(f"{name} encodes no clips here.")


def most_drawn(frames: int) -> int:
    """How many frames a mosaic shows: at most FRAMES_DRAWN, and a number that fills its rows."""
    most = min(FRAMES_DRAWN, frames)
    return max(range(1, most + 1), key=lambda n: (mosaic_shape(n)[0] > 1 or n < 4, n))
