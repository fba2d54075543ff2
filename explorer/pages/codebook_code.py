"""The page of a code: its figures, its exemplars cut from pictures at hand, and what the tokenizer decodes it to."""

from __future__ import annotations

import functools
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from explorer.analysis.code_page import (
    CodePage,
    Exemplar,
    code_page,
    duplicates_of,
    level_of,
    neighbourhoods,
    state_words,
)
from explorer.analysis.neighbours import nearest_codes
from explorer.analysis.states import code_states
from explorer.config import settings
from explorer.errors import ExplorerError, RecordError
from explorer.pages.codebook_audits import Kept, Opened, answers, picture, with_pictures
from explorer.tokenizers import load_tokenizer
from explorer.views.codebook_payload_code import NEAREST, CodeView, PicturedToken, code_payload, decoded_payload

CONTEXTS = 3
MARGIN_TOKENS = 1
RIM = 1  # tokens around a decoded surrounding, so that the edge of the field is not the edge of what is shown
THUMBNAILS = 40  # other codes of one page
PATCHES_KEPT = 20_000
DECODED_KEPT = 512
_decoded = Kept(DECODED_KEPT)


def code(opened: Opened, level: int, number: int) -> dict[str, Any]:
    """The answer to `code`. Raises RecordError for a level or a code out of range."""
    page = code_page(opened.audit, level, number)
    chosen, book = opened.audit.levels[level], opened.codebook(level)
    states = answers.get((opened.key, level, "states"), lambda: code_states(chosen, book))
    duplicates = duplicates_of(chosen.counts, book, number, states.threshold)
    state = int(states.state[number])
    pictured, words, elsewhere = _pictured(opened, level, page)
    view = CodeView(
        page=page,
        level=level,
        state=state,
        state_words=state_words(state, page, duplicates, states.over_used_from),
        codebook=book,
        counts=chosen.counts,
        duplicates=duplicates,
        pictured=pictured,
        pictured_from=words,
        references=_references(opened, page) if elsewhere else None,
        history=None if opened.spec is None else level_history(opened.spec.id, level),
    )
    return code_payload(view)


def _references(opened: Opened, page: CodePage) -> dict[str, list[tuple[str, Exemplar]]] | None:
    """Where the audit's own exemplars are, when its pictures cannot be shown."""
    if page.exemplars is None:
        return None
    media = opened.audit.media
    return {kind: [(media[one.medium], one) for one in row] for kind, row in page.exemplars.items()}


def _pictured(opened: Opened, level: int, page: CodePage) -> tuple[dict[str, list[PicturedToken]], str, bool]:
    """Exemplars with their pixels by kind, words on where they are from, and whether that is another audit."""
    shown = with_pictures(opened)
    if shown is None or page.exemplars is None:
        return {}, _no_pictures(opened), page.exemplars is not None
    elsewhere = shown.key != opened.key
    there = code_page(shown.audit, level, page.code) if elsewhere else page
    found: dict[str, list[PicturedToken]] = {}
    for kind, row in (there.exemplars or {}).items():
        cut = [_cut(shown, level, one) for one in row]
        found[kind] = [token for token in cut if token is not None]
    audit = shown.audit
    words = f"{there.count:,} of the {there.tokens:,} tokens of {len(audit.media):,} pictures have this code"
    if not elsewhere:
        return found, f"{audit.title}: {words}.", False
    title = opened.audit.title
    return found, f"Shown from “{audit.title}”: {words}. The pictures of “{title}” do not come with the app.", True


def _no_pictures(opened: Opened) -> str:
    if opened.spec is None:
        return "Plain indices bring no pictures with them."
    return "The pictures of this audit are not at hand."


def _cut(shown: Opened, level: int, one: Exemplar) -> PicturedToken | None:
    """The token with one token around it; None if its picture cannot be opened any more."""
    try:
        pixels = picture(shown, one.medium)
    except ExplorerError:
        return None
    px = shown.spec.downsampling  # type: ignore[union-attr]
    rows, columns = pixels.shape[0] // px, pixels.shape[1] // px
    if shown.audit.layout != "grid2d" or not 0 <= one.token < rows * columns:
        return None
    row, column = divmod(one.token, columns)
    top, left = max(0, row - MARGIN_TOKENS), max(0, column - MARGIN_TOKENS)
    bottom, right = min(rows, row + MARGIN_TOKENS + 1), min(columns, column + MARGIN_TOKENS + 1)
    box = ((row - top) * px, (column - left) * px, px, px)
    name = shown.audit.media[one.medium]
    part = pixels[top * px : bottom * px, left * px : right * px]
    return PicturedToken(part, box, name, one.token, (row, column), one.distance)


