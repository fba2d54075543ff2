"""`python -m explorer tokenize` and `detokenize`: a medium of any kind to a token file, and back."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from explorer import tokenizers
from explorer.cli import dumping
from explorer.cli.fitting import chosen_fitting, fitting_for
from explorer.foundation.config import settings
from explorer.foundation.errors import SettingsError
from explorer.foundation.files import check_place, write_atomically
from explorer.foundation.words import count_of
from explorer.joints.files.tokens import TokenFile, check_suffix, load_tokens, save_tokens
from explorer.joints.record import TokenRecord
from explorer.media import writing
from explorer.media.medium import Medium, Modality, load_medium, tokenized
from explorer.media.samples import SAMPLE_PREFIX, sample


def tokenize(options: argparse.Namespace) -> int:
    """Read a medium, tokenize it, write the token file, and say on stdout what it holds. A folder becomes a dump."""
    if dumping.is_wanted(options):
        return dumping.write_dump(options)
    if not options.file.startswith(SAMPLE_PREFIX) and not Path(options.file).exists():
        raise SettingsError(f"There is no file or folder {options.file[:200]!r}. Check the name and the folder.")
    check_suffix(options.out)  # before the work, not after it
    check_place(options.out)
    chosen_fitting(options)
    tokenizer = tokenizers.load_tokenizer(options.tokenizer, device=options.device)
    fitting = fitting_for(options, tokenizer.spec)
    medium = read_medium(options.file, tokenizer.spec.modality)
    record = tokenized(medium, tokenizer, fitting)
    save_tokens(options.out, record)
    for note in record.notes:
        print(f"note: {note}", file=sys.stderr)
    print(f"{options.out}: {summary(record)}")
    return 0


def detokenize(options: argparse.Namespace) -> int:
    """Read a token file, decode it with its own tokenizer, and write a picture, a sound, a clip or a series. Of a dump
    the one medium that --medium names."""
    if options.file.is_dir():
        return dumping.decode_medium(options)
    if options.medium is not None:
        raise SettingsError("--medium names one of a dump, which is a folder; a token file holds one medium.")
    tokens = load_tokens(options.file)
    suffix = writing.check_suffix(options.out, tokens.modality)
    check_place(options.out)
    tokenizer = dumping.tokenizer_of(tokens.tokenizer_id, options.device)
    decoded = tokenizer.detokenize(tokens.indices)
    write_atomically(options.out, writing.medium_bytes(decoded, suffix, tokens.rate, tokens.columns))
    print(f"{options.out}: {_extent(tokens, decoded.shape)} from {count_of(tokens.num_tokens, 'token')}")
    return 0


def read_medium(name: str, modality: Modality) -> Medium:
    """A file as a medium of that modality if it can be one, or `sample:ID`. Raises MediaError or UnknownIdError."""
    if name.startswith(SAMPLE_PREFIX):
        return sample(name.removeprefix(SAMPLE_PREFIX)).load()
    return load_medium(name, settings().limits, modality)


def _extent(tokens: TokenFile | TokenRecord, shape: tuple[int, ...]) -> str:
    """How large a medium is, in words."""
    if tokens.modality == "audio":
        rate = tokens.sample_rate_hz or 1
        return f"{shape[0] / rate:.2f} s of sound at {rate / 1000:g} kHz"
    if tokens.modality == "video":
        return f"{count_of(shape[0], 'frame')} of {shape[2]} x {shape[1]} pixels"
    if tokens.modality == "graph":
        return count_of(tokens.levels[0].layout.num_tokens, "node")
    if tokens.modality == "vectors":
        return count_of(shape[0], "item")
    if tokens.modality == "series":
        return f"{count_of(shape[0], 'row')} of {count_of(shape[1], 'column')}"
    return f"{shape[1]} x {shape[0]} pixels"


def summary(record: TokenRecord) -> str:
    """What a record costs, in one line; bits a pixel (or a second) are of the medium as it was tokenized."""

    def rate(kind: str) -> str:
        if record.modality == "audio":
            return f"{(record.bitrate_bps(kind) or 0) / 1000:.3f} kbit/s"  # type: ignore[arg-type]
        if record.modality == "graph":
            bits = record.bits_uniform if kind == "uniform" else record.bits_empirical
            return f"{bits / record.levels[0].layout.num_tokens:.1f} a node"
        if record.modality == "vectors":
            bits = record.bits_uniform if kind == "uniform" else record.bits_empirical
            return f"{bits / len(record.media):.1f} an item"
        if record.modality == "series":
            bits = record.bits_uniform if kind == "uniform" else record.bits_empirical
            return f"{bits / record.media.size:.3f} a value"
        return f"{record.bits_per_pixel(kind):.3f} a pixel"  # type: ignore[arg-type]

    return (
        f"{count_of(record.num_tokens, 'token')} of {record.tokenizer_id} for {_extent(record, record.media.shape)}; "
        f"{record.bits_uniform:,.0f} bits at log2(K) ({rate('uniform')}), "
        f"{record.bits_empirical:,.0f} at their own entropy ({rate('empirical')})"
    )
