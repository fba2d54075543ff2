"""The page of a code as the browser gets it: figures, and media as data URLs. Numbers come from `code_page`.

Distances of exemplars are |z_e - code|; those of nearest codes follow the codebook's metric, as `neighbours` says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explorer.analysis.codes.neighbours import nearest_codes
from explorer.analysis.codes.page import CodePage, Exemplar
from explorer.audit.history import UsageHistory
from explorer.foundation.words import count_of
from explorer.joints.measures.usage import training_words
from explorer.joints.record import Codebook
from explorer.views.kit.wire.encoding import pack, png_data_url, wav_data_url

NEAREST = 8
FEW = 0.5  # unevenness by chance above which a position map says nothing
_DISTANCE_NAMES = {
    "euclidean": "Euclidean distance",
    "cosine": "cosine distance",
    "dot": "negative inner product",
    "implicit": "Euclidean distance",
}


@dataclass(frozen=True)
class PicturedToken:
    """A token cut out of its medium with what stands around it.

    pixels: (h, w, 3) uint8; box: (top, left, height, width) of the token itself in them. medium: its name.
    place: (row, column) of a token of a picture. where: its place in words. heard: number of its sound in the audit.
    """

    pixels: np.ndarray
    box: tuple[int, int, int, int]
    medium: str
    token: int
    place: tuple[int, int] | None
    distance: float
    where: str = ""
    heard: int | None = None


@dataclass(frozen=True)
class CodeView:
    """Everything on the page of a code. level counts from 0.

    state: as in the heatmap. codebook: None for plain indices. counts: (K,) of the level. pictured: exemplars by kind
    with `pictured_from`, words that name the pictures and their number of tokens. references: (medium, exemplar) by
    kind where the audit's own pictures are not at hand. history: of the level in training.
    """

    page: CodePage
    level: int
    state: int
    state_words: str
    codebook: Codebook | None
    counts: np.ndarray
    duplicates: Sequence[int] = ()
    pictured: Mapping[str, Sequence[PicturedToken]] = field(default_factory=dict)
    pictured_from: str = ""
    references: Mapping[str, Sequence[tuple[str, Exemplar]]] | None = None
    history: UsageHistory | None = None


def code_payload(view: CodeView) -> dict[str, Any]:
    """The answer to `code`, without the pictures that need the decoder."""
    page, book = view.page, view.codebook
    return {
        "code": page.code,
        "level": view.level,
        "codebook_size": page.codebook_size,
        "count": page.count,
        "tokens": page.tokens,
        "used": page.used,
        "rank": page.rank,
        "share": page.share,
        "state": view.state,
        "state_words": view.state_words,
        "error": page.error,
        "previous_used": page.previous_used,
        "next_used": page.next_used,
        **_codebook_facts(book, page.code, view.counts),
        "duplicates": [int(code) for code in view.duplicates],
        "exemplars": {"from": view.pictured_from}
        | {kind: [_pictured(token) for token in tokens] for kind, tokens in view.pictured.items()},
        "references": None if view.references is None else _references(view.references),
        **_places(page),
        "neighbours": _beside(page),
        "usage_history": None,  # no checkpoint keeps the counts of single codes over time
        "level_history": None if view.history is None else _history(view.history),
    }


def _codebook_facts(book: Codebook | None, code: int, counts: np.ndarray) -> dict[str, Any]:
    """What the codebook says of a code: vector, digits, nearest codes, count in training."""
    if book is None:
        nothing = ("training", "norm", "vector", "digits", "digit_levels", "bits", "distance_name")
        return dict.fromkeys(nothing) | {"nearest": []}
    vector = book.rows(np.asarray(code)).astype(np.float32)
    codes, distances = nearest_codes(book, code, NEAREST)
    digits = None if book.rule is None else [int(digit) for digit in book.rule.digits(np.asarray(code))]
    levels = None if book.rule is None else list(book.rule.levels)
    return {
        "training": training_words(book, code) or None,
        "norm": float(np.linalg.norm(vector)),
        "vector": pack(vector),
        "digits": digits,
        "digit_levels": levels,
        "bits": "".join(map(str, digits)) if levels is not None and set(levels) == {2} else None,
        "distance_name": _DISTANCE_NAMES[book.metric],
        "nearest": [
            [int(near), finite(distance), int(counts[near])] for near, distance in zip(codes, distances, strict=True)
        ],
    }


def _pictured(token: PicturedToken) -> dict[str, Any]:
    return {
        "url": png_data_url(token.pixels),
        "size": list(token.pixels.shape[:2]),
        "box": list(token.box),
        "medium": token.medium,
        "token": token.token,
        "place": None if token.place is None else list(token.place),
        "where": token.where,
        "heard": token.heard,
        "distance": finite(token.distance),
    }


def _references(references: Mapping[str, Sequence[tuple[str, Exemplar]]]) -> dict[str, Any]:
    return {
        kind: [{"medium": name, "token": one.token, "distance": finite(one.distance)} for name, one in rows]
        for kind, rows in references.items()
    }


def _places(page: CodePage) -> dict[str, Any]:
    """The position map, the shares of all tokens, and both in words."""
    places = page.places
    if places is None:
        return {"positions": None, "positions_base": None, "positions_expected": ""}
    if places.by_chance > FEW:
        words = f"{count_of(page.count, 'token')} of this code: too few to tell a place from chance."
    else:
        words = (
            f"{places.unevenness:.0%} of its {count_of(page.count, 'token')} would have to move to be spread as all "
            f"{page.tokens:,} tokens are; of as many tokens placed at random it would be {places.by_chance:.0%}."
        )
    return {
        "positions": pack(places.share),
        "positions_base": pack(places.expected),
        "positions_expected": words,
    }


def _history(history: UsageHistory) -> dict[str, list[float]]:
    return {name: getattr(history, name).tolist() for name in ("steps", "usage", "tokens")}


def _beside(page: CodePage) -> dict[str, Any] | None:
    if page.beside is None:
        return None
    return {side: [[b.code, b.count, finite(b.lift)] for b in row] for side, row in page.beside.items()}


@dataclass(frozen=True)
class Decoding:
    """What the decoder makes of a code, as pictures (h, w, 3).

    alone: the code among itself only. contexts: (pixels, words) among neighbours. box: (top, left, height, width) of
    the token itself in all of them, None where it has no place of its own. thumbnails: each other code that the page
    shows. heard: the bytes of a WAV file of the code repeated. note: what was left out, in words.
    """

    alone: np.ndarray
    contexts: Sequence[tuple[np.ndarray, str]] = ()
    box: tuple[int, int, int, int] | None = None
    thumbnails: Mapping[int, np.ndarray] = field(default_factory=dict)
    heard: bytes | None = None
    note: str = ""


def decoded_payload(made: Decoding) -> dict[str, Any]:
    """The answer to `code_decoded`."""
    return {
        "alone": png_data_url(made.alone),
        "contexts": [{"url": png_data_url(pixels), "words": words} for pixels, words in made.contexts],
        "box": None if made.box is None else list(made.box),
        "size": list(made.alone.shape[:2]),
        "thumbnails": {str(code): png_data_url(pixels) for code, pixels in made.thumbnails.items()},
        "sound": None if made.heard is None else wav_data_url(made.heard),
        "note": made.note,
    }


def finite(number: float | np.floating | None) -> float | None:
    """`number` as a float, None where there is none or it is not finite: JSON has no NaN."""
    return float(number) if number is not None and math.isfinite(number) else None
