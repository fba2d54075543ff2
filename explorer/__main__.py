"""The command line: `python -m explorer list | plan | open | tokenize | stream | audit | merge | compare | ...`.

What a command needs is imported when it runs, so that `--help` answers at once and without torch.
Exit code 0: done. 2: something that the person can mend, said in one line on stderr. 130: stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from explorer.cli import bringing, fitting
from explorer.foundation import limits
from explorer.foundation.errors import ExplorerError
from explorer.foundation.numerals import number_or_nan_option, whole_option, wholes_option
from explorer.foundation.registry import load_dotted

# Commands with options of their own get the rest of the line as it stands: main(argv) -> exit code.
AUDIT = "explorer.cli.audit:run"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # as of a disk on which standard output goes
DELEGATED = {"train": "explorer.training.command:main"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments and arguments[0] in DELEGATED:
            run: Callable[..., int] = load_dotted(DELEGATED[arguments[0]])
            return run(arguments[1:])
        options = build_parser(bringing.named_in(arguments)).parse_args(arguments)
        limits.apply(options)
        if options.command == AUDIT and "RANK" in os.environ:
            from explorer.cli.distribution import take_gpu  # before weights are put on a GPU

            take_gpu(options)
        bringing.bring(options)
        run = load_dotted(options.command)
        code = run(options)
        sys.stdout.flush()
        return code
    except ExplorerError as error:
        print(f"explorer: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever reads has enough, as head does
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 what is left in the buffer goes nowhere
        return 141
    except OSError as error:
        if error.errno not in FULL:
            raise
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        print(f"explorer: what is said could not be written: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("explorer: stopped.", file=sys.stderr)
        return 130


def build_parser(brought: bool = False) -> argparse.ArgumentParser:
    """The parser of all commands; each sets `command`, the dotted path of the function that runs it.

    brought: whether the line names a tokenizer by --hub or --checkpoint, so that no ID is to be given.
    """
    parser = argparse.ArgumentParser(
        prog="python -m explorer", description="See what a discrete tokenizer does, from the command line."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="list the tokenizers that are here")
    form = listing.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print all that is known of them as JSON")
    form.add_argument("--markdown", action="store_true", help="print what they measured, as the README's table")
    listing.add_argument(
        "--known", action="store_true", help="print the public tokenizers that --hub takes, and others"
    )
    listing.set_defaults(command="explorer.cli.listing:run")

    planning = commands.add_parser("plan", help="say what a file or Hub repository is, before its weights are read")
    planning.add_argument("source", metavar="SOURCE", help="a file, a folder, or owner/name[@revision] of the Hub")
    planning.add_argument("--json", action="store_true", help="print it as JSON")
    bringing.add_weights(planning)
    planning.set_defaults(command="explorer.cli.planning:run")

    opening = commands.add_parser("open", help="say what a checkpoint of any kind tells of its codebooks")
    opening.add_argument("files", metavar="FILE", nargs="+", type=Path, help="a file or a folder; nothing in it is run")
    opening.add_argument(
        "--timeline", action="store_true", help="checkpoints of several steps of one run (files, or the folder of them)"
    )
    opening.add_argument("--report", type=Path, metavar="FILE.html", help="write what it tells with its pictures")
    opening.add_argument("--csv", type=Path, metavar="FILE.csv", help="with --timeline: a row a table and checkpoint")
    opening.add_argument(
        "--draft", dest="adapter_out", type=Path, metavar="FILE.py", help="write an adapter to start from"
    )
    opening.add_argument("--json", action="store_true", help="print it as JSON")
    opening.set_defaults(command="explorer.cli.opening:run")

    tokenize = _add_tokenize(
        commands.add_parser("tokenize", help="turn a picture, a sound, a clip, a series or a graph into a token file"),
        brought,
    )

    detokenize = commands.add_parser("detokenize", help="turn a token file (.npz) back into a medium")
    detokenize.add_argument("file", metavar="TOKENS", type=Path, help="a .npz, or a dump, that `tokenize` wrote")
    detokenize.add_argument("--medium", metavar="NAME", help="of a dump: the name or number of a medium")
    detokenize.add_argument(
        "--out", required=True, type=Path, help="a .png, .wav, .webp, .gif, .mp4 or .csv, as it fits"
    )
    detokenize.set_defaults(command="explorer.cli.tokens:detokenize")

    stream = _add_stream(
        commands.add_parser("stream", help="turn a sound of any length into codes, and back, in parts")
    )

    for command in (tokenize, detokenize, stream):
        command.add_argument("--device", help="auto, cpu, cuda or mps (default: $EXPLORER_DEVICE, or auto)")
    commands.add_parser("train", help="train a tokenizer again (see train --help)", add_help=False)
    _add_audit(commands.add_parser("audit", help="count a codebook over a whole data set"), brought)
    _add_merge(commands.add_parser("merge", help="merge the shards of an audit to the audit of all"))
    _add_compare(commands.add_parser("compare", help="the same media through several tokenizers"))
    _add_lab(commands.add_parser("lab", help="run the training lab into a file"))
    _add_diagnose(commands.add_parser("diagnose", help="say what is wrong with a recorded run"))
    _add_experiment(commands.add_parser("experiment", help="run an experiment of the surveys again"))
    _add_prior(commands.add_parser("prior", help="train the small language model of a tokenizer's codes again"))
    for name in ("list", "tokenize", "detokenize", "audit", "merge", "compare"):
        bringing.add_options(commands.choices[name])
    for name in ("tokenize", "audit", "compare"):
        limits.add_option(commands.choices[name])
    return parser


def _add_tokenize(parser: argparse.ArgumentParser, brought: bool) -> argparse.ArgumentParser:
    """The options of `tokenize`."""
    if not brought:
        parser.add_argument("tokenizer", metavar="ID", help="a tokenizer of `list`; none with --hub or --checkpoint")
    parser.add_argument(
        "file",
        metavar="FILE",
        help="a picture, sound, clip, series (.csv, .npy) or graph (.tsv), or a sample such as sample:astronaut; or a "
        "folder or zip of media, which become a dump",
    )
    parser.add_argument(
        "--out", required=True, type=Path, help="token file to write: .npz, .json or .csv; of many media a folder"
    )
    fitting.add_options(parser)
    dumps = parser.add_argument_group("of a folder or zip")
    dumps.add_argument("--format", metavar="NAME", help="npy, parquet, jsonl or webdataset (default: npy)")
    dumps.add_argument(
        "--offset", type=whole_option, metavar="N",
        help="write ids of a language model: level 1 from N on, each level after the one before, in one row",
    )  # fmt: skip
    dumps.add_argument(
        "--tags", action="store_true", help="two more ids stand for the beginning and the end of each medium"
    )
    dumps.add_argument("--dtype", metavar="NAME", help="int16, uint16, int32 or int64 (default: the smallest)")
    dumps.add_argument("--shard-files", type=whole_option, metavar="N", help="media files a shard (default: 1,024)")
    parser.set_defaults(command="explorer.cli.tokens:tokenize")
    return parser


def _add_stream(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The options of `stream`."""
    parser.add_argument("tokenizer", metavar="ID", help="a tokenizer of sounds that looks back only, as sound-vq")
    parser.add_argument("file", metavar="FILE", help="WAV, FLAC, Ogg, MP3 or AIFF")
    parser.add_argument("--codes", required=True, type=Path, metavar="FILE.npy", help="codes (T, levels) to write")
    parser.add_argument("--decoded", type=Path, metavar="FILE.wav", help="decoded sound to write: .wav or .flac")
    parser.set_defaults(command="explorer.cli.streaming:run")
    return parser


