"""What a tokenizer of sound measures on held-out sounds: SI-SDR level by level, log-mel distance, usage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch

from explorer.media.quality.sound_fidelity import log_mel_distance_db, si_sdr_db
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.evaluation.pictures import usage_fields
from explorer.training.sounds import Sound


@dataclass(frozen=True)
class FolderFigures:
    """Of the sounds of one folder, all levels."""

    sounds: int
    si_sdr_db: float
    log_mel_db: float


@dataclass(frozen=True)
class SoundEvaluation:
    """Means over sounds; usage and perplexity one value a level, counted over `tokens` positions.

    si_sdr_db: of the first 1, 2, ... levels, the last of all of them; () where it is defined of no sound. left_out:
    sounds that are silent, or decode to silence, whose SI-SDR is not defined. log_mel_db: of all levels. folders: of
    each folder of several, in their order.
    """

    si_sdr_db: tuple[float, ...]
    log_mel_db: float
    tokens: int
    sounds: int
    seconds: float
    usage: tuple[float, ...]
    perplexity: tuple[float, ...]
    left_out: int = 0
    folders: tuple[FolderFigures, ...] = ()

    @property
    def words(self) -> str:
        """For a line of progress."""
        ratios = f"{', '.join(f'{one:.2f}' for one in self.si_sdr_db)} dB" if self.si_sdr_db else "not defined"
        return f"SI-SDR {ratios}  log-mel {self.log_mel_db:.2f} dB"

    def values(self) -> dict[str, float]:
        """Flat numbers for config.json; levels count from 1."""
        found = {"si_sdr_db": self.si_sdr_db[-1]} if self.si_sdr_db else {}
        found |= {"log_mel_db": self.log_mel_db, "tokens": self.tokens}
        found |= {"sounds": self.sounds, "seconds": self.seconds} | (
            {"left_out": self.left_out} if self.left_out else {}
        )
        if len(self.si_sdr_db) > 1:
            found |= {f"si_sdr_db_{q}": one for q, one in enumerate(self.si_sdr_db, 1)}
        for number, folder in enumerate(self.folders, 1):
            found |= {f"folder_{number}_{name}": value for name, value in asdict(folder).items()}
        return found


@torch.no_grad()
def evaluate_sounds(model: TokenizerModel, sounds: Sequence[Sound], sample_rate_hz: int) -> SoundEvaluation:
    """Tokenize and decode sounds, each filled up with silence to a whole token and measured without it.

    Levels of a sum are decoded one after another; of any other quantizer all at once.
    """
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    figures, distances, indices = [], [], []
    for one in sounds:
        decoded, codes = _decodes(model, one.samples, device)
        original = one.samples[:, None]
        figures.append([si_sdr_db(original, sound[:, None]) for sound in decoded])
        distances.append(log_mel_distance_db(original, decoded[-1][:, None], sample_rate_hz))
        indices.append(codes.T)
    model.train(was_training)
    known = np.array([all(x is not None and math.isfinite(x) for x in row) for row in figures])
    defined = np.array([row for row, is_known in zip(figures, known, strict=True) if is_known])
    return SoundEvaluation(
        si_sdr_db=tuple(map(float, defined.mean(0))) if len(defined) else (),
        log_mel_db=float(np.mean(distances)),
        **usage_fields(indices, model.quantizer.codebook_size),
        sounds=len(sounds),
        seconds=sum(len(one.samples) for one in sounds) / sample_rate_hz,
        left_out=len(figures) - len(defined),
        folders=_by_folder([one.folder for one in sounds], known, defined, np.array(distances)),
    )


def _by_folder(
    numbers: Sequence[int], known: np.ndarray, defined: np.ndarray, distances: np.ndarray
) -> tuple[FolderFigures, ...]:
    """Figures of each folder, if there are several and each has a sound whose SI-SDR is defined."""
    folder, all_levels = np.array(numbers), defined[:, -1] if len(defined) else defined
    parts = sorted(set(folder.tolist()))
    if len(parts) < 2 or set(folder[known].tolist()) != set(parts):
        return ()
    return tuple(
        FolderFigures(
            int((folder == n).sum()),
            float(all_levels[folder[known] == n].mean()),
            float(distances[folder == n].mean()),
        )
        for n in parts
    )


def _decodes(model: TokenizerModel, samples: np.ndarray, device: torch.device) -> tuple[list[np.ndarray], np.ndarray]:
    """What the first 1, 2, ... levels decode to, each as long as `samples`, and the indices (T, Q)."""
    step, quantizer = model.encoder.downsampling, model.quantizer
    filled = np.pad(samples, (0, -len(samples) % step))
    z = model.encode(torch.from_numpy(filled)[None, None].to(device))
    output = quantizer(z)
    if quantizer.combination == "sum":
        codes = torch.cumsum(torch.stack([stage.z_q for stage in output.stages]), 0)[:, 0]  # (Q, T, D)
    else:
        codes = output.z_q
    sounds = model.decode(codes)[:, 0, : len(samples)].float().cpu().numpy()
    return list(sounds), output.indices[0].cpu().numpy()
