"""`python -m explorer tokenize` and `detokenize`: a picture to a token file and back."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from explorer import tokenizers
from explorer.config import settings
from explorer.errors import MediaError
from explorer.files import write_atomically
from explorer.media.image import LoadedImage, fit, load_image, png_bytes
from explorer.media.samples import sample_picture
from explorer.record import TokenRecord
from explorer.tokenfile import check_suffix, load_tokens, save_tokens

SAMPLE_PREFIX = "sample:"


def tokenize(options: argparse.Namespace) -> int:
    """Read a picture, tokenize it, write the token file, and say on stdout what it holds."""
    check_suffix(options.out)  # before the work, not after it
    image = read_picture(options.file)
    tokenizer = tokenizers.load_tokenizer(options.tokenizer, device=options.device)
    fitted = fit(image, tokenizer.spec.downsampling, settings().limits.image_side_px)
    record = tokenizer.tokenize(fitted.pixels)
    record = replace(record, notes=fitted.notes + record.notes)
    save_tokens(options.out, record)
    for note in record.notes:
        print(f"note: {note}", file=sys.stderr)
    print(f"{options.out}: {summary(record)}")
    return 0


def detokenize(options: argparse.Namespace) -> int:
    """Read a token file, decode it with its own tokenizer, and write a PNG."""
    if options.out.suffix.lower() != ".png":
        raise MediaError(
            f"{str(options.out)!r} does not end in .png. Pictures are written as PNG, which loses nothing."
        )
    tokens = load_tokens(options.file)
    tokenizer = tokenizers.load_tokenizer(tokens.tokenizer_id, device=options.device)
    pixels = tokenizer.detokenize(tokens.indices)
    write_atomically(options.out, png_bytes(pixels))
    print(f"{options.out}: {pixels.shape[1]} x {pixels.shape[0]} pixels from {tokens.num_tokens:,} tokens")
    return 0


def read_picture(name: str) -> LoadedImage:
    """A file, or `sample:ID`. Raises MediaError or UnknownIdError."""
    if name.startswith(SAMPLE_PREFIX):
        return sample_picture(name.removeprefix(SAMPLE_PREFIX)).load()
    return load_image(name, settings().limits)


def summary(record: TokenRecord) -> str:
    """What a record costs, in one line; bits a pixel are of the picture as it was tokenized."""
    height, width = record.media.shape[:2]
    return (
        f"{record.num_tokens:,} tokens of {record.tokenizer_id} for {width} x {height} pixels; "
        f"{record.bits_uniform:,.0f} bits at log2(K) ({record.bits_per_pixel('uniform'):.3f} a pixel), "
        f"{record.bits_empirical:,.0f} at their own entropy ({record.bits_per_pixel('empirical'):.3f} a pixel)"
    )
