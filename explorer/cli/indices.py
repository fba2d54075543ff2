"""`python -m explorer audit --indices`: count the codes of a dump of plain indices, whole, or a shard of it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from explorer.analysis.pictures.sheets import write_sheets
from explorer.audit.indices.blocks import Padding
from explorer.audit.indices.run import Reading, audit_indices
from explorer.audit.indices.standing import IndexHead
from explorer.audit.indices.subject import IndexSubject, vectors_sum
from explorer.audit.indices.vectors import FILE as CODEBOOKS
from explorer.audit.indices.vectors import Belongings, books_of_levels, read_belongings, save_codebooks
from explorer.audit.run import Progress
from explorer.audit.shards.indices import IndexSum, merge_index_shards, run_index_shard
from explorer.audit.shards.plan import Shard
from explorer.cli.audit import SHEETS, Teller, summary, verdict, write_audit
from explorer.cli.distribution import NOT_ALL, SHARDS, in_group, merge_all, take_away
from explorer.cli.sharding import shard_of
from explorer.cli.stopping import stop_on_ctrl_c
from explorer.dumps.own import read_own, size_words
from explorer.foundation.errors import Cancelled, RecordError, SettingsError
from explorer.foundation.files import make_folder
from explorer.foundation.words import count_of
from explorer.joints.audit import Audit
from explorer.joints.measures.language.ranks import rank_frequency
from explorer.joints.record import Codebook
from explorer.joints.token_language import language_lines


@dataclass(frozen=True)
class Order:
    """What a command line asks to be counted, and how."""

    places: tuple[str, ...]
    sizes: int | list[int] | None
    reading: Reading
    belongings: Belongings | None

    def run_shard(
        self, shard: Shard, folder: Path, progress: Callable[[Progress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> IndexHead:  # fmt: skip
        return run_index_shard(
            self.places, self.sizes, self.reading, self.belongings, shard, folder,
            progress=progress, cancelled=cancelled,
        )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Audit, or count a shard, and say what was counted: as `audit` of media."""
    shard, order = shard_of(options), _order(options)
    if shard is not None:
        return _run_shard(options, order, shard)
    make_folder(options.out)
    shards = 0
    if in_group(options):
        audit, shards = _count_in_group(options, order)
    elif options.ray is not None:
        audit, shards = _count_on_ray(options, order)
    else:
        audit = audit_indices(order.places, order.sizes, order.reading, order.belongings, progress=Teller())
    if isinstance(audit, int):
        return audit
    code = _write(options, audit, () if order.belongings is None else order.belongings.codebooks)
    if shards:  # only now: a disk that is full by then would else cost all that was counted
        take_away(options.out / SHARDS, shards)
    return code


def _order(options: argparse.Namespace) -> Order:
    own = read_own(options.indices) or (None, None)
    axes, size = options.axes or own[0], options.codebook_size or own[1]
    if size is None and options.codebook is None:
        raise SettingsError(
            "--indices needs --codebook-size K, or --codebook FILE with the code vectors: the number of codes cannot "
            f"be read from the indices.{size_words(options.indices)}"
        )
    if options.latents is not None and options.codebook is None:
        raise SettingsError("--latents need --codebook FILE: they are compared with the code vectors.")
    if options.latents is not None and (options.shard is not None or options.ray is not None or in_group(options)):
        raise SettingsError("--latents go by the order of all tokens, so they are counted by one process.")
    if options.side is not None or options.crop is not None or options.filter != "lanczos":
        raise SettingsError("--side, --crop and --filter are for media; plain indices have no pixels.")
    if options.tokenizer is not None:
        raise SettingsError("--indices goes without a tokenizer or media.")
    if options.resume:
        raise SettingsError("--indices goes without --resume: a shard (--shard) goes on from its file by itself.")
    reading = Reading(axes, Padding(tuple(options.ignore) or None), options.field, options.medium or "")
    belongings = None
    if options.codebook is not None:
        belongings = read_belongings(options.codebook, options.latents, options.metric)
    return Order(tuple(map(str, options.indices)), size, reading, belongings)


