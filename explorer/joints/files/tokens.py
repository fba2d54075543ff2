"""Token files: the tokens of a record, kept so that another program, or this one later, can read them.

`.npz` holds everything and can be read back: arrays `indices_0..` in the layout's shape, `z_e_0..` (N, D), for explicit
codebooks `codebook_0..` (K, D) and `counts_0..` (K,) where training counted, and `meta`, a JSON string:

    format, version, tokenizer, modality, combination, media_shape, sample_rate_hz, frames_per_second, notes,
    bits_uniform (log2(K) for each index), bits_empirical (at the entropy of this file's own histograms),
    levels: [{layout: {kind, shape, media_shape, first_alone}, codebook_size, codebook_dim, metric, counts_decay, rule}]

A layout's first_alone and chunk are there only where they hold, `columns` only of a series, `names` of a graph.

`rule` is null, or lists the axes of an implicit codebook: {name, axis_values, first_axis_most_significant}.
`.json` has the same meta and the indices; `.csv` has one line a token. Both are for other programs only.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from explorer.foundation.config import Limits
from explorer.foundation.damage import open_arrays
from explorer.foundation.errors import RecordError
from explorer.foundation.files import write_atomically
from explorer.foundation.plain_json import parse_json
from explorer.joints.columns import Column, columns_meta, read_columns
from explorer.joints.graphs import GraphNames, names_entry, read_names
from explorer.joints.measures.error import quantization_error
from explorer.joints.record import Codebook, LatticeRule, TokenLayout, TokenLevel, TokenRecord

FORMAT = "discrete-tokenizer-explorer tokens"
VERSION = 1
# The columns of a .csv that say where a token lies, by kind of layout.
_AXES = {"grid2d": ("row", "column"), "sequence": ("time",), "grid3d": ("frame", "row", "column")}


@dataclass(frozen=True)
class TokenFile:
    """What a token file holds. `levels` are checked as those of a record; their z_q is looked up in the codebook."""

    tokenizer_id: str
    modality: str
    combination: str
    media_shape: tuple[int, ...]
    levels: tuple[TokenLevel, ...]
    sample_rate_hz: float | None = None
    notes: tuple[str, ...] = ()
    frames_per_second: float | None = None
    columns: tuple[Column, ...] = ()
    names: GraphNames | None = None

    def __post_init__(self) -> None:
        if not self.levels:
            raise RecordError("it has no levels")
        if self.combination not in ("single", "sum", "concatenate") or (
            self.combination == "single" and len(self.levels) > 1
        ):
            raise RecordError(f"{len(self.levels)} levels cannot be combined as {self.combination!r}")

    @property
    def indices(self) -> tuple[np.ndarray, ...]:
        """One array in the layout's shape per level, as `Tokenizer.detokenize` takes them."""
        return tuple(level.indices for level in self.levels)

    @property
    def rate(self) -> float | None:
        """Samples a second of a sound, frames of a clip, rows of a series, if they are known."""
        return self.frames_per_second if self.modality == "video" else self.sample_rate_hz

    @property
    def num_tokens(self) -> int:
        return sum(level.layout.num_tokens for level in self.levels)

    @property
    def bits_uniform(self) -> float:
        """Bits at log2(K) for each index."""
        return sum(level.bits_uniform for level in self.levels)

    @property
    def bits_empirical(self) -> float:
        """Bits at the entropy of this file's own code histograms, level by level."""
        return sum(level.bits_empirical for level in self.levels)


def save_tokens(path: str | Path, record: TokenRecord) -> Path:
    """Write the tokens of `record` as .npz, .json or .csv, by the suffix of `path`; returns the path.

    The file appears whole or not at all. Raises RecordError for another suffix, ExplorerError if the disk refuses.
    """
    path = check_suffix(path)
    content = io.BytesIO()
    _WRITERS[path.suffix.lower()](content, record)
    write_atomically(path, content.getvalue())
    return path


def check_suffix(path: str | Path) -> Path:
    """`path` itself if it names a token file. Raises RecordError with the valid suffixes."""
    path = Path(path)
    if path.suffix.lower() not in _WRITERS:
        raise RecordError(f"{str(path)!r} does not end in .npz, .json or .csv. Tokens are written as one of these.")
    return path


