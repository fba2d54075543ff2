"""Where `python -m explorer audit` counts: in this process, in the ranks of torchrun, or on Ray."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from explorer import tokenizers
from explorer.audit.beside import one_thread_each
from explorer.audit.run import Progress, run_audit
from explorer.audit.shards.indices import IndexSum
from explorer.audit.shards.merge import Sum, merge_shards
from explorer.audit.shards.plan import Shard
from explorer.audit.shards.run import run_shard
from explorer.audit.sources import MediaSource, source_named
from explorer.cli import bringing
from explorer.foundation import limits
from explorer.foundation.config import settings
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.audit import Audit
from explorer.joints.record import Modality
from explorer.joints.tokenizer import Tokenizer
from explorer.media.fitting import Fitting

SHARDS = "shards"  # folder of --out in which the ranks of torchrun write
NOT_ALL = "explorer: not every rank came to its end. The same command goes on from what they have written."


def in_group(options: argparse.Namespace) -> bool:
    """Whether torchrun started this process. Raises SettingsError beside options that share the work out otherwise."""
    if "RANK" not in os.environ or "WORLD_SIZE" not in os.environ:
        return False
    for name in ("shard", "ray"):
        if getattr(options, name) is not None:
            raise SettingsError(f"--{name} does not go with torchrun, which shares media out to its ranks.")
    return True


def take_gpu(options: argparse.Namespace) -> None:
    """In a group: compute on the GPU of this rank, unless --device says otherwise."""
    if in_group(options) and options.device in (None, "auto", "cuda"):
        from explorer.audit.distributed import ranks  # torch

        ranks.take_gpu(ranks.rank_of(os.environ))


def count_media(
    options: argparse.Namespace, tokenizer: Tokenizer, source: MediaSource, fitting: Fitting, state: Path,
    progress: Callable[[Progress], None], cancelled: Callable[[], bool],
) -> Audit | int:  # fmt: skip
    """The audit; or the exit code of a rank that has no more to do."""
    title = options.title or source.title
    if in_group(options):
        return _count_in_group(options, tokenizer, source, fitting, title, progress, cancelled)
    if options.ray is not None:
        return _count_on_ray(options, tokenizer, source, fitting, title, state, progress, cancelled)
    with one_thread_each(tokenizer.device) as workers:
        return run_audit(
            tokenizer, source, title=title, seed=options.seed, side_px=fitting, resume=state,
            progress=progress, cancelled=cancelled, workers=workers,
        )  # fmt: skip


def _count_in_group(
    options: argparse.Namespace, tokenizer: Tokenizer, source: MediaSource, fitting: Fitting, title: str,
    progress: Callable[[Progress], None], cancelled: Callable[[], bool],
) -> Audit | int:  # fmt: skip
    from explorer.audit.distributed.ranks import group_of, rank_of  # torch.distributed

    rank = rank_of(os.environ)
    first = rank.rank == 0
    with group_of(rank, tokenizer.device) as group, one_thread_each(tokenizer.device) as workers:
        _, complete = run_shard(
            tokenizer, source, rank.shard, options.out / SHARDS, title=title, seed=options.seed, side_px=fitting,
            progress=progress if first else None, cancelled=cancelled, workers=workers,
        )  # fmt: skip
        complete = group.all_say(complete)
    if not complete:
        if first:
            print(NOT_ALL, file=sys.stderr)
        return 130
    return merge_all(options.out / SHARDS, rank.world, merge_shards) if first else 0


def merge_all(folder: Path, of: int, merge: Callable[[list[Path]], Sum | IndexSum]) -> Audit:
    """The audit of all `of` shards in a folder. Raises as `shards_there` and `merge`."""
    return merge(shards_there(folder, of)).audit


def take_away(folder: Path, of: int) -> None:
    """Take away the files of all `of` shards, whose audit is written by now, with what ranks that were killed left half
    written beside them, and the folder if it is empty then."""
    for number in range(of):
        for file in folder.glob(f"{Shard(number + 1, of).file}*"):
            file.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def take_away_work(options: argparse.Namespace, state: Path) -> None:
    """Take away what an audit of media was counted with, once it is written: before, a full disk would cost it all."""
    state.unlink(missing_ok=True)
    if in_group(options):
        from explorer.audit.distributed.ranks import rank_of  # torch.distributed

        take_away(options.out / SHARDS, rank_of(os.environ).world)


def shards_there(folder: Path, of: int) -> list[Path]:
    """The files of all shards. Raises RecordError if some are not here, as where machines share no folder."""
    files = [folder / Shard(number + 1, of).file for number in range(of)]
    if gone := [file.name for file in files if not file.is_file()]:
        raise RecordError(
            f"{gone[0]} and others ({len(gone)} of {of}) are not in {folder}: --out has to be a folder that all "
            "machines see. Bring the files together, and merge them with `merge`."
        )
    return files


def _count_on_ray(
    options: argparse.Namespace, tokenizer: Tokenizer, source: MediaSource, fitting: Fitting, title: str, state: Path,
    progress: Callable[[Progress], None], cancelled: Callable[[], bool],
) -> Audit:  # fmt: skip
    from explorer.audit.distributed.ray_job import audit_on_ray, shop_for

    media = options.media if options.media.startswith("sample:") else str(Path(options.media).resolve())
    shop = shop_for(
        tokenizer, source, seed=options.seed, fitting=fitting,
        load=partial(load_there, options), open_media=partial(open_there, options, media, tokenizer.spec.modality),
    )  # fmt: skip
    return audit_on_ray(
        shop, tokenizer.device, title=title, state=state, address=options.ray or None,
        progress=progress, cancelled=cancelled,
    )  # fmt: skip


def load_there(options: argparse.Namespace) -> Tokenizer:
    """In a worker: the tokenizer of a command line."""
    limits.apply(options)
    bringing.bring(options)
    return tokenizers.load_tokenizer(options.tokenizer, device=options.device)


def open_there(options: argparse.Namespace, media: str, modality: Modality) -> MediaSource:
    """In a worker: the media of a command line."""
    limits.apply(options)
    return source_named(media, modality, settings().limits)