def _run_shard(options: argparse.Namespace, order: Order, shard: Shard) -> int:
    """Count it into its file of --out. 0: complete. 130: stopped."""
    with stop_on_ctrl_c() as stopped:
        try:
            head = order.run_shard(shard, options.out, Teller(), stopped.is_set)
        except Cancelled as error:
            print(f"explorer: {error}", file=sys.stderr)
            return 130
    left = f", {count_of(head.left_out, 'part')} left out" if head.left_out else ""
    print(f"{options.out / shard.file}: {head.words}, {count_of(head.tokens, 'token')}{left}")
    for words in filter(None, (head.changed, head.stopped)):
        print(f"  {words}")
    return 0


def _count_in_group(options: argparse.Namespace, order: Order) -> tuple[Audit | int, int]:
    """As a rank of torchrun: its shard, and of the first rank the audit of all; else the exit code. And how many shards
    there are."""
    from explorer.audit.distributed.ranks import group_of, rank_of  # torch.distributed

    rank = rank_of(os.environ)
    first, complete = rank.rank == 0, True
    with group_of(rank, "cpu") as group, stop_on_ctrl_c() as stopped:
        try:
            order.run_shard(rank.shard, options.out / SHARDS, Teller() if first else None, stopped.is_set)
        except Cancelled:
            complete = False
        complete = group.all_say(complete)
    if not complete:
        if first:
            print(NOT_ALL, file=sys.stderr)
        return 130, rank.world
    audit = merge_all(options.out / SHARDS, rank.world, merge_index_shards) if first else 0
    return audit, rank.world


def _count_on_ray(options: argparse.Namespace, order: Order) -> tuple[Audit | int, int]:
    """As `_count_in_group`."""
    from explorer.audit.distributed.ray_indices import count_on_ray

    folder = options.out / SHARDS
    places = tuple(place if "://" in place else str(Path(place).absolute()) for place in order.places)
    with stop_on_ctrl_c() as stopped:
        of = count_on_ray(
            Order(places, order.sizes, order.reading, order.belongings).run_shard, folder,
            address=options.ray or None, cancelled=stopped.is_set, progress=Teller(),
        )  # fmt: skip
    if of is None:
        print("explorer: stopped. The same command goes on from here.", file=sys.stderr)
        return 130, 0
    return merge_all(folder, of, merge_index_shards), of


def write_merged(options: argparse.Namespace, merged: IndexSum) -> int:
    """Of `merge`: the files of the audit, with its code vectors where they are given; the exit code."""
    if options.media is not None or options.tokenizer is not None:
        raise SettingsError("--media and --tokenizer go with shards of media; these are of plain indices.")
    return _write(options, merged.audit, _codebooks(options, merged.subject))


def _codebooks(options: argparse.Namespace, subject: IndexSubject) -> tuple[Codebook, ...]:
    if options.codebook is None:
        if subject.codebooks:
            print("explorer: without --codebook FILE, what needs the code vectors is left out.", file=sys.stderr)
        return ()
    books = read_belongings(options.codebook, None, options.metric).codebooks
    if vectors_sum([book.vectors for book in books if book.vectors is not None]) != subject.codebooks:
        raise RecordError(f"{str(options.codebook)!r} holds other code vectors than the shards were counted with.")
    return books


def _write(options: argparse.Namespace, audit: Audit, books: tuple[Codebook, ...]) -> int:
    codebooks = books_of_levels(books, len(audit.levels)) if books else ()
    findings = write_audit(options.out, audit, codebooks)
    save_codebooks(options.out / CODEBOOKS, codebooks)
    if (options.out / SHEETS).is_dir():  # of an earlier audit, of media; those of today have no pictures
        write_sheets(options.out / SHEETS, audit, [None] * len(audit.levels))
    print(f"{options.out}: {summary(audit)}")
    for words in (audit.settings["reading"], *audit.settings.get("notes", ())):
        print(f"  {words}")
    for words in language_words(audit):
        print(f"  {words}")
    return verdict(audit, findings, options.fail_on, codebooks)


def language_words(audit: Audit) -> list[str]:
    """What is said of the tokens as a language: all of a single level, of several the first sentence each."""
    found = []
    for level in audit.levels:
        if level.language is not None:
            exponent = rank_frequency(level.counts).exponent
            lines = language_lines(level.language, level.codebook_size, level.tokens, exponent)
            found += lines if len(audit.levels) == 1 else [f"{level.name}: {lines[0]}"]
    return found
