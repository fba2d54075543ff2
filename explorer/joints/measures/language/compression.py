"""Real bits: what a general compressor makes of tokens, which knows nothing of pictures."""

from __future__ import annotations

import lzma

import numpy as np

from explorer.foundation.errors import RecordError

LEAST, MOST = 2**12, 2**26  # bytes that LZMA2 looks back: its own least, and those of its strongest preset
WIDE = {1: 0, 2: 1, 4: 2}  # bytes of a token -> how many bits of the position tell bytes of a token apart


def lzma_bits(tokens: np.ndarray, codebook_size: int) -> float:
    """Bits a token after LZMA2 at its strongest, of tokens of any shape in row order; without a container.

    Tokens are written as 8-, 16- or 32-bit numbers, whichever holds K, and the filter is told which. It learns while it
    reads, so that few tokens cost more than many of the same kind. Raises RecordError where there are none.
    """
    tokens = np.asarray(tokens).ravel()
    if len(tokens) == 0 or int(tokens.min()) < 0 or int(tokens.max()) >= codebook_size:
        raise RecordError(f"compression needs tokens from 0 to {codebook_size - 1:,}")
    kind = np.dtype(np.uint8 if codebook_size <= 2**8 else np.uint16 if codebook_size <= 2**16 else np.uint32)
    wide = WIDE[kind.itemsize]
    data = tokens.astype(kind.newbyteorder("<")).tobytes()
    back = min(max(LEAST, 1 << (len(data) - 1).bit_length()), MOST)  # all there is: tables for 64 MiB cost 0.7 GB
    filters = [
        {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": back}
        | {"lc": 2, "lp": wide, "pb": wide}
    ]
    return 8 * len(lzma.compress(data, lzma.FORMAT_RAW, filters=filters)) / len(tokens)
