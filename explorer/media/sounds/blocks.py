"""A sound file of any length, block by block: mixed to one channel and at another rate, as if it had been read whole.

For what never needs the whole sound at once; pages and the other commands read whole sounds (`audio.py`), whose longer
ones are cut. Only libsndfile reads in blocks here: WAV, FLAC, Ogg, MP3 and AIFF.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from explorer.foundation.errors import MediaError
from explorer.media.sounds.decoders import check_claims

BLOCK_S = 5.0
HALF_FILTER = 10  # of scipy's resample_poly: half its filter is that many times the larger of the two factors


def sound_blocks(path: Path | str, sample_rate_hz: int, block_s: float = BLOCK_S) -> Iterator[np.ndarray]:
    """Blocks (S, 1) float32 at that rate. Raises MediaError for what libsndfile cannot read, and for NaN."""
    import soundfile  # lazy: loads libsndfile

    try:
        file = soundfile.SoundFile(path)
    except Exception as error:  # headers are damaged in many ways
        raise MediaError(
            f"{Path(path).name} cannot be read in blocks. Give WAV, FLAC, Ogg, MP3 or AIFF, or convert it: "
            "ffmpeg -i FILE long.flac."
        ) from error
    with file:
        check_claims(file.samplerate, file.channels)
        yield from resampled_blocks(_mono(file, block_s), file.samplerate, sample_rate_hz)


def _mono(file: object, block_s: float) -> Iterator[np.ndarray]:
    """Blocks (S, 1), the mean of all channels."""
    size, many = max(1, round(block_s * file.samplerate)), 0
    while True:
        try:
            block = file.read(size, dtype="float32", always_2d=True)
        except Exception as error:  # as of headers
            raise MediaError(f"The sound is damaged after {many / file.samplerate:.2f} s.") from error
        if not np.isfinite(block).all():
            raise MediaError("The sound holds NaN or infinite samples. Replace them and try again.")
        many += len(block)
        if len(block):
            yield block.mean(1, keepdims=True)
        if len(block) < size:
            break
    if not many:
        raise MediaError("The sound has no samples: there is nothing in it.")


def resampled_blocks(blocks: Iterator[np.ndarray], from_hz: int, to_hz: int) -> Iterator[np.ndarray]:
    """Blocks (S, 1) of one sound at another rate: what `resample_poly` gives of the whole, but for rounding.

    Each block is resampled with enough of what lies around it, from a place where both rates have a sample.
    """
    if from_hz == to_hz:
        yield from blocks
        return
    from scipy.signal import resample_poly  # lazy: scipy.signal costs a third of a second

    shared = math.gcd(from_hz, to_hz)
    up, down = to_hz // shared, from_hz // shared
    margin = -(-(HALF_FILTER * max(up, down) // up + 2) // down) * down  # samples, a whole number of common places
    held, before, ended = np.zeros((0, 1), np.float32), 0, False
    while not ended:
        block = next(blocks, None)
        ended = block is None
        held = held if ended else np.concatenate([held, block])
        known = len(held) if ended else max(0, (len(held) - margin) // down * down)
        if known <= before:
            continue
        made = resample_poly(held.astype(np.float64), up, down, axis=0)
        stop = len(made) if ended else known * up // down
        yield made[before * up // down : stop].astype(np.float32)
        drop = max(0, (known - margin) // down * down)
        held, before = held[drop:], known - drop
