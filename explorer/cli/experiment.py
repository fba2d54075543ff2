"""`python -m explorer experiment ID`: an experiment of the surveys once more, into one file of results."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from explorer.analysis.codebook.diagnosis import diagnose
from explorer.experiments import EXPERIMENTS
from explorer.foundation.files import check_place, make_folder
from explorer.foundation.words import count_of
from explorer.joints.audit import Audit
from explorer.joints.files.experiments import save_experiment
from explorer.joints.record import Codebook


def run(options: argparse.Namespace) -> int:
    """Run it and write its file."""
    import torch

    from explorer.experiments.options import Options

    carry_out = EXPERIMENTS.load(options.experiment)
    make_folder(options.out.parent)
    check_place(options.out)
    if options.threads:
        torch.set_num_threads(options.threads)
    asked = Options(
        steps=options.steps,
        seeds=options.seeds,
        pictures=_folders(options.pictures),
        sounds=_folders(options.sounds),
        pictures_note=options.pictures_note,
        sounds_note=options.sounds_note,
        device=options.device,
    )
    found = carry_out(asked, judge, lambda line: print(line, flush=True))
    path = save_experiment(options.out, found)
    print(f"wrote {path}: {count_of(len(found.runs), 'run')}", flush=True)
    return 0


def _folders(given: list[Path] | None) -> tuple[Path, ...] | None:
    return tuple(given) if given else None


def judge(audit: Audit, codebooks: Sequence[Codebook]) -> list[dict[str, object]]:
    """The findings on a codebook as plain values, with their kind, by which those of different media are told apart."""
    return [one.as_json() | {"kind": one.kind} for one in diagnose(audit, codebooks)]
