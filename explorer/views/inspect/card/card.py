"""The code card: what is known of one code, filled by Python after a click.

`payload` turns plain values and arrays into the one JSON string that inspect/card/card.js reads. It asks nobody:
whoever fills the card (a page) brings the facts, so the card works for any tokenizer and any source of facts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of
from explorer.views.kit.wire.encoding import pack, png_data_url, wav_data_url

PATCHES_SHOWN = 60  # a card with more would be a wall; the card says how many there are in all

_DISTANCE_NAMES = {
    "euclidean": "Euclidean distance",
    "cosine": "cosine distance",
    "dot": "negative dot product",
    "implicit": "Euclidean distance",
}


@dataclass(frozen=True)
class Alone:
    """A code decoded alone: pixels (h, w, 3) float [0, 1]; sound: of a sound's code, the bytes of a WAV file."""

    pixels: np.ndarray
    sound: bytes | None = None


@dataclass(frozen=True)
class Later:
    """Codes that the card asks for, decoded alone, once it is drawn: decoding them would keep the text waiting."""

    tokenizer: str
    level: int
    codes: tuple[int, ...]


@dataclass(frozen=True)
class NearCode:
    """A code and how far it is; thumbnail (h, w, 3) float [0, 1] is the code decoded alone, count its tokens here."""

    code: int
    distance: float
    count: int | None = None
    thumbnail: np.ndarray | None = None


@dataclass(frozen=True)
class Context:
    """Surroundings of the token in the picture and in its reconstruction, if any, both (h, w, 3) float [0, 1].

    box: (top, left, height, width) in pixels of the crop, where the token itself lies.
    """

    original: np.ndarray
    reconstruction: np.ndarray | None
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class CodeCardData:
    """Everything a card may show; what is None or empty is left out of it.

    tokens: flat row-major positions of every token with this code, so their number is the count here.
    num_tokens: tokens of this level, the denominator. used_codes: codes of this level with count > 0 here.
    level counts from 0; noun is the word for it on screen ("level", "group"), given for what its quantizer was given
    ("latent", "residual").
    token: the position the card was opened from, -1 if it was opened from the code alone.
    rank: 1 for the most frequent code here. grid: (rows, columns), None where tokens have no place.
    training: its count at the end of training, in words (`usage.training_words`), "" where nothing was kept.
    patches: (P, h, w, 3) float [0, 1] of the first P of `tokens`; only PATCHES_SHOWN of them are sent.
    alone: (h, w, 3), the code as a constant field, decoded; of a sound its spectrogram, with alone_sound as WAV.
    later: what is asked for afterwards instead. place: see `places`.
    distance, second: at this token, from z_e to its code and to the second-nearest code.
    words: what the code is, in a sentence, where it is no vector.
    digits, digit_levels: (D,) of an implicit codebook: the digit of each axis and how many it could have.
    """

    code: int
    codebook_size: int
    num_tokens: int
    used_codes: int
    tokens: Sequence[int] = ()
    level: int = 0
    num_levels: int = 1
    noun: str = "level"
    given: str = "latent"
    token: int = -1
    rank: int | None = None
    grid: tuple[int, int] | None = None
    training: str = ""
    metric: str = "euclidean"
    patches: np.ndarray | None = None
    alone: np.ndarray | None = None
    alone_sound: bytes | None = None
    later: Later | None = None
    place: Mapping[str, object] | None = None
    context: Context | None = None
    nearest: Sequence[NearCode] = ()
    distance: float | None = None
    second: NearCode | None = None
    vector: np.ndarray | None = None
    digits: Sequence[int] | None = None
    digit_levels: Sequence[int] | None = None
    words: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.code < self.codebook_size:
            raise RecordError(f"code {self.code} is outside 0..{self.codebook_size - 1}")
        if len(self.tokens) > self.num_tokens:
            raise RecordError(f"code {self.code} has {count_of(len(self.tokens), 'token')} of only {self.num_tokens}")
        if self.patches is not None and len(self.patches) > len(self.tokens):
            raise RecordError(
                f"{count_of(len(self.patches), 'patch', 'patches')} for {count_of(len(self.tokens), 'token')}"
            )
        if (self.digits is None) != (self.digit_levels is None):
            raise RecordError("digits and digit_levels come together or not at all")
        if self.digits is not None and len(self.digits) != len(self.digit_levels):
            raise RecordError(f"{len(self.digits)} digits for {len(self.digit_levels)} axes")


def payload(data: CodeCardData) -> str:
    """The value of the code card. Non-finite numbers become null, so that the browser can parse it."""
    patches = () if data.patches is None else data.patches[:PATCHES_SHOWN]
    value = {
        "code": int(data.code),
        "codebook_size": int(data.codebook_size),
        "level": int(data.level),
        "num_levels": int(data.num_levels),
        "noun": data.noun,
        "given": data.given,
        "token": int(data.token),
        "tokens": [int(token) for token in data.tokens],
        "num_tokens": int(data.num_tokens),
        "used_codes": int(data.used_codes),
        "rank": None if data.rank is None else int(data.rank),
        "grid": None if data.grid is None else [int(side) for side in data.grid],
        "training": data.training,
        "words": data.words,
        "distance_name": _DISTANCE_NAMES.get(data.metric, "distance"),
        "patches": [png_data_url(patch) for patch in patches],
        "alone": None if data.alone is None else png_data_url(data.alone),
        "alone_sound": None if data.alone_sound is None else wav_data_url(data.alone_sound),
        "later": None if data.later is None else asdict(data.later),
        "place": data.place,
        "context": _context(data.context),
        "nearest": [_near(near) for near in data.nearest],
        "distance": _finite(data.distance),
        "second": None if data.second is None else _near(data.second),
        "vector": None if data.vector is None else pack(np.asarray(data.vector, dtype=np.float32)),
        "digits": None if data.digits is None else [int(digit) for digit in data.digits],
        "digit_levels": None if data.digit_levels is None else [int(level) for level in data.digit_levels],
    }
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _context(context: Context | None) -> dict | None:
    if context is None:
        return None
    height, width = context.original.shape[:2]
    return {
        "original": png_data_url(context.original),
        "reconstruction": None if context.reconstruction is None else png_data_url(context.reconstruction),
        "box": [int(side) for side in context.box],
        "size": [height, width],
    }


def _near(near: NearCode) -> dict:
    return {
        "code": int(near.code),
        "distance": _finite(near.distance),
        "count": None if near.count is None else int(near.count),
        "thumbnail": None if near.thumbnail is None else png_data_url(near.thumbnail),
    }


def _finite(number: float | None) -> float | None:
    """`number` as a float, None where there is none or it is not finite."""
    return float(number) if number is not None and math.isfinite(number) else None
