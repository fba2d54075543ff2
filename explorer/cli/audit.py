"""`python -m explorer audit`: count a whole codebook over a folder or zip of media, or over a file of plain indices."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path

from explorer import tokenizers
from explorer.analysis.codebook.diagnosis import findings_as_json
from explorer.analysis.pictures.sheets import LevelPatches, cut_patches, write_sheets
from explorer.analysis.severity import ALARMS
from explorer.audit.run import Progress
from explorer.audit.sources import MediaSource, source_named
from explorer.cli.distribution import count_media, in_group, take_away_work
from explorer.cli.fitting import chosen_fitting, fitting_for
from explorer.cli.sharding import count_shard, shard_of
from explorer.cli.stopping import stop_on_ctrl_c
from explorer.figures.reports.audit import html_report
from explorer.foundation.config import settings
from explorer.foundation.errors import SettingsError
from explorer.foundation.files import make_folder, write_atomically
from explorer.foundation.numerals import read_number
from explorer.foundation.words import count_of
from explorer.joints.audit import Audit
from explorer.joints.files.audits import save_audit
from explorer.joints.measures.unused import unused_codes
from explorer.joints.measures.usage import usage_of_counts
from explorer.joints.record import Codebook
from explorer.joints.tokenizer import Tokenizer

STATE, REPORT, SHEETS = "state.npz", "report.html", "exemplars"
FAILED = 3  # exit code of a rule of --fail-on that is broken
SAY_EVERY_S = 10.0  # where nobody looks on, such as in a log


def run(options: argparse.Namespace) -> int:
    """Audit, write to --out, and say on stdout what was counted. 0: complete. 130: stopped, and what
    there is was written. FAILED: what was counted breaks a rule of --fail-on."""
    for rule in options.fail_on:
        fail_rule(rule)  # said before anything is counted
    if options.indices is not None:
        from explorer.cli import indices  # which writes as this does

        return indices.run(options)
    if options.tokenizer is None or options.media is None:
        raise SettingsError("audit needs a tokenizer and a folder or zip, or --indices FILE with --codebook-size K.")
    if options.codebook_size is not None:
        raise SettingsError("--codebook-size is for --indices; a tokenizer knows the size of its codebook.")
    if any(getattr(options, name) for name in ("axes", "ignore", "field", "medium", "codebook", "latents")):
        raise SettingsError("--axes, --ignore, --field, --medium, --codebook and --latents go with --indices.")
    shard = shard_of(options)
    chosen_fitting(options)  # what is plainly wrong is said before weights are read
    tokenizer = tokenizers.load_tokenizer(options.tokenizer, device=options.device)
    fitting = fitting_for(options, tokenizer.spec)
    modality = tokenizer.spec.modality
    source = source_named(options.media, modality, settings().limits)
    if shard is not None:
        return count_shard(options, shard, tokenizer, source, fitting, Teller())
    make_folder(options.out)
    state = options.out / STATE
    if not options.resume:
        state.unlink(missing_ok=True)
    elif not state.exists() and not in_group(options):
        print(f"explorer: nothing to resume in {options.out}, so this begins at the beginning.", file=sys.stderr)
    with stop_on_ctrl_c() as stopped:
        audit = count_media(options, tokenizer, source, fitting, state, Teller(), stopped.is_set)
        if isinstance(audit, int):
            return audit
        codebooks = tokenizer.codebooks()
        findings = write_audit(options.out, audit, codebooks)  # a Ctrl-C meanwhile costs nothing of what was counted
    if audit.complete:
        take_away_work(options, state)
    for note in audit.notes:
        print(f"note: {note.told(len(audit.media))}", file=sys.stderr)
    if not audit.complete:
        print(f"{options.out}: {summary(audit)}")
        failed = verdict(audit, findings, options.fail_on, codebooks)
        print(
            "explorer: stopped. What is said is of the media counted so far; the same command with --resume goes on "
            "from here.",
            file=sys.stderr,
        )
        return failed or 130
    write_pictures(options.out, audit, source, tokenizer)
    print(f"{options.out}: {summary(audit)}")
    return verdict(audit, findings, options.fail_on, codebooks)


def verdict(
    audit: Audit,
    findings: Sequence[Mapping[str, object]],
    fail_on: Sequence[str],
    codebooks: Sequence[Codebook | None] = (),
) -> int:
    """Print the worst finding, and why the command fails by `fail_on`. 0: it does not. FAILED: it does.

    codebooks: one a level, () if none are known.
    """
    if not findings:
        return 0
    worst = findings[0]
    print(f"  {worst['level']} ({worst['sure']}): {worst['title']}. {worst['text']}")
    if len(findings) > 1:
        more = "finding is" if len(findings) == 2 else "findings are"
        print(f"  {len(findings) - 1:,} more {more} in audit.json and {REPORT}.")
    reasons = [reason for rule in fail_on if (reason := broken_rule(rule, audit, findings, codebooks))]
    for reason in reasons:
        print(f"explorer: {reason}", file=sys.stderr)
    return FAILED if reasons else 0


def broken_rule(
    rule: str, audit: Audit, findings: Sequence[Mapping[str, object]], codebooks: Sequence[Codebook | None]
) -> str:
    """Why a rule of --fail-on is broken, or ""."""
    kind, most = fail_rule(rule)
    if most is None:
        kinds = ALARMS[: ALARMS.index(kind) + 1]
        found = [one for one in findings if one["level"] in kinds]
        return f"--fail-on {rule}: {found[0]['title']}" if found else ""
    for level, book in zip_longest(audit.levels, codebooks):
        dead = unused_codes(level, book).dead or 0  # None: too little was counted to call any code dead
        if dead / level.codebook_size > most:
            name = f"{level.name}: " if level.name else ""
            return (
                f"--fail-on {rule}: {name}{dead:,} of {level.codebook_size:,} codes or more have no token and are "
                "not expected to get one from more of the same data"
            )
    return ""


def fail_rule(rule: str) -> tuple[str, float | None]:
    """("bad" | "warning", None), or ("dead", share). Raises SettingsError for another rule."""
    kind, _, text = rule.partition("=")
    share = None
    with suppress(ValueError):
        share = read_number(text)
    if (kind in ALARMS and not text) or (kind == "dead" and share is not None and 0 <= share <= 1):
        return kind, share
    raise SettingsError(f"--fail-on takes bad, warning, or dead=0.5 (a share from 0 to 1); not {rule[:40]!r}.")


def summary(audit: Audit) -> str:
    """What was counted, in one line."""
    done = _counted(audit)
    said = []
    for level in audit.levels if audit.tokens else ():
        one = usage_of_counts(level.counts)
        name = f"{level.name}: " if level.name else ""
        most = "" if one.ceiling == level.codebook_size else f" ({one.ceiling:,} at most, of so few tokens)"
        size = count_of(level.codebook_size, "code")
        said.append(f"{name}{one.used:,} of {size} used{most}, perplexity {one.perplexity:,.1f}")
    tokens = audit.tokens if audit.even else sum(level.tokens for level in audit.levels)
    return "; ".join([f"{count_of(tokens, 'token')} of {done}", *said])


def _counted(audit: Audit) -> str:
    """The media: of a file of indices, those that its axes tell, and not the file."""
    if "reading" in audit.settings:
        return audit.amount_words
    return f"{len(audit.media):,} of {count_of(audit.planned, 'medium', 'media')}, {len(audit.skipped):,} skipped"


def write_audit(folder: Path, audit: Audit, codebooks: Sequence[Codebook]) -> list[dict[str, object]]:
    """The audit with its findings, and its report, without pictures; the findings."""
    findings = findings_as_json(audit, codebooks)
    save_audit(folder, audit, findings, codebooks)
    write_atomically(folder / REPORT, html_report(audit, codebooks).encode("utf-8"))
    return findings


def write_pictures(folder: Path, audit: Audit, source: MediaSource, tokenizer: Tokenizer) -> None:
    """The contact sheets, and the report again with some of them."""
    patches: list[LevelPatches | None] = cut_patches(audit, source, tokenizer, _opening)
    write_sheets(folder / SHEETS, audit, patches)
    write_atomically(folder / REPORT, html_report(audit, tokenizer.codebooks(), patches).encode("utf-8"))


def _opening(done: int, of: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == of else "\r"
        print(f"exemplars: {done:,} of {of:,} media opened\033[K", end=end, file=sys.stderr, flush=True)


class Teller:
    """Progress on stderr: a line that is written over if somebody looks on, else one every SAY_EVERY_S seconds."""

    def __init__(self) -> None:
        self._said = time.monotonic()
        self._trouble = ""

    def __call__(self, at: Progress) -> None:
        last = at.done == at.planned
        if at.trouble and not self._trouble:  # at once, not after hours of counting
            print(f"explorer: {at.trouble}", file=sys.stderr, flush=True)
            self._trouble = at.trouble
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
    done = f"{at.done:,} of {at.planned:,} {at.unit}"
    return f"{done}, {at.tokens:,} tokens, {at.media_per_second:.1f} {at.unit}/s{left}: {name}"


def clock(seconds: float) -> str:
    """0:05, 12:34 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