def code_decoded(opened: Opened, level: int, number: int) -> dict[str, Any]:
    """The answer to `code_decoded`: alone, among its commonest neighbours, and the patches of codes near it.

    Raises RecordError for a level or a code out of range, ExplorerError where there is no decoder.
    """
    if opened.spec is None:
        raise ExplorerError("Plain indices have no decoder, so a code of them cannot be drawn.")
    if not 0 <= number < level_of(opened.audit, level).codebook_size:
        raise RecordError(f"There is no code {number} on this level.")
    return _decoded.get((opened.key, level, number), lambda: _decode(opened, level, number))


def _decode(opened: Opened, level: int, number: int) -> dict[str, Any]:
    spec = opened.spec
    tokenizer = load_tokenizer(spec.id)  # type: ignore[union-attr]
    px = tokenizer.spec.downsampling
    page = code_page(opened.audit, level, number)
    around = neighbourhoods(opened.audit.levels[level].neighbours, number, CONTEXTS)
    fields = [np.full((3, 3), number, np.int64), *around]
    padded = np.stack([np.pad(field, RIM, mode="edge") for field in fields])
    decoded = tokenizer.decode_fields(level, padded)[:, RIM * px : -RIM * px, RIM * px : -RIM * px]
    contexts = [(pixels, _context_words(page, place)) for place, pixels in enumerate(decoded[1:])]
    near = codes_shown(opened, level, page)
    patches = thumbnails(spec.id, level, near)  # type: ignore[union-attr]
    return decoded_payload(decoded[0], contexts, px, dict(zip(near, patches, strict=True)))


def _context_words(page: CodePage, place: int) -> str:
    """The codes around it, with the number of pairs that each was counted in."""
    parts = []
    for side, row in (page.beside or {}).items():
        parts.append(f"{side} {row[place].code} ({row[place].count:,})" if place < len(row) else f"{side} itself")
    return ", ".join(parts)


def codes_shown(opened: Opened, level: int, page: CodePage) -> list[int]:
    """The other codes that the page of a code names, most important first."""
    book = opened.codebook(level)
    named = [] if book is None else [int(code) for code in nearest_codes(book, page.code, NEAREST)[0]]
    for row in (page.beside or {}).values():
        named += [beside.code for beside in row]
    return list(dict.fromkeys(named))[:THUMBNAILS]


class Patches:
    """Codes decoded alone, (patch, patch, 3) uint8 each; the latest are kept."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._kept: OrderedDict[tuple[str, int, int], np.ndarray] = OrderedDict()

    def get(self, tokenizer_id: str, level: int, codes: Sequence[int]) -> list[np.ndarray]:
        """One a code; what is missing is decoded in one go."""
        keys = [(tokenizer_id, level, number) for number in codes]
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing:
            decoded = load_tokenizer(tokenizer_id).decode_alone(level, [number for _, _, number in missing])
            pixels = np.round(np.clip(decoded, 0, 1) * 255).astype(np.uint8)
            found |= dict(zip(missing, pixels, strict=True))
        with self._lock:
            for key in keys:
                self._kept[key] = found[key]
                self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return [found[key] for key in keys]


_patches = Patches(PATCHES_KEPT)


def thumbnails(tokenizer_id: str, level: int, codes: Sequence[int]) -> list[np.ndarray]:
    """The patch of each code, decoded alone: (patch, patch, 3) uint8."""
    return _patches.get(tokenizer_id, level, codes)


@functools.lru_cache(maxsize=64)
def level_history(tokenizer_id: str, level: int, checkpoints: Path | None = None) -> dict[str, list[float]] | None:
    """Usage of a level while it was trained, from curve.json of its checkpoint: {"steps", "usage", "tokens"}.

    None if the checkpoint has no such curve.
    """
    file = (checkpoints or settings().checkpoints) / tokenizer_id / "curve.json"
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        found = [(int(row["step"]), float(row["usage"][level]), int(row["tokens"])) for row in rows]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return {name: [row[i] for row in found] for i, name in enumerate(("steps", "usage", "tokens"))} if found else None