def _add_audit(parser: argparse.ArgumentParser, brought: bool) -> None:
    """The options of `audit`."""
    if not brought:
        parser.add_argument("tokenizer", nargs="?", metavar="ID", help="a tokenizer of `list`; none with --hub")
    parser.add_argument(
        "media", nargs="?", metavar="FOLDER_OR_ZIP",
        help="pictures, sounds or clips; sample:all for the app's own, or sample:ID for one of them",
    )  # fmt: skip
    _add_indices(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder to write")
    parser.add_argument(
        "--fail-on", action="append", default=[], metavar="RULE",
        help="exit with 3 if a finding is `bad` or `warning`, or if more than a share of a level is dead: dead=0.5",
    )  # fmt: skip
    parser.add_argument("--resume", action="store_true", help="go on from where an audit into DIR was stopped")
    parser.add_argument(
        "--shard", metavar="i/n", help="count shard i of n alone, into a file of DIR for `merge`; goes on by itself"
    )
    parser.add_argument(
        "--ray", nargs="?", const="", metavar="ADDRESS", help="count on Ray: on a cluster, or on one started here"
    )
    parser.add_argument("--title", help="what the report is called (default: the name of the folder or zip)")
    parser.add_argument("--seed", type=whole_option, default=0, help="of the random samples (default: 0)")
    fitting.add_options(parser)
    parser.add_argument("--device", help="auto, cpu, cuda or mps (default: $EXPLORER_DEVICE, or auto)")
    parser.set_defaults(command=AUDIT)


def _add_merge(parser: argparse.ArgumentParser) -> None:
    """The options of `merge`."""
    parser.add_argument(
        "shards", nargs="+", type=Path, metavar="SHARD", help="files of shards, or folders of them, in any order"
    )
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder to write")
    parser.add_argument("--partial", action="store_true", help="merge also where shards are missing, and say which")
    parser.add_argument("--media", metavar="FOLDER_OR_ZIP", help="the media, for the pictures of exemplars")
    parser.add_argument("--codebook", metavar="FILE", help="of plain indices: the code vectors they were counted with")
    parser.add_argument("--metric", default="euclidean", help="of --codebook, as of `audit` (default: euclidean)")
    parser.add_argument("--title", help="what the report is called (default: as the first shard was)")
    parser.add_argument("--fail-on", action="append", default=[], metavar="RULE", help="as of `audit`")
    parser.add_argument("--device", help="auto, cpu, cuda or mps (default: $EXPLORER_DEVICE, or auto)")
    parser.set_defaults(command="explorer.cli.merging:run", tokenizer=None)


def _add_indices(parser: argparse.ArgumentParser) -> None:
    """The options of `audit` that say which plain indices are counted, and how they are read."""
    parser.add_argument(
        "--indices", nargs="+", metavar="FILE",
        help="count plain indices instead: files, folders, globs or addresses; the README lists the formats",
    )  # fmt: skip
    parser.add_argument(
        "--codebook-size", type=wholes_option, metavar="K", help="codes of the codebook of --indices; K1,K2,.. by level"
    )
    parser.add_argument(
        "--axes", metavar="b,q,t", help="axes of --indices: b media, q levels, other letters tokens (default: a guess)"
    )
    parser.add_argument(
        "--ignore", type=number_or_nan_option, action="append", default=[], metavar="VALUE",
        help="value of --indices that stands for no token; may be repeated (default: -1 and nan)",
    )  # fmt: skip
    parser.add_argument("--codebook", type=Path, metavar="FILE", help="code vectors of --indices: .npy (K, D), or .npz")
    parser.add_argument(
        "--latents", type=Path, metavar="FILE", help="latents of --indices, .npy (..., D), a row a token"
    )
    parser.add_argument("--metric", default="euclidean", help="of --codebook: euclidean, cosine or dot")
    parser.add_argument("--medium", choices=("file", "row"), help="what is one medium of --indices (default: a guess)")
    parser.add_argument("--field", metavar="NAME", help="field, column or tensor of --indices that holds the tokens")


def _add_compare(parser: argparse.ArgumentParser) -> None:
    """The options of `compare`."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="media, folders, zips, sample:ID, or preset:ID of hard content"
    )
    parser.add_argument(
        "--tokenizers", default="", metavar="A,B", help="ids of `list`, from 2 to 8 with those of --hub"
    )
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder to write")
    parser.add_argument("--title", help="what the report is called (default: the name of the medium)")
    fitting.add_options(parser, "256, crops of presets not")
    parser.add_argument(
        "--repeats", type=whole_option, metavar="N", help="timed rounds (default: 5 for one medium, else 1)"
    )
    parser.add_argument(
        "--baseline", default="", metavar="A", help="id that the others are held against (default: first)"
    )
    parser.add_argument(
        "--maps", type=whole_option, default=12, metavar="N", help="error maps of the first N (default: 12)"
    )
    parser.add_argument("--device", help="auto, cpu, cuda or mps (default: $EXPLORER_DEVICE, or auto)")
    parser.set_defaults(command="explorer.cli.compare:run")


def _add_lab(parser: argparse.ArgumentParser) -> None:
    """The options of `lab`."""
    parser.add_argument("--preset", metavar="NAME", help="start from a preset of the lab (a wrong name lists them)")
    parser.add_argument("--mend", action="store_true", help="with the one change that mends the preset, from step 0")
    parser.add_argument("--settings", metavar="JSON", help="settings as JSON, such as '{\"codebook_size\": 32}'")
    parser.add_argument("--steps", type=whole_option, default=1000, help="optimizer steps (default: 1,000)")
    parser.add_argument("--seed", type=whole_option, help="another seed than the settings have")
    parser.add_argument("--device", help="auto, cpu, cuda or mps (default: $EXPLORER_DEVICE, or auto)")
    parser.add_argument("--out", required=True, type=Path, help="file to write: .npz or .csv")
    parser.set_defaults(command="explorer.cli.lab:run")


def _add_diagnose(parser: argparse.ArgumentParser) -> None:
    """The options of `diagnose`."""
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="a recorded run, which may still be training")
    parser.add_argument(
        "--fail-on", action="append", default=[], metavar="RULE",
        help="exit with 1 if broken, may be repeated: bad (default), warning, never, or such as dead=0.5, "
        "perplexity=0.1, error=0.3, lag=1, drift=0.1; a wrong one lists them",
    )  # fmt: skip
    parser.add_argument(
        "--step", type=whole_option, metavar="N", help="as the run stood at this step (default: the newest)"
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.set_defaults(command="explorer.cli.diagnosis:run")


def _add_experiment(parser: argparse.ArgumentParser) -> None:
    """The options of `experiment`."""
    from explorer.experiments import TITLES  # names alone

    every = "; ".join(f"{name}: {title}" for name, title in TITLES.items())
    parser.add_argument("experiment", metavar="ID", help=every)
    parser.add_argument("--out", required=True, type=Path, metavar="FILE.json", help="file of results to write")
    parser.add_argument("--steps", type=whole_option, default=200, help="training steps of each run (default: 200)")
    parser.add_argument("--seeds", type=whole_option, default=1, help="how often each is run (default: once)")
    for kind in ("pictures", "sounds"):
        parser.add_argument(f"--{kind}", type=Path, nargs="+", metavar="FOLDER", help="default: the app's own")
        parser.add_argument(f"--{kind}-note", metavar="TEXT", help=f"source of the {kind}, for the results")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    parser.add_argument("--threads", type=whole_option, help="CPU threads")
    parser.set_defaults(command="explorer.cli.experiment:run")


def _add_prior(parser: argparse.ArgumentParser) -> None:
    """The options of `prior`."""
    parser.add_argument("tokenizer", metavar="ID", help="a tokenizer of pictures with one token a place")
    for name, words in (("data", "learnt from (default: the app's own)"), ("held-out", "measured on")):
        parser.add_argument(f"--{name}", type=Path, nargs="+", metavar="FOLDER", help=f"folders of pictures {words}")
        parser.add_argument(f"--{name}-note", metavar="TEXT", help=f"how the card names the pictures {words[:11]}")
    parser.add_argument("--licence", help="licence of the weights, for the card")
    parser.add_argument("--steps", type=whole_option, help="training steps (default: 3,000)")
    parser.add_argument("--rounds", type=whole_option, help="squares cut out of each picture (default: 12)")
    parser.add_argument("--seed", type=whole_option, help="of squares, start and order (default: 0)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    parser.add_argument("--threads", type=whole_option, help="CPU threads")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of checkpoints (default: the app's)")
    parser.set_defaults(command="explorer.cli.prior:run")


if __name__ == "__main__":
    sys.exit(main())
