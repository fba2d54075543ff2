"""`python -m explorer audit --shard i/n`: count one shard of an audit into its file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from explorer.audit.beside import one_thread_each
from explorer.audit.run import Progress
from explorer.audit.shards.plan import Shard, shard_named
from explorer.audit.shards.run import run_shard
from explorer.audit.sources import MediaSource
from explorer.cli.stopping import stop_on_ctrl_c
from explorer.foundation.errors import SettingsError
from explorer.foundation.words import count_of
from explorer.joints.tokenizer import Tokenizer
from explorer.media.fitting import Fitting


def shard_of(options: argparse.Namespace) -> Shard | None:
    """The shard that --shard names. Raises SettingsError for none that can be, and where a verdict is asked of it."""
    if options.shard is None:
        return None
    if options.ray is not None:
        raise SettingsError("--shard and --ray are two ways to share the work out. Give one of them.")
    if options.fail_on:
        raise SettingsError("A shard is judged with all others: give --fail-on to merge.")
    return shard_named(options.shard)


def count_shard(
    options: argparse.Namespace,
    shard: Shard,
    tokenizer: Tokenizer,
    source: MediaSource,
    fitting: Fitting,
    progress: Callable[[Progress], None],
) -> int:
    """Count it into its file of --out, and say what was counted. 0: complete. 130: stopped."""
    with stop_on_ctrl_c() as stopped, one_thread_each(tokenizer.device) as workers:
        standing, complete = run_shard(
            tokenizer, source, shard, options.out,
            title=options.title or source.title, seed=options.seed, side_px=fitting,
            progress=progress, cancelled=stopped.is_set, workers=workers,
        )  # fmt: skip
    span = shard.span(len(source), tokenizer.spec.modality)
    print(
        f"{options.out / shard.file}: {span.words}, {count_of(standing.counted.tokens, 'token')} of "
        f"{len(standing.media):,} of "
        f"{count_of(span.stop - span.first, 'medium', 'media')}, {len(standing.skipped):,} skipped"
    )
    if not complete:
        print("explorer: stopped. The same command goes on from here.", file=sys.stderr)
    return 0 if complete else 130
