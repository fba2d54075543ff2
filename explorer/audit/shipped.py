"""The audits that ship with each tokenizer, under `checkpoints/<id>/audits/<audit id>/`: numbers, never pixels.

`python -m explorer.audit.shipped FOLDER [ID ...]` makes them again. FOLDER holds the validation pictures of BSDS500
(Arbelaez et al. 2011), which are set in motion for tokenizers of clips, or the speech that those of sound were measured
on; series are made anew. Only names and numbers are kept of them.

A tokenizer that has encoder and codes of another, and only a decoder of its own, has the tokens of that one: of each
audit its own `audit.json`, which says what its decodes are like, and the counts and arrays that lie with the other.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from filecmp import cmpfiles
from pathlib import Path

import numpy as np

from explorer import tokenizers
from explorer.audit.run import run_audit
from explorer.audit.sources import MediaSource, open_source, samples_source
from explorer.foundation.cache import Cache, share
from explorer.foundation.config import settings
from explorer.foundation.errors import UnknownIdError
from explorer.foundation.owners import EVERYBODY
from explorer.foundation.registry import unknown_id_message
from explorer.joints.audit import Audit
from explorer.joints.files.audits import FILES, load_audit, save_audit
from explorer.joints.tokenizer import TokenizerSpec
from explorer.media.clips.moving import clip_of_bytes, held_out_clip
from explorer.media.clips.video import LoadedVideo
from explorer.media.medium import NOUNS, Medium, Modality, values
from explorer.media.rows.items import LoadedItems
from explorer.media.samples import samples_title
from explorer.tokenizers.native.specs import CONFIG, SHARES

SAMPLES_AUDIT = "samples"  # the one whose media can be opened wherever the app runs
AUDITS = {
    modality: {"val": title, SAMPLES_AUDIT: samples_title(modality)}
    for modality, title in (
        ("image", "BSDS500 validation pictures"),
        ("audio", "Held-out speech (digits, take 0; LibriSpeech)"),
        ("video", "BSDS500 validation pictures, set in motion"),
        ("series", "Held-out series, made"),
        ("vectors", "goodbooks-10k, all 10,000 books"),
    )
}
KNOWN = ("val", SAMPLES_AUDIT)
PARTS = 20  # of a table of items
_audits = Cache("audits that ship", share(0.04))


def audits_folder(tokenizer_id: str) -> Path:
    """Where the audits of a tokenizer lie, if it has any. Raises UnknownIdError with the valid ids."""
    valid = [spec.id for spec in tokenizers.list_tokenizers()]
    if tokenizer_id not in valid:
        raise UnknownIdError(unknown_id_message("tokenizer", tokenizer_id, valid))
    return settings().checkpoints / tokenizer_id / "audits"


def shared_audits_folder(tokenizer_id: str) -> Path | None:
    """Where the audits lie whose tokens those of a tokenizer are, as its config says; None where they are its own.

    Raises UnknownIdError as `audits_folder`, also where the other is not here.
    """
    own = audits_folder(tokenizer_id)
    try:
        other = json.loads((own.parent / CONFIG).read_text(encoding="utf-8")).get(SHARES)
    except (OSError, ValueError):
        return None  # an adapter of its own, or a damaged one, which loading it says
    return audits_folder(str(other)) if other else None


def list_audits(tokenizer_id: str) -> dict[str, str]:
    """Audit id -> title of the audits that ship with a tokenizer, the known ones first; empty if it has none."""
    folder = audits_folder(tokenizer_id)
    found = {}
    for path in sorted(folder.glob("*/audit.json")):
        try:
            found[path.parent.name] = str(json.loads(path.read_text(encoding="utf-8"))["title"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # a damaged one is missing, and load_shipped says why
    return {name: found[name] for name in (*KNOWN, *found) if name in found}


def load_shipped(tokenizer_id: str, audit_id: str) -> Audit:
    """One of `list_audits`. Raises UnknownIdError with the valid ids, RecordError if its files are damaged."""
    folder = audits_folder(tokenizer_id)
    valid = sorted(path.parent.name for path in folder.glob("*/audit.json"))
    if audit_id not in valid:
        raise UnknownIdError(unknown_id_message(f"audit of {tokenizer_id}", audit_id, valid))
    chosen = folder / audit_id
    changed_ns = (chosen / "audit.json").stat().st_mtime_ns
    shared = shared_audits_folder(tokenizer_id)
    beside = None if shared is None else shared / audit_id
    return _audits.get((chosen, changed_ns), lambda: load_audit(chosen, beside), EVERYBODY)


def main(argv: Sequence[str] | None = None) -> int:
    """Make the audits of the tokenizers of one modality, or of those named, on the CPU."""
    parser = argparse.ArgumentParser(prog="python -m explorer.audit.shipped", description=main.__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="folder of the validation media")
    parser.add_argument("tokenizers", nargs="*", metavar="ID", help="tokenizers (default: all of pictures)")
    options = parser.parse_args(argv)
    pictures = [spec.id for spec in tokenizers.list_tokenizers() if spec.modality == "image"]
    for tokenizer_id in options.tokenizers or pictures:
        tokenizer = tokenizers.load_tokenizer(tokenizer_id, device="cpu")
        modality = tokenizer.spec.modality
        for audit_id, source in shipped_sources(options.folder, tokenizer.spec).items():
            audit = run_audit(tokenizer, source, title=AUDITS[modality][audit_id])
            folder = save_audit(audits_folder(tokenizer_id) / audit_id, with_short_latents(audit))
            leave_out_shared(tokenizer_id, audit_id)
            print(f"{folder}: {audit.tokens:,} tokens of {len(audit.media):,} {NOUNS[modality]}", flush=True)
    return 0


def leave_out_shared(tokenizer_id: str, audit_id: str) -> tuple[str, ...]:
    """Remove the arrays of an audit that lie, equal to the byte, with the tokenizer it shares tokens with; their names.

    Other threads can break a tie another way: then it keeps its own.
    """
    shared = shared_audits_folder(tokenizer_id)
    if shared is None:
        return ()
    mine, theirs = audits_folder(tokenizer_id) / audit_id, shared / audit_id
    same, _, _ = cmpfiles(mine, theirs, FILES[1:], shallow=False)
    for name in same:
        (mine / name).unlink()
    return tuple(same)


def with_short_latents(audit: Audit) -> Audit:
    """The audit as it ships, its latents shortened: what is written of them compresses to three quarters."""
    levels = tuple(
        level if level.latents is None else replace(level, latents=shorten_latents(level.latents))
        for level in audit.levels
    )
    return replace(audit, levels=levels)


def shorten_latents(latents: np.ndarray) -> np.ndarray:
    """float32 rounded to 15 bits behind the point, to even: by a 65,536th of a value at most, so the last byte is 0.

    No nearest code changes that was not a tie. NaN and infinity stay.
    """
    bits = np.ascontiguousarray(latents, np.float32).view(np.uint32)
    rounded = (bits + np.uint32(0x7F) + (bits >> np.uint32(8) & np.uint32(1))) & np.uint32(0xFFFFFF00)
    return np.where(np.isfinite(latents), rounded.view(np.float32), latents)


def shipped_sources(folder: Path, spec: TokenizerSpec) -> dict[str, MediaSource]:
    """Audit id -> what it counts, for a tokenizer."""
    modality = spec.modality
    held_out = held_out_series(spec.id) if modality == "series" else open_source(folder)
    parts = {"video": set_in_motion, "vectors": parts_of_table}.get(modality)
    return {
        "val": parts(held_out) if parts else held_out,
        SAMPLES_AUDIT: samples_source(modality),
    }


def parts_of_table(tables: MediaSource) -> MediaSource:
    """The items of the first table in PARTS parts, in turn, so that they can be held against each other."""
    whole = tables.open(0, "vectors")
    assert isinstance(whole, LoadedItems)

    def read(number: int, modality: Modality) -> LoadedItems:
        labels = {name: one[number::PARTS] for name, one in whole.labels.items()}
        return LoadedItems(whole.values[number::PARTS], labels)

    return MediaSource(tables.title, tuple(f"part-{number + 1}" for number in range(PARTS)), read)


def set_in_motion(pictures: MediaSource) -> MediaSource:
    """The clips on which those of the zoo are measured: one a picture, of which only it and the next are read."""

    def read(number: int, modality: Modality) -> LoadedVideo:
        near = [_bytes_of(pictures.open(i % len(pictures), "image")) for i in (number, number + 1)]
        return clip_of_bytes(held_out_clip(near[0], near[1], number))

    return MediaSource(pictures.title, pictures.names, read)


def _bytes_of(medium: Medium) -> np.ndarray:
    return np.round(values(medium) * 255).astype(np.uint8)


def held_out_series(tokenizer_id: str) -> MediaSource:
    """The series that a tokenizer of rows was measured on, made again."""
    from explorer.training.rows.series import HELD_OUT_FROM, ROW_ZOO, made_series  # torch

    recipe = ROW_ZOO[tokenizer_id]
    made = made_series(recipe, HELD_OUT_FROM, recipe.held_out)
    kinds = dict(zip(recipe.data, made, strict=True))
    named = {f"{kind}-{number}": kinds[kind][number] for number in range(recipe.held_out) for kind in kinds}
    names = tuple(named)  # of all kinds in turn, so that usage does not rise where another kind begins
    return MediaSource(AUDITS["series"]["val"], names, lambda number, modality: named[names[number]])


if __name__ == "__main__":
    sys.exit(main())
