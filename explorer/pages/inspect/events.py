"""What the inspect page does when something is chosen: plain functions from a visit to the values of the views."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from explorer.analysis.maps.codes import has_umap, map_metric
from explorer.analysis.maps.projection import Projection
from explorer.analysis.pictures.depiction import depict
from explorer.foundation.errors import RecordError
from explorer.joints.measures.usage import training_usage
from explorer.joints.naming import part_noun
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import Tokenizer
from explorer.media.medium import file_bytes
from explorer.media.quality.metrics import frame_qualities
from explorer.media.sounds.audio import Excerpt
from explorer.pages.inspect.maps import code_maps, drawn_codes
from explorer.pages.inspect.media import thumbnails
from explorer.pages.inspect.payloads import (
    card_payload,
    decoded_of,
    delay_of,
    difference_of,
    notes_of,
    reconstruction_payload,
)
from explorer.pages.inspect.player import player_payload
from explorer.pages.inspect.sound import added_sound
from explorer.pages.shared import runtime
from explorer.pages.shared.map_works import Work, works
from explorer.pages.shared.session import UPLOADED, Visit
from explorer.pages.shared.token_file import tokens_bytes
from explorer.pages.shared.upload_media import upload_excerpt
from explorer.tokenizers import load_tokenizer, owner_of
from explorer.views.inspect import view as inspect_view
from explorer.views.inspect.reconstruction.reconstruction import difference_maps
from explorer.views.kit.page import address
from explorer.views.kit.widgets import export_bar, sample_strip

NO_DECODER = "This tokenizer has no decoder, so there is no reconstruction to save."


def strip_value(visit: Visit, message: str = "", kind: str = "error") -> str:
    """The value of the strip for a visit."""
    modality = visit.modality or "image"
    return sample_strip.payload(thumbnails(modality), visit.picture, message, kind, modality)


def busy_value(visit: Visit, message: str) -> str:
    """The value of the strip while something takes its time: only the message is new."""
    return sample_strip.payload(None, visit.picture, message, "busy")


def view_value(visit: Visit) -> str:
    """The value of the inspect view, with the maps that are made at once. Raises ExplorerError."""
    record, picture = runtime.record_of(visit), _picture(visit)
    spec = load_tokenizer(visit.tokenizer).spec
    return inspect_view.payload(
        picture,
        spec.title,
        code_maps(picture),
        visit.mode,
        inspect_view.Selection(visit.level, visit.code, visit.token),
        map_kind=visit.map_kind,
        medium=record,
        decodes=spec.decodes,
    )


def _picture(visit: Visit) -> TokenRecord:
    return replace(runtime.picture_record_of(visit), notes=notes_of(runtime.record_of(visit)))


def maps_value(visit: Visit, umaps: dict[int, Projection] | None, progress: str = "") -> str:
    """What maps change of the inspect view: all that there are with those of `umaps`, or none but the line of progress.
    Raises ExplorerError."""
    picture = _picture(visit)
    maps = None if umaps is None else code_maps(picture, umaps)
    return inspect_view.maps_payload(picture, load_tokenizer(visit.tokenizer).spec.title, maps, progress)


def is_chosen(visit: Visit) -> bool:
    """Whether somebody, or a link, has chosen a code or a token."""
    return visit.code is not None or visit.token is not None


def card_value(visit: Visit) -> str:
    """The value of the code card: of the selected code; where none fits, of the first to look at."""
    picture = runtime.picture_record_of(visit)
    if not 0 <= visit.level < len(picture.levels):
        return ""
    level = picture.levels[visit.level]
    token = visit.token if visit.token is not None and 0 <= visit.token < level.layout.num_tokens else None
    code = visit.code if visit.code is not None else (None if token is None else int(level.indices.flat[token]))
    if code is None or not 0 <= code < level.codebook.codebook_size:
        opened = inspect_view.opened_token(runtime.record_of(visit), picture, visit.level)
        token, code = opened["token"], opened["code"]
    return card_payload(runtime.record_of(visit), picture, load_tokenizer(visit.tokenizer), visit.level, code, token)


def decoded_values(visit: Visit) -> tuple[str, str]:
    """Values of player and reconstruction for the levels that are chosen. Raises ExplorerError."""
    record, tokenizer = runtime.record_of(visit), load_tokenizer(visit.tokenizer)
    decoded = decoded_of(record, tokenizer, visit)
    picture = _decoded_picture(visit, decoded)
    pieces = tokenizer.pieces(record.levels[0])
    framed = record.modality == "video" and decoded is not None
    qualities = frame_qualities(record.media, decoded) if framed else []  # type: ignore[arg-type]
    delay = delay_of(record, tokenizer.spec)
    added = added_sound(record, tokenizer, visit, decoded, delay)
    return (
        player_payload(record, picture, visit, decoded, pieces, qualities, added, _excerpt(visit)),
        reconstruction_payload(record, picture, visit, decoded, delay, pieces, qualities),
    )


def _excerpt(visit: Visit) -> Excerpt | None:
    """What is shown of a longer sound that the visitor brought."""
    if not visit.upload or visit.picture != UPLOADED or visit.modality != "audio":
        return None
    return upload_excerpt(visit.upload, visit.modality, visit.from_s)


def _decoded_picture(visit: Visit, decoded: np.ndarray | None) -> TokenRecord:
    """The picture of the record with what the chosen levels decode to."""
    record = runtime.record_of(visit)
    if decoded is record.reconstruction or decoded is None:
        return runtime.picture_record_of(visit)
    return depict(replace(record, reconstruction=decoded))


def differences(visit: Visit) -> dict[str, Any]:
    """The maps of each pixel of the reconstruction: {"error", "signed"}. Raises ExplorerError where there is none."""
    record, tokenizer = runtime.record_of(visit), load_tokenizer(visit.tokenizer)
    decoded = decoded_of(record, tokenizer, visit)
    if decoded is None:
        raise RecordError("this tokenizer has no decoder, so there is nothing to compare with the original")
    picture = _decoded_picture(visit, decoded)
    shown = difference_of(record, decoded, picture.media.shape[:2], delay_of(record, tokenizer.spec))
    return difference_maps(picture.media, picture.reconstruction, shown)


def everything(visit: Visit) -> dict[str, str]:
    """Values of inspect view, player, reconstruction, code card, exports and address bar, by part.

    The card is that of a chosen code: where none is, `card_value` takes its time, which the picture need not wait for.
    Raises ExplorerError.
    """
    if visit.level >= len(runtime.record_of(visit).levels):
        visit = replace(visit, level=0)
    card = card_value(visit) if is_chosen(visit) else ""
    missing = {} if load_tokenizer(visit.tokenizer).spec.decodes else {"decoded": NO_DECODER}
    return {"view": view_value(visit), **decoded_parts(visit), "card": card, "exports": export_bar.offer(missing)}


def decoded_parts(visit: Visit) -> dict[str, str]:
    """Values of player, reconstruction and address bar for the levels that are chosen. Raises ExplorerError."""
    player, reconstruction = decoded_values(visit)
    return {"player": player, "reconstruction": reconstruction, "address": address.payload(visit.query())}


def with_kept_maps(visit: Visit) -> str:
    """The slices, and each UMAP that needs no work: it ships or was made."""
    found = {}
    for number, rows, metric, cache in _to_lay_out(visit):
        kept = runtime.kept_projection(rows, metric, cache)
        if kept is not None:
            found[number] = kept
    return maps_value(visit, found)


def umap_state(visit: Visit, have: int) -> dict[str, Any]:
    """How far the UMAPs are, level by level in a child process: {"busy", "have", "parts"}.

    have: levels that the browser has them of; maps are sent only when there is one more. Raises ExplorerError where one
    cannot be made.
    """
    done: dict[int, Projection] = {}
    words, of = "", owner_of(visit.tokenizer)
    for number, rows, metric, cache in _to_lay_out(visit):
        found: Projection | float | None = runtime.kept_projection(rows, metric, cache)
        if found is None:
            key = ("umap", visit.tokenizer, number, hashlib.blake2b(rows.tobytes()).digest())
            found = works.get(of, key, lambda rows=rows, metric=metric: Work(rows, metric, "umap", of)).ask()
        if not isinstance(found, Projection):
            words = _umap_words(visit, number, found)
            break
        done[number] = found
    parts = {"view": maps_value(visit, done if len(done) > have or not words else None, words)}
    return {"busy": bool(words), "have": len(done), "parts": parts}


def _umap_words(visit: Visit, number: int, share: float) -> str:
    record = runtime.record_of(visit)
    of = f" of {part_noun(record.combination)} {number + 1}" if len(record.levels) > 1 else ""
    return f"UMAP{of}: {share:.0%} done" if share else f"UMAP{of}: begins"


def _to_lay_out(visit: Visit) -> Iterator[tuple[int, np.ndarray, str, Path]]:
    """(level, codes drawn (K', D), metric, folder that keeps its map) of each level that has a UMAP."""
    cache = runtime.cache_of(owner_of(visit.tokenizer))
    for number, level in enumerate(runtime.record_of(visit).levels):
        drawn = drawn_codes(level).codes
        if has_umap(level.codebook) and len(drawn):
            metric = map_metric(level.codebook)
            yield number, level.codebook.rows(drawn), metric, cache


def export(visit: Visit, kind: str, level: int) -> export_bar.ExportFile:
    """The file of that kind, of the level on screen where it is about one level. Raises ExplorerError."""
    if kind not in export_bar.KINDS:
        raise RecordError(f"there is no export {kind!r}; there are {', '.join(export_bar.KINDS)}")
    record, tokenizer = runtime.record_of(visit), load_tokenizer(visit.tokenizer)
    level = min(max(0, level), len(record.levels) - 1)
    stem, part = f"{visit.tokenizer}_{visit.picture}", f"{part_noun(record.combination)}{level + 1}"
    write: dict[str, Callable[[], tuple[str, bytes]]] = {
        "codebook": lambda: (f"{visit.tokenizer}_{part}_codebook.npy", codebook_npy(tokenizer, level)),
        "counts": lambda: (f"{stem}_{part}_usage.csv", usage_csv(record, level)),
        "decoded": lambda: decoded_file(record, tokenizer, stem),
    }
    name, data = write[kind]() if kind in write else (f"{stem}_tokens.{kind}", tokens_bytes(record, kind))
    return export_bar.ExportFile(name, data)


def decoded_file(record: TokenRecord, tokenizer: Tokenizer, stem: str) -> tuple[str, bytes]:
    """Name and bytes of the reconstruction as a file of its kind. Raises RecordError where there is no decoder."""
    if not tokenizer.spec.decodes:
        raise RecordError(NO_DECODER)
    rate = record.frames_per_second if record.modality == "video" else record.sample_rate_hz
    data, suffix = file_bytes(record.reconstruction, record.modality, rate, record.columns)  # type: ignore[arg-type]
    return f"{stem}_reconstruction{suffix}", data


def codebook_npy(tokenizer: Tokenizer, level: int) -> bytes:
    """The vectors (K, D) of a level as .npy; those of a rule are listed up to 2^16 codes."""
    book = tokenizer.codebooks()[level]
    if book.vectors is None and book.codebook_size > 2**16:
        raise RecordError(f"a rule of {book.codebook_size:,} codes is not listed; it is in the meta data of the tokens")
    buffer = io.BytesIO()
    np.save(buffer, book.rows(np.arange(book.codebook_size)), allow_pickle=False)
    return buffer.getvalue()


def usage_csv(record: TokenRecord, level: int) -> bytes:
    """One row a code: tokens here, share of them, and those of training where the checkpoint kept a count."""
    chosen = record.levels[level]
    counts = np.bincount(chosen.indices.reshape(-1), minlength=chosen.codebook.codebook_size)
    trained = training_usage(chosen.codebook)
    rows = ["code,tokens_here,share_of_tokens_here,tokens_in_training"]
    for code, count in enumerate(counts):
        before = "" if trained is None else f"{float(trained.tokens[code]):.6g}"
        rows.append(f"{code},{count},{count / chosen.layout.num_tokens:.6g},{before}")
    return ("\n".join(rows) + "\n").encode()