def load_tokens(path: str | Path, limits: Limits | None = None) -> TokenFile:
    """Read a .npz that `save_tokens` wrote.

    Nothing in the file is ever run: pickled objects are refused. Raises RecordError, saying what is wrong, for a file
    that is missing, too large, damaged, or whose arrays do not fit together.
    """
    path = Path(path)
    if not path.is_file():
        raise RecordError(f"There is no token file {str(path)!r}. Check the name and the folder.")
    arrays = _read_arrays(path, limits or Limits())
    meta = _read_meta(arrays, path.name)
    try:
        levels = tuple(_level(position, entry, arrays) for position, entry in enumerate(meta["levels"]))
        rate, frames = meta["sample_rate_hz"], meta.get("frames_per_second")  # older files have no frames
        return TokenFile(
            tokenizer_id=str(meta["tokenizer"]),
            modality=str(meta["modality"]),
            combination=str(meta["combination"]),
            media_shape=tuple(int(extent) for extent in meta["media_shape"]),
            levels=levels,
            sample_rate_hz=None if rate is None else float(rate),
            notes=tuple(str(note) for note in meta["notes"]),
            frames_per_second=None if frames is None else float(frames),
            columns=read_columns(meta.get("columns", [])),
            names=read_names(meta.get("names")),
        )
    except RecordError as error:
        raise RecordError(f"The token file {path.name!r} cannot be used: {error}.") from error
    except KeyError as error:
        raise RecordError(f"The token file {path.name!r} cannot be used: its meta lacks {error}.") from error
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise RecordError(
            f"The token file {path.name!r} cannot be used: its meta has a wrong value ({error})."
        ) from error


def _write_npz(file: BinaryIO, record: TokenRecord) -> None:
    arrays: dict[str, np.ndarray] = {"meta": np.array(json.dumps(token_meta(record)))}
    for position, level in enumerate(record.levels):
        arrays[f"indices_{position}"] = level.indices
        arrays[f"z_e_{position}"] = level.z_e
        if level.codebook.vectors is not None:
            arrays[f"codebook_{position}"] = level.codebook.vectors
        if level.codebook.counts is not None:
            arrays[f"counts_{position}"] = level.codebook.counts
    np.savez_compressed(file, **arrays)


def _write_json(file: BinaryIO, record: TokenRecord) -> None:
    content = token_meta(record) | {"indices": [level.indices.tolist() for level in record.levels]}
    file.write(json.dumps(content).encode())


def _write_csv(file: BinaryIO, record: TokenRecord) -> None:
    """Columns: level, the axes of the layout (row and column for pictures), token, code, quantization_error.

    quantization_error is the squared distance |z_e - z_q|^2 (cosine: of the normalised vectors).
    """
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    axes = ("item",) if record.modality == "vectors" else _AXES.get(record.levels[0].layout.kind, ())
    writer.writerow(["level", *axes, "token", "code", "quantization_error"])
    for position, level in enumerate(record.levels):
        errors = quantization_error(level)
        places = np.ndindex(level.layout.shape)
        for token, (place, code, error) in enumerate(zip(places, level.indices.reshape(-1), errors, strict=True)):
            writer.writerow([position, *place[: len(axes)], token, int(code), f"{error:.9g}"])
    text.detach()  # flushes, and leaves the file open for its owner


_WRITERS = {".npz": _write_npz, ".json": _write_json, ".csv": _write_csv}


