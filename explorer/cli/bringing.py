"""Options by which the person at the command line brings tokenizers that are not in `checkpoints/`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from explorer.foundation.errors import SettingsError

if TYPE_CHECKING:
    from explorer.joints.tokenizer import TokenizerSpec

SAY_EVERY_S = 10.0  # where nobody looks on, such as in a log


def add_options(parser: argparse.ArgumentParser) -> None:
    """`--hub`, `--checkpoint` and `--adapter`, each of which may be given several times; and `--weights`."""
    parser.add_argument(
        "--hub",
        action="append",
        default=[],
        metavar="ID[@REVISION]",
        help="bring a public tokenizer of the Hub, such as facebook/encodec_24khz (see list --known)",
    )
    parser.add_argument(
        "--checkpoint",
        action="append",
        default=[],
        type=Path,
        metavar="PATH",
        help="bring a tokenizer from a file or folder, such as last.ckpt. Its code is never run",
    )
    parser.add_argument(
        "--adapter",
        action="append",
        default=[],
        type=Path,
        metavar="FILE.py",
        help="bring tokenizers of your own: a file that defines tokenizer(). Its code is run",
    )
    add_weights(parser)


def add_weights(parser: argparse.ArgumentParser) -> None:
    """`--weights`, of files that hold two sets."""
    parser.add_argument(
        "--weights",
        choices=("averaged", "raw"),
        default="",
        help="of a file that holds the running averages of its weights, too (default: what its original takes)",
    )


def named_in(arguments: Sequence[str]) -> bool:
    """Whether a command line names a tokenizer by --hub or --checkpoint, which then stands for an ID."""
    return any(argument.partition("=")[0] in ("--hub", "--checkpoint") for argument in arguments)


def bring(options: argparse.Namespace) -> list[str]:
    """Let this process know the tokenizers that the options name; their ids. Raises ExplorerError.

    Those of --hub and --checkpoint are what the command works with: they stand for an ID that was left out, and are
    added to --tokenizers. What loads torch is imported only if something is named.
    """
    ids: list[str] = []
    for file in getattr(options, "adapter", ()):
        from explorer.tokenizers.user.adapter import bring_adapter  # torch

        brought = bring_adapter(file)
        ids += [spec.id for spec in brought]
        _warn(brought)
    named = [f"hub:{one}" for one in getattr(options, "hub", ())]
    named += [f"file:{one.expanduser()}" for one in getattr(options, "checkpoint", ())]
    _check(options, len(named))
    weights = getattr(options, "weights", "")
    if weights and not named and hasattr(options, "hub"):
        raise SettingsError("--weights goes with --hub or --checkpoint.")
    chosen = [_brought(one, getattr(options, "device", None), weights) for one in named]
    _place(options, chosen)
    return ids + chosen


def add_results(parser: argparse.ArgumentParser) -> None:
    """`--audit`, `--experiment` and `--run`: what was counted, tried or trained elsewhere, for the app to show."""
    parser.add_argument(
        "--audit", action="append", default=[], metavar="DIR", help="an audit to open, or a folder of shards to watch"
    )
    parser.add_argument("--experiment", action="append", default=[], metavar="FILE", help="results to show instead")
    parser.add_argument("--run", action="append", default=[], metavar="DIR", help="a recorded training to replay")


def bring_results(options: argparse.Namespace) -> list[tuple[str, str]]:
    """Let this process know the results that the options name: the title of each and its page. Raises ExplorerError."""
    from explorer.audit.opening import bring_audit, is_audit  # the audits and pages, which no command reads
    from explorer.audit.shards.watch import bring_job, is_job
    from explorer.experiments.shelf import bring
    from explorer.pages.replay.start import bring_run

    jobs = [Path(path) for path in options.audit if is_job(Path(path).expanduser()) and not is_audit([Path(path)])]
    audits = [bring_audit(path) for path in options.audit if Path(path) not in jobs]
    for path in options.experiment:
        bring(path)
    runs = [bring_run(path) for path in options.run]
    named = [(f"Audit {one.audit.title}", f"codebook?audit={one.id}") for one in audits]
    named += [(f"Cluster job {bring_job(path)}", "codebook") for path in jobs]
    return named + [(f"Run {one.title}", f"replay?run={quote(one.id)}") for one in runs]


def _brought(name: str, device: str | None, weights: str) -> str:
    """The id of what was named, once it is loaded; what a person should know of it goes to stderr."""
    from explorer.cli.planning import words  # with all formats of others, which most commands never read
    from explorer.loading.planning import load, plan

    planned = plan(name, weights)
    print(f"explorer: {words(planned)}", file=sys.stderr)
    for note in planned.notes:
        print(f"note: {note}", file=sys.stderr)
    spec = load(planned, device, _Teller())
    _warn([spec])
    return spec.id


def _warn(specs: Sequence[TokenizerSpec]) -> None:
    """What was seen to be wrong with tokenizers, to stderr."""
    for spec in specs:
        for words in spec.warnings:
            print(f"warning: {spec.title}: {words}", file=sys.stderr)


def _check(options: argparse.Namespace, count: int) -> None:
    """Whether the command can work with so many named tokenizers. Raises SettingsError before anything is read."""
    if _takes_one(options) and count:
        if getattr(options, "indices", None) is not None:
            raise SettingsError("--indices goes without a tokenizer, so without --hub and --checkpoint, too.")
        if count > 1:
            raise SettingsError(f"This command works with one tokenizer; {count} were named.")


def _takes_one(options: argparse.Namespace) -> bool:
    """Of `tokenize`, `audit` and `merge`; a token file says itself which tokenizer it is of."""
    return getattr(options, "command", "").endswith((":tokenize", "audit:run", "merging:run"))


def _place(options: argparse.Namespace, chosen: list[str]) -> None:
    """Put the ids that were brought where the command looks for its tokenizers."""
    if hasattr(options, "tokenizers"):  # compare
        options.tokenizers = ",".join([*filter(None, [options.tokenizers]), *chosen])
    elif _takes_one(options) and chosen:
        options.tokenizer = chosen[0]


class _Teller:
    """Progress on stderr: a line that is written over if somebody looks on, else one every SAY_EVERY_S seconds."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def __call__(self, share: float, words: str) -> None:
        shown = "".join(letter if letter.isprintable() else "?" for letter in words)[:60]
        if sys.stderr.isatty():
            end = "\n" if share >= 1 else "\r"
            print(f"{share:4.0%} {shown}\033[K", end=end, file=sys.stderr, flush=True)
        elif time.monotonic() - self._said >= SAY_EVERY_S:
            self._said = time.monotonic()
            print(f"{share:4.0%} {shown}", file=sys.stderr, flush=True)
