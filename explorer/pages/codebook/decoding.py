"""What the decoder makes of a code, for its page: alone, among its commonest neighbours, and the codes near it.

A slow tokenizer decodes few: alone first, then as many others as fit into BUDGET_S, and the page says so.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from explorer.analysis.codes.neighbours import nearest_codes
from explorer.analysis.codes.page import FIELD, CodePage, code_page, level_of, neighbourhoods
from explorer.analysis.pictures.series_pictures import code_tiles
from explorer.analysis.pictures.token_pictures import scale_down, sound_tile
from explorer.foundation.cache import Cache, share
from explorer.foundation.errors import ExplorerError, RecordError
from explorer.joints.record import TokenLayout
from explorer.joints.tokenizer import Tokenizer
from explorer.media.clips.mosaic import mosaic
from explorer.media.rows.drawing import item_tile, scale_of
from explorer.media.sounds.audio import wav_bytes
from explorer.pages.codebook.audits import OpenAudit
from explorer.tokenizers import load_tokenizer, owner_of
from explorer.views.codebook.payload_code import NEAREST, Decoding, decoded_payload

CONTEXTS = 3
RIM = 1  # tokens around a decoded surrounding, so that the edge of the field is not the edge of what is shown
THUMBNAILS = 40  # other codes of one page
THUMBNAIL_PX = 48
BUDGET_S = 3.0  # for what is decoded besides the code itself
HEARD_S = 0.5  # of a code of sound, repeated
FRAMES_SHOWN = 8
_decoded = Cache("codes decoded for their pages", share(0.05))
_patches = Cache("small pictures of codes", share(0.07))
Box = tuple[int, int, int, int]


def code_decoded(opened: OpenAudit, level: int, number: int) -> dict[str, Any]:
    """The answer to `code_decoded`. Raises RecordError for a level or a code out of range, ExplorerError where there is
    no decoder.
    """
    if opened.spec is None:
        raise ExplorerError("Plain indices have no decoder, so a code of them cannot be drawn.")
    if not 0 <= number < level_of(opened.audit, level).codebook_size:
        raise RecordError(f"There is no code {number} on this level.")
    if not opened.spec.decodes:
        raise ExplorerError("This tokenizer has no decoder, so its codes cannot be drawn.")
    return _decoded.get((opened.key, level, number), lambda: _decode(opened, level, number), opened.owner)


def _decode(opened: OpenAudit, level: int, number: int) -> dict[str, Any]:
    tokenizer, page = load_tokenizer(opened.spec.id), code_page(opened.audit, level, number)  # type: ignore[union-attr]
    start = time.monotonic()
    make = {"audio": _sound, "video": _clip, "series": _series, "vectors": _item}.get(tokenizer.spec.modality, _picture)
    alone, box, more = make(tokenizer, level, number)
    each = max(time.monotonic() - start, 1e-3)
    affordable = max(0, int(BUDGET_S / each))
    around = neighbourhoods(opened.audit.levels[level].neighbours, number, min(CONTEXTS, affordable)) if more else []
    contexts = [(more(field), _context_words(page, place)) for place, field in enumerate(around)]  # type: ignore[misc]
    near = codes_shown(opened, level, page)
    shown = near[: max(0, affordable - len(contexts))]
    patches = dict(zip(shown, thumbnails(tokenizer.spec.id, level, shown), strict=True))
    left_out = len(near) - len(shown)
    others = "another is" if left_out == 1 else f"{left_out:,} others are"
    note = f"One code takes {each:.1f} s to decode here, so {others} not drawn." if left_out else ""
    heard = None
    if tokenizer.spec.modality == "audio":
        sound = _heard(tokenizer, level, [number])[0]
        heard = wav_bytes(sound, tokenizer.spec.sample_rate_hz or 1)
    return decoded_payload(Decoding(alone, contexts, box, patches, heard, note))


def _picture(tokenizer: Tokenizer, level: int, number: int) -> tuple[np.ndarray, Box | None, Callable | None]:
    """The code as a field of itself, where its token lies in it, and what decodes a surrounding (3, 3)."""
    layout = field_layout(tokenizer, level, FIELD + 2 * RIM)
    if layout is None or min(layout.shape) < FIELD:
        whole = tokenizer.decode_alone(level, [number])[0]
        return scale_down(whole, (0, 0, *whole.shape[:2]))[0], None, None
    rows, columns = layout.shape
    top, left = (rows - FIELD) // 2, (columns - FIELD) // 2
    first, last = layout.region(top * columns + left), layout.region((top + 2) * columns + left + 2)
    middle = layout.region((top + 1) * columns + left + 1)
    crop = tuple(slice(a.start, b.stop) for a, b in zip(first, last, strict=True))  # type: ignore[arg-type]
    box = tuple(m.start - c.start for m, c in zip(middle, crop, strict=True))  # type: ignore[arg-type]
    sides = tuple(m.stop - m.start for m in middle)  # type: ignore[union-attr]

    def decoded(field: np.ndarray) -> np.ndarray:
        padded = np.pad(field, ((top, rows - top - FIELD), (left, columns - left - FIELD)), mode="edge")
        return scale_down(tokenizer.decode_fields(level, padded[None])[0][crop], (*box, *sides))[0]

    alone = decoded(np.full((FIELD, FIELD), number, np.int64))
    tall, wide = (stop - start for start, stop in ((c.start, c.stop) for c in crop))
    shown = scale_down(np.zeros((tall, wide, 3), np.uint8), (*box, *sides))[1]  # type: ignore[arg-type]
    return alone, shown, decoded


def _sound(tokenizer: Tokenizer, level: int, number: int) -> tuple[np.ndarray, None, None]:
    sound = _heard(tokenizer, level, [number])[0]
    return sound_tile(sound, float(tokenizer.spec.sample_rate_hz or 1)), None, None


def _clip(tokenizer: Tokenizer, level: int, number: int) -> tuple[np.ndarray, None, None]:
    frames = tokenizer.decode_alone(level, [number])[0]  # (F, h, w, 3)
    some = frames[np.unique(np.linspace(0, len(frames) - 1, min(FRAMES_SHOWN, len(frames))).round().astype(int))]
    pixels = mosaic(some)
    return scale_down(pixels, (0, 0, *pixels.shape[:2]))[0], None, None


def _item(tokenizer: Tokenizer, level: int, number: int) -> tuple[np.ndarray, None, None]:
    decoded = tokenizer.decode_alone(level, [number], 1)[0]
    pixels = item_tile(decoded[0], scale_of(decoded))
    return scale_down(pixels, (0, 0, *pixels.shape[:2]))[0], None, None


def _series(tokenizer: Tokenizer, level: int, number: int) -> tuple[np.ndarray, None, None]:
    pixels = code_tiles(tokenizer.decode_alone(level, [number]))[0]
    return scale_down(pixels, (0, 0, *pixels.shape[:2]))[0], None, None


def _heard(tokenizer: Tokenizer, level: int, codes: Sequence[int]) -> np.ndarray:
    """Each code repeated for HEARD_S: (len(codes), samples, channels)."""
    spec = tokenizer.spec
    tokens = max(3, math.ceil(HEARD_S * float(spec.sample_rate_hz or 1) / spec.downsampling))
    return tokenizer.decode_alone(level, list(codes), tokens)


def field_layout(tokenizer: Tokenizer, level: int, tokens: int) -> TokenLayout | None:
    """The grid of the smallest picture that has `tokens` tokens of the level along both sides, or of the only picture
    that it takes. None where tokens have no grid.
    """
    spec = tokenizer.spec
    if spec.layout != "grid2d":
        return None
    if spec.fixed_size:
        return tokenizer.layouts(tuple(spec.fixed_size))[level]
    side = per = spec.media_multiple
    while True:
        layout = tokenizer.layouts((side, side))[level]
        if min(layout.shape) >= tokens or side >= per * tokens:
            return layout
        side += per


def _context_words(page: CodePage, place: int) -> str:
    """The codes around it, with the number of pairs that each was counted in."""
    parts = []
    for side, row in (page.beside or {}).items():
        parts.append(f"{side} {row[place].code} ({row[place].count:,})" if place < len(row) else f"{side} itself")
    return ", ".join(parts)


def codes_shown(opened: OpenAudit, level: int, page: CodePage) -> list[int]:
    """The other codes that the page of a code names, most important first."""
    book = opened.codebook(level)
    named = [] if book is None else [int(code) for code in nearest_codes(book, page.code, NEAREST)[0]]
    for row in (page.beside or {}).values():
        named += [beside.code for beside in row]
    return list(dict.fromkeys(named))[:THUMBNAILS]


def _small(tokenizer: Tokenizer, level: int, codes: Sequence[int]) -> list[np.ndarray]:
    """Each code decoded alone as a small picture."""
    spec = tokenizer.spec
    if spec.modality == "audio":
        return [_thumbnail(sound_tile(one, float(spec.sample_rate_hz or 1))) for one in _heard(tokenizer, level, codes)]
    decoded = tokenizer.decode_alone(level, list(codes))
    if spec.modality == "vectors":
        return [_thumbnail(item_tile(one[0], scale_of(decoded))) for one in decoded]
    if spec.modality == "series":
        return [_thumbnail(one) for one in code_tiles(decoded)]
    if spec.modality == "video":
        decoded = decoded[:, decoded.shape[1] // 2]  # its middle frame
    return [_thumbnail(one) for one in decoded]


def _thumbnail(pixels: np.ndarray) -> np.ndarray:
    return scale_down(pixels, (0, 0, *pixels.shape[:2]), THUMBNAIL_PX)[0]


def thumbnails(tokenizer_id: str, level: int, codes: Sequence[int]) -> list[np.ndarray]:
    """The small picture of each code, decoded alone: (h, w, 3) uint8; what is not kept is decoded in one go."""
    of = owner_of(tokenizer_id)
    found = {code: _patches.peek((tokenizer_id, level, code), of) for code in codes}
    missing = [code for code, picture in found.items() if picture is None]
    if missing:
        found |= dict(zip(missing, _small(load_tokenizer(tokenizer_id), level, missing), strict=True))
        for code in missing:
            _patches.put((tokenizer_id, level, code), found[code], of)
    return [found[code] for code in codes]
