"""`tokenize` of a folder or zip into a dump for language models, and `detokenize` of one medium of it."""

from __future__ import annotations

import argparse
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explorer import tokenizers
from explorer.audit.batches import Together, together_words
from explorer.audit.beside import one_thread_each
from explorer.audit.sources import source_named
from explorer.cli.audit import Teller
from explorer.cli.fitting import chosen_fitting, fitting_for
from explorer.cli.stopping import stop_on_ctrl_c
from explorer.corpus.facts import tokenizer_facts
from explorer.corpus.run import FILES_A_SHARD, DumpOptions, tokenize_source
from explorer.dumps.writing.manifest import MANIFEST
from explorer.dumps.writing.reading import read_medium, skipped_in
from explorer.foundation.config import settings
from explorer.foundation.errors import RecordError, SettingsError, UnknownIdError
from explorer.foundation.files import write_atomically
from explorer.foundation.words import count_of
from explorer.joints.audit import MediaNote
from explorer.joints.columns import read_columns
from explorer.joints.tokenizer import Tokenizer
from explorer.media import writing
from explorer.media.medium import NOUNS
from explorer.media.samples import SAMPLE_PREFIX

TOLD = 5  # skipped files that are named on the terminal; all are in the shards
DEFAULT_FORMAT = "npy"
ONE_FILE = (".npz", ".json", ".csv")


def is_wanted(options: argparse.Namespace) -> bool:
    """Whether many media are to be tokenized, or what only a dump has was asked for."""
    asked = (options.format, options.offset, options.dtype, options.shard_files, options.tags or None)
    if any(one is not None for one in asked) or options.file == f"{SAMPLE_PREFIX}all":
        return True
    path = Path(options.file)
    return path.is_dir() or (path.is_file() and zipfile.is_zipfile(path))


def write_dump(options: argparse.Namespace) -> int:
    """Tokenize all media into --out, and say on stdout what was written. 130: stopped; whole shards stay."""
    chosen_fitting(options)
    made_with = dict(
        format=options.format or DEFAULT_FORMAT, offset=options.offset, tags=options.tags, dtype=options.dtype,
        files_a_shard=FILES_A_SHARD if options.shard_files is None else options.shard_files,
    )  # fmt: skip
    DumpOptions(**made_with)  # what is plainly wrong is said before weights are read
    _check_apart(options.out, options.file)
    tokenizer = tokenizers.load_tokenizer(options.tokenizer, device=options.device)
    wanted = DumpOptions(fitting=fitting_for(options, tokenizer.spec), **made_with)
    source = source_named(options.file, tokenizer.spec.modality, settings().limits)
    with stop_on_ctrl_c() as stopped, one_thread_each(tokenizer.device) as workers:
        manifest = tokenize_source(
            tokenizer, source, options.out, wanted, progress=Teller(), cancelled=stopped.is_set, workers=workers
        )
    if manifest is None:
        print("explorer: stopped. Whole shards are kept; the same command goes on after them.", file=sys.stderr)
        return 130
    for line in notes_of(options.out, manifest, tokenizer):
        print(f"note: {line}", file=sys.stderr)
    print("\n".join(f"{options.out}: {line}" if not n else f"  {line}" for n, line in enumerate(summary(manifest))))
    return 0


def _check_apart(out: Path, source: str) -> None:
    """Raise SettingsError if what is written would be read as media the next time, or --out is for a token file."""
    if out.suffix.lower() in ONE_FILE and not out.is_dir():
        raise SettingsError(
            f"{source[:200]!r} is not a file, or what only a dump has was asked for: many media become a folder, and "
            f"--out {out.name} names a token file."
        )
    if out.is_file():
        raise SettingsError(f"{str(out)!r} is a file; many media become a folder. Name one with --out.")
    folder = Path(source)
    if folder.is_dir() and out.resolve().is_relative_to(folder.resolve()):
        raise SettingsError(f"{str(out)!r} lies in the folder of the media and would be one of them. Put it elsewhere.")


