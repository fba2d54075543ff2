"""`python -m explorer audit`: count a whole codebook over a folder or zip of media, or over a file of plain indices."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from explorer import tokenizers
from explorer.analysis.usage import usage_of_counts
from explorer.audit.index_blocks import Padding
from explorer.audit.indices import Reading, audit_indices
from explorer.audit.report import html_report
from explorer.audit.result import Audit, save_audit
from explorer.audit.run import Progress, run_audit
from explorer.audit.sheets import LevelPatches, cut_patches, write_sheets
from explorer.audit.sources import MediaSource, open_source, samples_source
from explorer.cli.stopping import stop_on_ctrl_c
from explorer.config import settings
from explorer.errors import SettingsError
from explorer.files import make_folder, write_atomically
from explorer.record import Codebook
from explorer.tokenizers.base import Tokenizer

SAMPLES = "sample:all"
STATE, REPORT, SHEETS = "state.npz", "report.html", "exemplars"
SAY_EVERY_S = 10.0  # where nobody looks on, such as in a log


def run(options: argparse.Namespace) -> int:
    """Audit, write to --out, and say on stdout what was counted. 0: complete. 130: stopped, what there is written."""
    if options.indices is not None:
        return _run_indices(options)
    if options.tokenizer is None or options.media is None:
        raise SettingsError("audit needs a tokenizer and a folder or zip, or --indices FILE with --codebook-size K.")
    if options.codebook_size is not None:
        raise SettingsError("--codebook-size is for --indices; a tokenizer knows the size of its codebook.")
    if options.axes is not None or options.ignore or options.field is not None:
        raise SettingsError("--axes, --ignore and --field say how --indices are read; media need none of them.")
    tokenizer = tokenizers.load_tokenizer(options.tokenizer, device=options.device)
    modality = tokenizer.spec.modality
    source = samples_source(modality) if options.media == SAMPLES else open_source(options.media, settings().limits)
    make_folder(options.out)
    state = options.out / STATE
    if not options.resume:
        state.unlink(missing_ok=True)
    elif not state.exists():
        print(f"explorer: nothing to resume in {options.out}, so this begins at the beginning.", file=sys.stderr)
    with stop_on_ctrl_c() as stopped:
        audit = run_audit(
            tokenizer, source, title=options.title or source.title, seed=options.seed, resume=state,
            progress=_Teller(), cancelled=stopped.is_set,
        )  # fmt: skip
    codebooks = tokenizer.codebooks()
    _write(options.out, audit, codebooks)
    if not audit.complete:
        print(f"{options.out}: {summary(audit)}")
        print("explorer: stopped. The same command with --resume goes on from here.", file=sys.stderr)
        return 130
    _write_pictures(options.out, audit, source, tokenizer)
    print(f"{options.out}: {summary(audit)}")
    return 0


def _run_indices(options: argparse.Namespace) -> int:
    if options.codebook_size is None:
        raise SettingsError("--indices needs --codebook-size K: the number of codes cannot be read from the indices.")
    if options.tokenizer is not None or options.resume:
        raise SettingsError("--indices goes without a tokenizer, media or --resume.")
    make_folder(options.out)
    reading = Reading(options.axes, Padding(tuple(options.ignore) or None), options.field)
    audit = audit_indices(options.indices, options.codebook_size, reading, progress=_Teller())
    _write(options.out, audit, ())
    print(f"{options.out}: {summary(audit)}")
    for words in (audit.settings["reading"], *audit.settings.get("notes", ())):
        print(f"  {words}")
    return 0


def summary(audit: Audit) -> str:
    """What was counted, in one line."""
    done = f"{len(audit.media):,} of {audit.planned:,} media, {len(audit.skipped):,} skipped"
    said = []
    for level in audit.levels if audit.tokens else ():
        one = usage_of_counts(level.counts)
        name = f"{level.name}: " if level.name else ""
        said.append(f"{name}{one.used:,} of {one.ceiling:,} codes used, perplexity {one.perplexity:,.1f}")
    tokens = audit.tokens if audit.even else sum(level.tokens for level in audit.levels)
    return "; ".join([f"{tokens:,} tokens of {done}", *said])


def _write(folder: Path, audit: Audit, codebooks: Sequence[Codebook]) -> None:
    """The audit and its report, without pictures."""
    save_audit(folder, audit)
    write_atomically(folder / REPORT, html_report(audit, codebooks).encode("utf-8"))


def _write_pictures(folder: Path, audit: Audit, source: MediaSource, tokenizer: Tokenizer) -> None:
    """The contact sheets, and the report again with some of them."""
    patches: list[LevelPatches | None] = cut_patches(audit, source, tokenizer, _opening)
    write_sheets(folder / SHEETS, audit, patches)
    write_atomically(folder / REPORT, html_report(audit, tokenizer.codebooks(), patches).encode("utf-8"))


def _opening(done: int, of: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == of else "\r"
        print(f"exemplars: {done:,} of {of:,} media opened\033[K", end=end, file=sys.stderr, flush=True)


class _Teller:
    """Progress on stderr: a line that is written over if somebody looks on, else one every SAY_EVERY_S seconds."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def __call__(self, at: Progress) -> None:
        last = at.done == at.planned
        if sys.stderr.isatty():
            end = "\n" if last else "\r"
            print(f"{line(at)}\033[K", end=end, file=sys.stderr, flush=True)
        elif last or time.monotonic() - self._said >= SAY_EVERY_S:
            self._said = time.monotonic()
            print(line(at), file=sys.stderr, flush=True)


def line(at: Progress) -> str:
    """Progress in one line of a terminal; what could move its cursor is taken out of the name."""
    name = "".join(letter if letter.isprintable() else "?" for letter in at.name)[-40:]
    left = "" if at.seconds_left is None else f", {clock(at.seconds_left)} left"
    return f"{at.done:,} of {at.planned:,} media, {at.tokens:,} tokens, {at.media_per_second:.1f} media/s{left}: {name}"


def clock(seconds: float) -> str:
    """0:05, 12:34 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
