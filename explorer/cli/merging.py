"""`python -m explorer merge A B ...`: the shards of an audit become the audit of all."""

from __future__ import annotations

import argparse
import sys

from explorer import tokenizers
from explorer.audit.indices.standing import is_index_shard
from explorer.audit.shards.indices import merge_index_shards
from explorer.audit.shards.merge import Sum, merge_shards, shard_files
from explorer.audit.sources import MediaSource, source_named
from explorer.audit.standing import names_sum, revision_of
from explorer.cli.audit import fail_rule, summary, verdict, write_audit, write_pictures
from explorer.cli.indices import write_merged as write_indices
from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError, RecordError, SettingsError
from explorer.joints.tokenizer import Tokenizer


def run(options: argparse.Namespace) -> int:
    """Merge, write to --out as `audit` does, and say what was counted. 0: done. FAILED: as of `audit`."""
    for rule in options.fail_on:
        fail_rule(rule)
    files = shard_files(options.shards)
    of_indices = [is_index_shard(file) for file in files]
    if any(of_indices) and not all(of_indices):
        raise RecordError(
            f"{files[of_indices.index(True)]} is of plain indices, {files[of_indices.index(False)]} of media. Only "
            "shards of one audit add up."
        )
    if any(of_indices):
        return write_indices(options, merge_index_shards(files, partial=options.partial, title=options.title))
    if options.codebook is not None:
        raise SettingsError("--codebook goes with shards of plain indices; a tokenizer has its own.")
    merged = merge_shards(files, partial=options.partial, title=options.title)
    source = None if options.media is None else _source(options.media, merged)
    tokenizer, why = _tokenizer(options, merged)
    if tokenizer is None:
        print(f"explorer: {why} So what needs its code vectors is left out, and so are pictures.", file=sys.stderr)
    return write_merged(options, merged, tokenizer, source)


def write_merged(
    options: argparse.Namespace, merged: Sum, tokenizer: Tokenizer | None, source: MediaSource | None
) -> int:
    """The files of the audit, with pictures where tokenizer and media are here; the exit code."""
    audit, codebooks = merged.audit, () if tokenizer is None else tokenizer.codebooks()
    findings = write_audit(options.out, audit, codebooks)
    if tokenizer is not None and source is not None:
        write_pictures(options.out, audit, source, tokenizer)
    elif tokenizer is not None:
        print("explorer: without --media there are no pictures of exemplars.", file=sys.stderr)
    for note in audit.notes:
        print(f"note: {note.told(len(audit.media))}", file=sys.stderr)
    print(f"{options.out}: {summary(audit)}")
    for words in merged.missing:
        print(f"  {words}")
    return verdict(audit, findings, options.fail_on, codebooks)


def _source(name: str, merged: Sum) -> MediaSource:
    """The media. Raises RecordError if they are not those of the shards."""
    source = source_named(name, merged.subject.modality, settings().limits)
    if names_sum(source) != merged.subject.media:
        raise RecordError(
            f"{name[:200]!r} holds other files than were counted: {len(source):,}, and {merged.subject.planned:,} "
            "were planned. Name the same folder or zip, or leave --media out."
        )
    return source


def _tokenizer(options: argparse.Namespace, merged: Sum) -> tuple[Tokenizer | None, str]:
    """The tokenizer of the shards, or None and why."""
    subject = merged.subject
    try:
        tokenizer = tokenizers.load_tokenizer(options.tokenizer or subject.tokenizer, device=options.device)
    except ExplorerError as error:
        return None, f"The tokenizer {subject.tokenizer} is not here: {error}"
    if tokenizer.spec.id != subject.tokenizer:
        raise RecordError(f"The shards are of {subject.tokenizer}, and not of {tokenizer.spec.id}.")
    if revision_of(tokenizer) != subject.revision:
        return None, f"The tokenizer {subject.tokenizer} here is another revision than that of the shards."
    return tokenizer, ""