def summary(manifest: Mapping[str, Any]) -> list[str]:
    """What was written, in a few lines; how it is counted, where its codes are plain."""
    counts, storage, vocabulary = manifest["counts"], manifest["storage"], manifest["vocabulary"]
    of = counts["media"] + counts["skipped"]
    sizes = [level["codebook_size"] for level in manifest["levels"]]
    lines = [
        f"{count_of(counts['tokens'], 'token')} of {counts['media']:,} of {count_of(of, 'medium', 'media')}, "
        f"{counts['skipped']:,} skipped; "
        f"{count_of(len(manifest['shards']), 'file')} ({storage['format']}, {storage['dtype']}) and {MANIFEST}"
    ]
    if vocabulary is None:
        axes = f"b,{manifest['axes']}" if storage["format"] == "npy" else manifest["axes"]
        if len(sizes) == 1 or "q" in axes:  # levels of shapes of their own stand in one row, which would pool them
            lines.append(f"count its codes: audit --indices DUMP --axes {axes} --codebook-size {_sizes(sizes)}")
        return lines
    starts = ", ".join(f"{start:,}" for start in vocabulary["level_offsets"])
    lines.append(f"ids: codes from {starts}" + (" (level by level)" if len(sizes) > 1 else ""))
    if vocabulary["begin"] is not None:
        lines.append(f"begin of a medium {vocabulary['begin']:,}, end {vocabulary['end']:,}")
    lines.append(f"the vocabulary needs {vocabulary['size_needed']:,} entries")
    return lines


def _sizes(sizes: list[int]) -> str:
    return str(sizes[0]) if len(set(sizes)) == 1 else ",".join(map(str, sizes))


def notes_of(folder: Path, manifest: Mapping[str, Any], tokenizer: Tokenizer) -> list[str]:
    """What was done to the media, what was skipped, and what was encoded together."""
    counts = manifest["counts"]
    lines = [MediaNote(**one).told(counts["media"]) for one in manifest["notes"]]
    skipped = skipped_in(folder, manifest) if counts["skipped"] else []
    lines += [f"skipped {name}: {why}" for name, why in skipped[:TOLD]]
    if len(skipped) > TOLD:
        lines.append(f"{len(skipped) - TOLD:,} more were skipped; the .json of each shard names them.")
    if manifest["storage"]["format"] == "npy" and len(manifest["shards"]) > 2 * manifest["shards"][-1]["shard"] + 2:
        lines.append(
            "only media of one shape that follow each other share an .npy, so there are many: --crop, or another "
            "--format, makes fewer."
        )
    together = together_words(Together(**manifest["together"]), tokenizer, NOUNS[tokenizer.spec.modality])
    return [*lines, together] if together else lines


def decode_medium(options: argparse.Namespace) -> int:
    """Decode the medium of a dump that --medium names."""
    if options.medium is None:
        raise SettingsError(f"{str(options.file)!r} is a dump of many media. Name one with --medium NAME or NUMBER.")
    found = read_medium(options.file, options.medium)
    try:
        about = found.manifest["tokenizer"]
        modality, rate = about["modality"], about["sample_rate_hz"]
        rate = found.entry.get("rate_hz", rate) if modality != "video" else found.entry.get("frames_per_second")
        columns = read_columns(found.entry.get("columns", []))
        suffix = writing.check_suffix(options.out, modality)
        made_by = str(about["id"])
    except (KeyError, TypeError) as error:
        raise RecordError(f"The {MANIFEST} of {str(options.file)!r} lacks something ({error}).") from error
    tokenizer = tokenizer_of(made_by, options.device)
    _check_revision(options.file.name, about, tokenizer)
    decoded = tokenizer.detokenize(found.indices)
    write_atomically(options.out, writing.medium_bytes(decoded, suffix, rate, columns))
    tokens = count_of(sum(level.size for level in found.indices), "token")
    print(f"{options.out}: {found.entry['name']} from {tokens} of {tokenizer.spec.id}")
    return 0


def _check_revision(folder: str, about: Mapping[str, Any], tokenizer: Tokenizer) -> None:
    """Raise RecordError if codes of a dump stand for other vectors than those here; say so of other weights."""
    here = tokenizer_facts(tokenizer)
    revision = about.get("revision", here["revision"])
    if about.get("codebooks", here["codebooks"]) != here["codebooks"]:
        raise RecordError(
            f"The tokens of {folder!r} are of {tokenizer.spec.id} with other codebooks (revision {revision}) than "
            f"those here ({here['revision']}), which would make something else of them. Bring that revision."
        )
    if revision != here["revision"]:
        print(f"note: made by revision {revision}, decoded by {here['revision']}: the same codebooks.", file=sys.stderr)


def tokenizer_of(tokenizer_id: str, device: str | None) -> Tokenizer:
    """The tokenizer that made some tokens. Raises UnknownIdError that says how one of others is brought."""
    try:
        return tokenizers.load_tokenizer(tokenizer_id, device=device)
    except UnknownIdError as error:
        if tokenizer_id.startswith(("hub--", "file--", "library--")):
            raise UnknownIdError(f"{error} Bring it as when it was used: with --hub or --checkpoint.") from None
        raise
