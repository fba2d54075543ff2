"""`python -m explorer lab`: a run of the training lab without the browser, written to a file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from explorer.cli.stopping import stop_on_ctrl_c
from explorer.foundation.config import settings
from explorer.foundation.errors import SettingsError
from explorer.foundation.files import check_place, write_atomically
from explorer.foundation.words import count_of
from explorer.joints.frame import Frame
from explorer.lab.batch import run_lab
from explorer.lab.presets import preset
from explorer.lab.settings import LabSettings, settings_from_json


def run(options: argparse.Namespace) -> int:
    """Train, write the frames (.npz) or the curves (.csv), and say on stdout how it ended. 130: stopped, and what there
    is was written."""
    if options.out.suffix.lower() not in (".npz", ".csv"):  # before the work, not after it
        raise SettingsError(f"{str(options.out)!r} must end in .npz (frames, curves, events) or .csv (curves).")
    check_place(options.out)
    chosen = settings_from_json(options.settings) if options.settings else LabSettings()
    if options.preset:
        one = preset(options.preset)
        chosen = chosen.changed(one.changes)
        if options.mend:
            chosen = chosen.changed(one.mend.changes)
    elif options.mend:
        raise SettingsError("--mend needs --preset: it mends what a preset breaks.")
    if options.seed is not None:
        chosen = chosen.changed({"seed": options.seed})
    with stop_on_ctrl_c() as stopped:
        show = _progress(options.steps, stopped.is_set)
        side = run_lab(chosen, options.steps, options.device or settings().device, show)
    frame = side.frame()
    data = side.csv() if options.out.suffix.lower() == ".csv" else side.npz()
    write_atomically(options.out, data)
    print(f"{options.out}: {summary(frame)}; {count_of(side.events.total, 'reseed')}")
    if frame.step < options.steps:
        print(f"explorer: stopped. The file holds the run up to step {frame.step:,}.", file=sys.stderr)
        return 130
    return 0


def summary(frame: Frame) -> str:
    """How a run stands, in one line."""
    levels = []
    for number, level in enumerate(frame.levels):
        perplexity = frame.measures.get(f"perplexity_{number}", float("nan"))
        levels.append(
            f"{level.dead:,} of {level.codebook_size:,} codes dead (not chosen for {level.window:,} steps), "
            f"perplexity {perplexity:.1f} of {min(level.codebook_size, frame.batch_size):,}"
        )
    return f"{count_of(frame.step, 'step')} over {count_of(frame.latents_seen, 'latent')}; " + "; ".join(levels)


def _progress(steps: int, stopped: Callable[[], bool]) -> Callable[[int], bool]:
    """A line on stderr that is written over, if somebody looks at it; whether the run goes on."""

    def show(step: int) -> bool:
        if sys.stderr.isatty():
            end = "\r" if step + 50 <= steps else "\n"
            print(f"step {step:,} of {steps:,}", end=end, file=sys.stderr, flush=True)
        return not stopped()

    return show
