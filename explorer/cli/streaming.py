"""`python -m explorer stream`: a sound of any length to its codes and back, in parts, with the memory of one part."""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from explorer import tokenizers
from explorer.foundation.errors import MediaError, SettingsError
from explorer.foundation.files import check_place, write_atomically
from explorer.foundation.words import count_of
from explorer.media.medium import NOUNS
from explorer.media.samples import SAMPLE_PREFIX
from explorer.media.sounds.audio import LOUDEST
from explorer.media.sounds.blocks import sound_blocks


def run(options: argparse.Namespace) -> int:
    """Write codes (T, Q), and the decoded sound if it is asked for. Raises ExplorerError in plain words."""
    if options.codes.suffix != ".npy" or (options.decoded and options.decoded.suffix not in (".wav", ".flac")):
        raise SettingsError("--codes is a .npy file, --decoded a .wav or .flac file.")
    for path in filter(None, (options.codes, options.decoded)):
        check_place(path)
    _check_sound(options.file)
    tokenizer = tokenizers.load_tokenizer(options.tokenizer, device=options.device)
    spec = tokenizer.spec
    if spec.modality != "audio":
        raise MediaError(f"{spec.title} takes {NOUNS[spec.modality]}, which cannot be taken in parts; sounds can.")
    if not getattr(tokenizer, "streams", False):
        raise MediaError(
            f"{spec.title} cannot take a sound in parts: it looks at what comes later, or nobody has said how far back "
            "it looks. Cut the sound, or use tokenize with --limit seconds=..."
        )
    start, kept, peaks = time.perf_counter(), [], [0.0]

    def blocks() -> Iterator[np.ndarray]:
        for block in sound_blocks(options.file, spec.sample_rate_hz):
            peaks.append(max(peaks.pop(), float(np.abs(block).max())))
            yield block

    def codes() -> Iterator[np.ndarray]:
        for part in tokenizer.stream_codes(blocks()):
            kept.append(part.astype(np.min_scalar_type(spec.codebook_size - 1)))
            yield part

    if options.decoded:
        _write_sound(options.decoded, tokenizer.stream_sound(codes()), spec.sample_rate_hz)
    else:
        for _ in codes():
            pass
    write_atomically(options.codes, _npy(np.concatenate(kept)))
    if peaks[0] > LOUDEST:
        print(
            f"note: louder than full scale (peak {peaks[0]:.3g}), tokenized as it is: `tokenize`, which sees the whole "
            "sound, turns such down to 1, with other codes.",
            file=sys.stderr,
        )
    seconds, took = sum(map(len, kept)) * spec.downsampling / spec.sample_rate_hz, time.perf_counter() - start
    print(
        f"{options.codes}: {count_of(sum(map(len, kept)), 'position')} of {count_of(spec.num_quantizers, 'level')}, "
        f"{seconds:,.2f} s of sound in {took:,.1f} s, {seconds / max(took, 1e-9):,.1f} times as fast as it plays"
    )
    return 0


def _check_sound(name: str) -> None:
    """Raise MediaError for what is no file, or an empty one."""
    path = Path(name)
    if path.is_dir():
        raise MediaError(f"{name!r} is a folder. Give one sound; `audit` takes folders.")
    if not path.exists():
        sample = " Samples are short: `tokenize` takes them." if name.startswith(SAMPLE_PREFIX) else ""
        raise MediaError(f"There is no file {name!r}. Check the name and the folder.{sample}")
    if path.stat().st_size == 0:
        raise MediaError("The file is empty (0 bytes). Choose another file.")


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