def token_meta(record: TokenRecord) -> dict[str, Any]:
    """The `meta` of a token file: plain values only, as JSON takes them."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "tokenizer": record.tokenizer_id,
        "modality": record.modality,
        "combination": record.combination,
        "media_shape": [int(extent) for extent in record.media.shape],
        "sample_rate_hz": record.sample_rate_hz,
        "frames_per_second": record.frames_per_second,
        "notes": list(record.notes),
        "bits_uniform": record.bits_uniform,
        "bits_empirical": record.bits_empirical,
        "levels": [_level_meta(level) for level in record.levels],
        **names_entry(record.names),
    } | ({"columns": columns_meta(record.columns)} if record.columns else {})


def _level_meta(level: TokenLevel) -> dict[str, Any]:
    layout, codebook, rule = level.layout, level.codebook, level.codebook.rule
    return {
        "layout": {
            "kind": layout.kind,
            "shape": [int(n) for n in layout.shape],
            "media_shape": [int(m) for m in layout.media_shape],
        }
        | ({"first_alone": True} if layout.first_alone else {})
        | ({"chunk": layout.chunk} if layout.chunk > 1 else {}),
        "codebook_size": int(codebook.codebook_size),
        "codebook_dim": int(codebook.codebook_dim),
        "metric": codebook.metric,
        "counts_decay": codebook.counts_decay,
        "rule": None
        if rule is None
        else {
            "name": rule.name,
            "axis_values": [[float(value) for value in values] for values in rule.axis_values],
            "first_axis_most_significant": bool(rule.first_axis_most_significant),
        },
    }


def _read_arrays(path: Path, limits: Limits) -> dict[str, np.ndarray]:
    """All arrays of the file. The size it claims to unpack to is checked first: a small zip can hold a huge one."""
    name = path.name
    words = f"{name!r} is not a token file (.npz), or is damaged. Write it again."
    with open_arrays(path, name, words, limits.checkpoint_bytes) as arrays:
        return dict(arrays)


def _read_meta(arrays: dict[str, np.ndarray], name: str) -> dict[str, Any]:
    meta = arrays.get("meta")
    if meta is None:
        raise RecordError(f"{name!r} is not a token file: it has no 'meta'. Write it with `tokenize`.")
    try:
        values = parse_json(str(meta[()]), name)
    except (ValueError, IndexError) as error:  # IndexError: of an array without that text
        raise RecordError(f"The 'meta' of {name!r} is not JSON. Write the file again.") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise RecordError(f"{name!r} is not a token file of this app: its 'meta' does not say {FORMAT!r}.")
    if values.get("version") != VERSION:
        raise RecordError(f"{name!r} has version {values.get('version')!r}; this app reads version {VERSION}.")
    return values


def _decay(value: object) -> float | None:
    """Files written before it was kept have none."""
    if value is not None and not isinstance(value, int | float):
        raise RecordError("counts_decay must be a number")
    return value


def _level(position: int, entry: dict[str, Any], arrays: dict[str, np.ndarray]) -> TokenLevel:
    """One level, checked as in a record. Raises RecordError without the file's name."""
    where = entry["layout"]
    layout = TokenLayout(
        where["kind"],
        _extents(where["shape"]),
        _extents(where["media_shape"]),
        bool(where.get("first_alone", False)),
        int(where.get("chunk", 1)),
    )
    rule = _rule(entry["rule"])
    codebook = Codebook(
        codebook_size=int(entry["codebook_size"]),
        codebook_dim=int(entry["codebook_dim"]),
        metric=entry["metric"],
        vectors=_array(arrays, f"codebook_{position}", np.floating) if rule is None else None,
        rule=rule,
        counts=_array(arrays, f"counts_{position}", np.number) if f"counts_{position}" in arrays else None,
        counts_decay=_decay(entry.get("counts_decay")),
    )
    indices = _array(arrays, f"indices_{position}", np.integer)
    low, high = (int(indices.min()), int(indices.max())) if indices.size else (0, 0)
    if low < 0 or high >= codebook.codebook_size:  # before the look-up of z_q, which would wrap or fail
        raise RecordError(f"indices_{position} reaches from {low} to {high}, outside 0..{codebook.codebook_size - 1}")
    z_q = codebook.rows(indices.reshape(-1))
    return TokenLevel(indices, _array(arrays, f"z_e_{position}", np.floating), z_q, codebook, layout)


def _array(arrays: dict[str, np.ndarray], key: str, kind: type) -> np.ndarray:
    if key not in arrays:
        raise RecordError(f"the array {key} is missing")
    if not np.issubdtype(arrays[key].dtype, kind):
        words = {np.integer: "integers", np.floating: "floats"}.get(kind, "numbers")
        raise RecordError(f"{key} holds {arrays[key].dtype}, not {words}")
    return arrays[key]


def _extents(values: list[int]) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


def _rule(entry: dict[str, Any] | None) -> LatticeRule | None:
    if entry is None:
        return None
    values = tuple(tuple(float(value) for value in axis) for axis in entry["axis_values"])
    return LatticeRule(str(entry["name"]), values, bool(entry["first_axis_most_significant"]))
