"""What stands beside the shards of a dump: `manifest.json`, and a `.json` for each shard, written when it is whole.

manifest.json says how the tokens were made, where their numbers come from and, once all is done, what there is:

    format, version, complete,
    tokenizer: {id, title, weights, revision, modality, quantizer, combination, layout, downsampling, sample_rate_hz,
    codebooks},
    levels: [{codebook_size, codebook_dim, metric}], media: {title, files, names}, device,
    fitting: {longest_side_px or crop_px, filter}, storage: {format, dtype, files_a_shard},
    vocabulary: null or {offset, level_offsets, begin, end, size_needed, order}, axes,
    counts: {media, skipped, tokens}, together: {media, batches, alone}, notes: [{words, media, first, alike}],
    shards: [{file, shard}]

`codebooks` and `names` are SHA-256 sums: of the codes, and of the names of the media in their order. A shard's file has

    shard, first, stop, files: {name: {bytes, sha256}}, media: [{number, name, shapes, ..}], skipped: [[name, why]],
    tokens, together: [media, batches, alone], notes
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from explorer.dumps.writing.codes import Codes, codes_of
from explorer.foundation.errors import RecordError
from explorer.foundation.files import write_together

FORMAT, VERSION = "discrete-tokenizer-explorer token dump", 1
MANIFEST = "manifest.json"
MADE_WITH = ("tokenizer", "levels", "media", "fitting", "device", "storage", "vocabulary")  # what a run may not change
WORDS = {
    "tokenizer": "another tokenizer, or another revision of it",
    "levels": "other codebooks",
    "media": "other media, or in another order",
    "fitting": "another --side, --crop or --filter",
    "device": "another device",
    "storage": "another --format, --dtype or --shard-files",
    "vocabulary": "another --offset or tags",
}


@dataclass(frozen=True)
class Shard:
    """A shard that is whole: its number, the files of the source from `first` to `stop`, and what is said of them."""

    number: int
    first: int
    stop: int
    files: Mapping[str, Mapping[str, Any]]
    meta: Mapping[str, Any]


def stem_of(number: int) -> str:
    """What the files of a shard are called before their endings."""
    return f"tokens-{number:05}"


def write_shard(folder: Path, number: int, content: Mapping[str, bytes], meta: Mapping[str, Any]) -> None:
    """The files of a shard, and then the one that says that it is whole. Raises ExplorerError if the disk refuses."""
    files = {name: {"bytes": len(data), "sha256": sha256(data).hexdigest()} for name, data in content.items()}
    said = {"shard": number, **meta, "files": files}
    lines = [f"{json.dumps(name)}: {_listed(value)}" for name, value in said.items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    write_together(folder, {**content, f"{stem_of(number)}.json": text.encode("utf-8", "surrogatepass")})


def _listed(value: object) -> str:
    """A value as JSON, the entries of a list a line each, so that a person can look for a medium."""
    if not isinstance(value, list) or not value or not isinstance(value[0], dict | tuple):
        return json.dumps(value, ensure_ascii=False)
    return "[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in value) + "\n]"


def read_shard(folder: Path, number: int, first: int, stop: int) -> Shard | None:
    """A shard that is whole, of these files of the source; None where it is missing, cut short or of others."""
    try:
        meta = json.loads((folder / f"{stem_of(number)}.json").read_text(encoding="utf-8", errors="surrogatepass"))
        if (meta["shard"], meta["first"], meta["stop"]) != (number, first, stop):
            return None
        if any((folder / name).stat().st_size != one["bytes"] for name, one in meta["files"].items()):
            return None
        return Shard(number, first, stop, meta["files"], meta)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def write_manifest(folder: Path, meta: Mapping[str, Any]) -> None:
    text = json.dumps({"format": FORMAT, "version": VERSION, **meta}, ensure_ascii=False, indent=2)
    write_together(folder, {MANIFEST: f"{text}\n".encode("utf-8", "surrogatepass")})


def read_manifest(folder: Path) -> dict[str, Any]:
    """Raises RecordError where there is none, or one that this app did not write."""
    path = folder / MANIFEST
    try:
        meta = json.loads(path.read_text(encoding="utf-8", errors="surrogatepass"))
    except FileNotFoundError:
        raise RecordError(
            f"There is no {MANIFEST} in {str(folder)!r}, so it is no dump that `tokenize` wrote."
        ) from None
    except OSError as error:
        raise RecordError(f"{str(path)!r} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{str(path)!r} is damaged: it is no JSON. Tokenize again into another folder.") from error
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise RecordError(f"{str(path)!r} is no manifest of a dump that `tokenize` wrote.")
    if meta.get("version") != VERSION:
        raise RecordError(f"{str(path)!r} has version {meta.get('version')!r}; this app reads version {VERSION}.")
    return meta


def check_same(folder: Path, made_with: Mapping[str, Any]) -> bool:
    """Whether the folder holds a dump already that was made with the same. Raises RecordError if it is another one."""
    if not (folder / MANIFEST).exists():
        return False
    found = read_manifest(folder)
    wanted = json.loads(json.dumps(made_with))
    for name in MADE_WITH:
        if found.get(name) != wanted[name]:
            raise RecordError(
                f"{str(folder)!r} holds a dump of {WORDS[name]}. Give another --out, or repeat what that one was made "
                f"with ({MANIFEST} says it)."
            )
    return True


def codes_in(meta: Mapping[str, Any], name: str) -> Codes:
    """The codes of a manifest. Raises RecordError, with the name of its folder, where it lacks what is needed."""
    try:
        return codes_of([int(level["codebook_size"]) for level in meta["levels"]], meta["vocabulary"])
    except (KeyError, TypeError, ValueError) as error:
        raise RecordError(f"The {MANIFEST} of {name!r} cannot be used: it lacks something ({error}).") from error
