"""`python -m explorer stream`: a sound of any length to its codes and back, in parts, with the memory of one part."""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from explorer import tokenizers
from explorer.foundation.errors import MediaError, SettingsError
from explorer.foundation.files import write_atomically
from explorer.foundation.words import count_of
from explorer.media.sounds.blocks import sound_blocks


def run(options: argparse.Namespace) -> int:
    """Write codes (T, Q), and the decoded sound if it is asked for. Raises ExplorerError in plain words."""
    if options.codes.suffix != ".npy" or (options.decoded and options.decoded.suffix not in (".wav", ".flac")):
        raise SettingsError("--codes is a .npy file, --decoded a .wav or .flac file.")
    tokenizer = tokenizers.load_tokenizer(options.tokenizer, device=options.device)
    spec = tokenizer.spec
    if not getattr(tokenizer, "streams", False):
        raise MediaError(
            f"{spec.title} cannot take a sound in parts: it looks at what comes later, or nobody has said how far back "
            "it looks. Cut the sound, or use tokenize with --limit seconds=..."
        )
    start, kept = time.perf_counter(), []

    def codes() -> Iterator[np.ndarray]:
        for part in tokenizer.stream_codes(sound_blocks(options.file, spec.sample_rate_hz)):
            kept.append(part.astype(np.min_scalar_type(spec.codebook_size - 1)))
            yield part

    if options.decoded:
        _write_sound(options.decoded, tokenizer.stream_sound(codes()), spec.sample_rate_hz)
    else:
        for _ in codes():
            pass
    write_atomically(options.codes, _npy(np.concatenate(kept)))
    seconds, took = sum(map(len, kept)) * spec.downsampling / spec.sample_rate_hz, time.perf_counter() - start
    print(
        f"{options.codes}: {count_of(sum(map(len, kept)), 'position')} of {count_of(spec.num_quantizers, 'level')}, "
        f"{seconds:,.2f} s of sound in {took:,.1f} s, {seconds / max(took, 1e-9):,.1f} times as fast as it plays"
    )
    return 0


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _write_sound(path: Path, blocks: Iterator[np.ndarray], sample_rate_hz: int) -> None:
    """16 bits, block by block, beside its place and renamed, so that a stop leaves no half of a sound."""
    import soundfile  # lazy: loads libsndfile

    beside = path.with_name(f".{path.name}.part")
    try:
        with soundfile.SoundFile(
            beside, "w", sample_rate_hz, 1, subtype="PCM_16", format=path.suffix[1:].upper()
        ) as file:
            for block in blocks:
                file.write(np.clip(block, -1, 1 - 2**-15))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
