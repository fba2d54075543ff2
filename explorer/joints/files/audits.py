"""Audit files: an audit on disk, as a folder of three files.

`audit.json`: what a person reads, with the usage of each level. `counts.npy`: (L, K) int64, L levels of K codes, those
of fewer codes padded with zeros. `details.npz`: all other arrays, whole numbers in as few bytes as they need. Latents
are float32, since which code is nearest is asked of them; older audits have float16.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from explorer.foundation.damage import open_arrays
from explorer.foundation.errors import RecordError
from explorer.foundation.files import make_folder, write_together
from explorer.foundation.plain_json import parse_json
from explorer.joints.audit import Audit, MediaNote
from explorer.joints.audit_parts import Exemplars, JointAudit, LevelAudit, Neighbours, Trial, require
from explorer.joints.measures.language.ranks import rank_frequency
from explorer.joints.measures.unused import unused_codes
from explorer.joints.measures.usage import usage_of_counts
from explorer.joints.record import Codebook
from explorer.joints.token_language import language_from_json

FORMAT = "discrete-tokenizer-explorer audit"
VERSION = 1
FILES = ("audit.json", "counts.npy", "details.npz")
UNPACKED_BYTES = 2**31  # of details.npz: a small file can claim a huge one
HELD_BYTES = 2**32  # of all arrays as they are held, 8 bytes a number


def save_audit(
    folder: str | Path,
    audit: Audit,
    findings: Sequence[Mapping[str, object]] = (),
    codebooks: Sequence[Codebook | None] = (),
) -> Path:
    """Write the three files into `folder` (made if need be) and return it; whole or not at all.

    findings: of the diagnosis, as plain values, for whoever reads audit.json; they are made anew when it is opened.
    codebooks: one a level, whose counts of training say which codes are dead; () if none are known.

    audit.json is renamed last and carries the check sums of the others, so that a mixture is never read as an audit.
    Raises ExplorerError if the disk refuses.
    """
    folder = Path(folder)
    make_folder(folder)
    arrays: dict[str, np.ndarray] = {}
    for number, level in enumerate(audit.levels):
        arrays |= {f"level{number}_{name}": array for name, array in _arrays(level)}
    counts, details = io.BytesIO(), io.BytesIO()
    np.save(counts, _padded([level.counts for level in audit.levels]))
    np.savez_compressed(details, **arrays)
    content = {"counts.npy": counts.getvalue(), "details.npz": details.getvalue()}
    meta = describe(audit, findings, codebooks) | {"files": {name: crc32(data) for name, data in content.items()}}
    write_together(folder, content | {"audit.json": (json.dumps(meta, indent=1, allow_nan=False) + "\n").encode()})
    return folder


def load_audit(folder: str | Path, beside: str | Path | None = None) -> Audit:
    """Read what `save_audit` wrote. Raises RecordError, saying what is wrong, for anything else.

    beside: the folder of another audit of the same tokens, whose files stand in for those that `folder` lacks.
    """
    folder = Path(folder)
    try:
        content = {name: audit_file(folder, beside, name).read_bytes() for name in FILES}
    except OSError as error:
        raise RecordError(f"{str(folder)!r} holds no audit: {error.strerror or error}") from error
    try:
        meta = parse_json(content["audit.json"], "audit.json")
        require(
            isinstance(meta, dict) and meta.get("format") == FORMAT and meta.get("version") == VERSION,
            f"its audit.json is not version {VERSION} of {FORMAT!r}",
        )
        for name, expected in meta["files"].items():
            require(crc32(content[name]) == expected, f"{name} does not belong to its audit.json")
        counts = _read(content, "counts.npy")[""]
        arrays = _read(content, "details.npz")
        held = sum(8 * one.size for one in (counts, *arrays.values()))
        require(held <= HELD_BYTES, f"its numbers take {held / 2**30:,.1f} GiB, over the cap of {HELD_BYTES >> 30} GiB")
        return _audit(meta, counts, arrays)
    except RecordError as error:
        raise RecordError(f"The audit in {str(folder)!r} cannot be used: {str(error).rstrip('.')}.") from error
    except Exception as error:  # zip, json, numpy and key errors of a damaged file
        raise RecordError(f"The audit in {str(folder)!r} is damaged ({error}). Make it again.") from error


def _read(content: Mapping[str, bytes], name: str) -> dict[str, np.ndarray]:
    with open_arrays(io.BytesIO(content[name]), name, f"its {name} is damaged", UNPACKED_BYTES) as arrays:
        return dict(arrays)


def audit_file(folder: Path, beside: str | Path | None, name: str) -> Path:
    """Where a file of an audit lies: in `folder`, else `beside` it; audit.json is always its own."""
    mine = folder / name
    return mine if beside is None or name == FILES[0] or mine.is_file() else Path(beside) / name


def describe(
    audit: Audit, findings: Sequence[Mapping[str, object]] = (), codebooks: Sequence[Codebook | None] = ()
) -> dict[str, Any]:
    """What audit.json says: plain values only, numbers that cannot be had as null. findings: the worst first.
    codebooks: one a level, or ()."""
    books = codebooks or (None,) * len(audit.levels)
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": audit.title,
        "tokenizer": audit.tokenizer_id,
        "layout": audit.layout,
        "complete": audit.complete,
        "planned": audit.planned,
        "seconds": audit.seconds,
        "device": audit.device,
        "modality": audit.modality,
        "amount": audit.amount,
        "settings": dict(audit.settings),
        "levels": [_describe_level(level, book) for level, book in zip(audit.levels, books, strict=True)],
        "joint": None if audit.joint is None else asdict(audit.joint),
        "trial": None if audit.trial is None else _describe_trial(audit.trial),
        "findings": [dict(finding) for finding in findings],
        "notes": [asdict(one) for one in audit.notes],
        "skipped": [list(pair) for pair in audit.skipped],
        "media": list(audit.media),
    }


def _describe_trial(trial: Trial) -> dict[str, Any]:
    """The moments of decoded media as rows; NaN, which JSON has not, as null."""
    rows = [[None if np.isnan(value) else value for value in row] for row in trial.decoded.tolist()]
    return asdict(trial) | {"decoded": rows}


def _trial(said: dict[str, Any] | None) -> Trial | None:
    if said is None:
        return None
    rows = np.array(said["decoded"], np.float64).reshape(-1, 7)  # null becomes NaN
    return Trial(**{**said, "decoded": rows})


def _describe_level(level: LevelAudit, codebook: Codebook | None) -> dict[str, Any]:
    """Name, size and usage; the usage is null while nothing was counted. dead: so many codes or more, null where too
    little was counted to say; unseen: the other codes without a token."""
    said: dict[str, Any] = {"name": level.name, "codebook_size": level.codebook_size, "tokens": level.tokens}
    if level.tokens:
        one = usage_of_counts(level.counts)
        names = ("ceiling", "used", "usage", "usage_of_ceiling", "perplexity", "entropy_bits", "gini")
        said |= {name: getattr(one, name) for name in (*names, "kl_to_uniform_bits")}
        without = unused_codes(level, codebook)
        said |= {"dead": without.dead, "unseen": without.unseen}
    said |= {"media": level.media, "not_finite": level.not_finite}
    said["latent_norm"] = None if level.latent_norm is None else list(level.latent_norm)
    said["pairs"] = None if level.neighbours is None else level.neighbours.pairs
    if level.tokens:
        said["rank_exponent"] = rank_frequency(level.counts).exponent
    said["language"] = None if level.language is None else level.language.as_json()
    said["pairs_sampled"] = None if level.neighbours is None else level.neighbours.sampled
    return said


def _arrays(level: LevelAudit):
    """(name, array) of everything in details.npz, packed."""
    names = ("halves", "growth", "batches", "positions", "error", "latents", "latent_codes", "occurs", "stretches")
    for name in names:
        if (array := getattr(level, name)) is not None:
            yield name, _packed(array)
    for part in ("neighbours", "exemplars"):
        if (of := getattr(level, part)) is not None:
            for one in fields(of):
                if isinstance(array := getattr(of, one.name), np.ndarray):
                    yield f"{part}_{one.name}", _packed(array)


def _packed(array: np.ndarray) -> np.ndarray:
    """Whole numbers in fewer bytes, with the same values; floats as they are."""
    if not np.issubdtype(array.dtype, np.integer):
        return array
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    return array.astype(np.promote_types(np.min_scalar_type(low), np.min_scalar_type(high)))


def _padded(rows: list[np.ndarray]) -> np.ndarray:
    """Rows of different lengths as one (L, K) int64, zeros after the shorter ones."""
    table = np.zeros((len(rows), max(map(len, rows))), np.int64)
    for number, row in enumerate(rows):
        table[number, : len(row)] = row
    return table


def _audit(meta: dict[str, Any], counts: np.ndarray, arrays: dict[str, np.ndarray]) -> Audit:
    levels = []
    for number, said in enumerate(meta["levels"]):
        prefix = f"level{number}_"
        mine = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
        levels.append(_level(said, counts[number], mine))
    joint = meta["joint"]
    return Audit(
        title=str(meta["title"]),
        tokenizer_id=meta["tokenizer"],
        layout=str(meta["layout"]),
        media=tuple(map(str, meta["media"])),
        skipped=tuple((str(name), str(why)) for name, why in meta["skipped"]),
        levels=tuple(levels),
        joint=None if joint is None else JointAudit(**joint),
        planned=int(meta["planned"]),
        seconds=float(meta["seconds"]),
        device=str(meta["device"]),
        settings=dict(meta["settings"]),
        modality=str(meta.get("modality", "image")),
        amount=float(meta.get("amount", 0.0)),
        notes=tuple(MediaNote(**one) for one in meta.get("notes", ())),
        trial=_trial(meta.get("trial")),
    )


def _level(said: dict[str, Any], counts: np.ndarray, mine: dict[str, np.ndarray]) -> LevelAudit:
    size, norm = int(said["codebook_size"]), said["latent_norm"]

    def has(name: str, kind: type) -> np.ndarray | None:
        if name not in mine:
            return None
        require(mine[name].dtype.kind in "iuf", f"its {name} holds {mine[name].dtype}, not numbers")
        with np.errstate(invalid="ignore"):  # of NaN as a whole number, which the checks of an audit refuse
            return mine[name].astype(kind)

    neighbours = exemplars = None
    if "neighbours_code" in mine:
        sides = has("neighbours_code", np.int32), has("neighbours_count", np.int64)
        neighbours = Neighbours(*sides, int(said["pairs"]), bool(said["pairs_sampled"]))
    if "exemplars_medium" in mine:
        kinds = (("medium", np.int32), ("token", np.int32), ("distance", np.float32))
        exemplars = Exemplars(*(has(f"exemplars_{name}", kind) for name, kind in kinds))
    return LevelAudit(
        name=str(said["name"]),
        codebook_size=size,
        counts=counts[:size].astype(np.int64),
        halves=has("halves", np.int64),
        growth=has("growth", np.int64),
        batches=has("batches", np.float64),
        positions=has("positions", np.uint32),
        neighbours=neighbours,
        exemplars=exemplars,
        error=has("error", np.float64),
        latents=has("latents", np.float32),
        latent_codes=has("latent_codes", np.int32),
        latent_norm=None if norm is None else (float(norm[0]), float(norm[1]), float(norm[2])),
        media=int(said.get("media", 0)),
        occurs=has("occurs", np.int64),
        stretches=has("stretches", np.int64),
        not_finite=int(said.get("not_finite", 0)),
        language=language_from_json(said.get("language")),
    )
