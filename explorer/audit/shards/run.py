"""Run one shard of an audit into its file, from where that file says on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from explorer.audit.run import Progress, count_span, subject_to_audit
from explorer.audit.shards.plan import Shard
from explorer.audit.sources import MediaSource
from explorer.audit.standing import Standing
from explorer.foundation.files import make_folder
from explorer.joints.tokenizer import Tokenizer
from explorer.media.fitting import Fitting


def run_shard(
    tokenizer: Tokenizer,
    source: MediaSource,
    shard: Shard,
    folder: Path,
    *,
    title: str,
    seed: int = 0,
    side_px: Fitting | int | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    workers: int = 1,
) -> tuple[Standing, bool]:
    """What stands of the shard, and whether it is complete. Its file lies in `folder`.

    A shard always goes on from its file, so that the same command, given again after a kill, loses nothing but what was
    counted since the file was last written; one that is complete is not counted again. Raises RecordError if the
    file is of another audit, and as `run_audit`.
    """
    subject = subject_to_audit(tokenizer, source, seed, side_px)
    span = shard.span(len(source), subject.modality)
    make_folder(folder)
    standing = count_span(
        tokenizer, source, subject, span,
        title=title, state=folder / shard.file, progress=progress, cancelled=cancelled, workers=workers,
    )  # fmt: skip
    return standing, standing.position == span.stop
