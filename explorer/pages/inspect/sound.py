"""What one level of a sound adds to those before it: the difference of two decodes, to be heard and seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer.analysis.pictures.depiction import depict
from explorer.joints.naming import part_noun
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import Tokenizer
from explorer.media.quality.sound_delay import NO_DELAY, Delay, moved_back
from explorer.media.quality.sound_fidelity import si_sdr_db
from explorer.pages.shared.session import Visit
from explorer.views.inspect.player.player import AddedSound


def added_sound(
    record: TokenRecord, tokenizer: Tokenizer, visit: Visit, decoded: np.ndarray | None, delay: Delay = NO_DELAY
) -> AddedSound | None:
    """decoded (S, C), of the levels up to the one that is shown, less what those before it decode to.

    None where levels are not decoded one upon another, of the first one, and of what is no sound.
    """
    level = min(visit.level, len(record.levels) - 1)
    if record.modality != "audio" or decoded is None or visit.mode != "cumulative" or level == 0:
        return None
    before = tokenizer.decode_levels(record, list(range(level)))
    added = (decoded - before).astype(np.float32)
    noun = part_noun(record.combination)
    picture = depict(replace(record, reconstruction=added)).reconstruction  # on the scale of the original
    ratios = [si_sdr_db(record.media, moved_back(one, delay.samples)) for one in (before, decoded)]
    words = f"Added is the decode up to {noun} {level + 1} less the one up to {noun} {level}."
    if None not in ratios and np.isfinite(ratios).all():  # type: ignore[arg-type]
        without, with_it = ratios
        words += f" SI-SDR goes from {without:.2f} dB to {with_it:.2f} dB by it ({with_it - without:+.2f} dB)."
    return AddedSound(added, picture, f"Added by {noun} {level + 1}", words)
