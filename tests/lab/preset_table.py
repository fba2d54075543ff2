"""What each preset is at 300, 2,000 and 10,000 steps, broken and mended at each, by its measure and by the diagnosis.

`python -m tests.lab.preset_table [--seeds 0 1 2] [--presets NAME ...] [--at 300 2000 10000] [--save FILE]` prints the
table; rows that FILE holds already are not run again. The measures here are computed apart from those of the page.
"""

from __future__ import annotations

import argparse
import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.spatial import cKDTree

from explorer.analysis.lab.diagnosis import Finding, found_in
from explorer.analysis.lab.hysteresis import NEAR
from explorer.analysis.lab.moment import beside, moment_of
from explorer.analysis.lab.reading import read_run
from explorer.joints.frame import DEAD, LIVE
from explorer.lab.controls import RESTARTING
from explorer.lab.presets import PRESETS
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide

CPU = torch.device("cpu")
AT = (300, 2000, 10_000)
SEEDS = (0, 1, 2)


def dead_share(side):
    level = side.frame().levels[0]
    return float((level.state == DEAD).mean())


def at_the_origin(side):
    """Share of the codes that are dead and nearer to 0 than a thousandth of the latents' spread."""
    level = side.frame().levels[0]
    spread = np.linalg.norm(level.z_e - level.z_e.mean(0), axis=1).std() + level.z_e.std()
    dead = level.vectors[level.state == DEAD]
    return float((np.linalg.norm(dead, axis=1) < 1e-3 * spread).sum() / level.codebook_size)


def relative_error(side):
    """Quantization error as a share of the variance of the latents."""
    level = side.frame().levels[0]
    error = np.square(level.z_e - level.vectors[level.indices]).sum(-1).mean()
    return float(error / np.square(level.z_e - level.z_e.mean(0)).sum(-1).mean())


def missed(side):
    """Squared error of the outputs while training, as a share of the variance of the inputs: last 20 rows kept."""
    return float(side.curves.series("missed")[1][-20:].mean())


def near_duplicates(side):
    """Share of the codes in use that lie nearer to another code in use than a twentieth of the distance (root mean
    square) of a latent to its code."""
    level = side.frame().levels[0]
    live = level.vectors[level.state == LIVE].astype(np.float64)
    typical = np.sqrt(np.square(level.z_e - level.vectors[level.indices]).sum(-1).mean())
    distance, _ = cKDTree(live).query(live, k=2)
    return float((distance[:, 1] < typical / 20).mean())


def reseeds(side):
    """In the last 100 steps, as a share of K."""
    frame = side.frame()
    return len(side.events.since(frame.step - 100)) / frame.levels[0].codebook_size


@dataclass(frozen=True)
class Check:
    """measure: at `broken` and above the fault is there, at `mended` and below it is gone, so many steps `after` the
    mend. finding: part of a title of what the diagnosis calls bad (warning where `warned`) while it is there, and no
    more when it is mended; one of them. fades: at which of AT the fault may be less by itself, and is `over`, so that
    the diagnosis names it no more, or not. late: steps after a mend later than the first of AT, where that takes
    longer, since the run has gone further astray."""

    measure: object
    broken: float
    mended: float
    after: int
    finding: tuple[str, ...]
    fades: tuple[int, ...] = ()
    over: bool = True
    level: str = "bad"
    late: int = 0


AGAIN = "again and again"
CHECKS = {
    "far_init": Check(dead_share, 0.85, 0.1, 300, ("far from all latents",)),
    "rich_get_richer": Check(dead_share, 0.8, 0.1, 300, ("codes dead",)),
    "slide_to_origin": Check(at_the_origin, 0.5, 0.05, 300, ("slid to the origin",), level="warning"),
    "kmeans_collapse": Check(dead_share, 0.8, 0.1, 300, ("codes dead",)),
    "ema_overwrites": Check(reseeds, 4.0, 0.3, 300, ("jump back", AGAIN)),
    "stale_statistics": Check(reseeds, 2.0, 0.3, 300, (AGAIN,)),
    # 10 checks in 100 steps, each of which has 64 latents to put one of 256 codes on
    "threshold_too_high": Check(reseeds, 10 * 64 / 256, 0.1, 300, (AGAIN,)),
    "near_duplicates": Check(near_duplicates, 0.5, 0.1, 300, ("Near-duplicate",)),
    "decay_too_slow": Check(relative_error, 0.1, 0.03, 200, ("lags behind",)),
    "beta_too_low": Check(relative_error, 0.5, 0.2, 400, ("run away", "fit the latents badly"), late=1000),
    "beta_too_high": Check(missed, 0.3, 0.05, 500, ("encoder hardly moves", "codes dead"), fades=(2000, 10_000)),
    "cat_and_mouse": Check(
        relative_error,
        0.6,
        0.25,
        400,
        ("stands still", "fit the latents badly"),
        fades=(10_000,),
        over=False,
        late=1000,
    ),
    "lfq_sign": Check(dead_share, 0.8, 0.4, 500, ("codes dead",)),
    "entropy_too_strong": Check(missed, 0.12, 0.07, 500, ("Usage without fidelity",), fades=(2000, 10_000)),
    "wide_latents": Check(dead_share, 0.7, 0.25, 400, ("codes dead",)),
}


@dataclass(frozen=True)
class Row:
    """One moment. mended_at: None while broken. agrees: whether measure, words and diagnosis say what they should."""

    preset: str
    seed: int
    step: int
    mended_at: int | None
    measured: float
    state: str
    found: str
    agrees: bool

    def line(self) -> str:
        phase = "broken" if self.mended_at is None else f"mended at {self.mended_at:,}"
        verdict = "agrees" if self.agrees else "DISAGREES"
        head = f"{self.preset:19s} {self.seed} {self.step:6d} {phase:16s}"
        return f"{head} {self.measured:8.3f} {self.state:8s} {verdict:9s} {self.found}"


def begin(name: str, seed: int) -> LabSide:
    return LabSide(LabSettings().changed({**PRESETS[name].changes, "seed": seed}), CPU)


def go(side: LabSide, steps: int) -> LabSide:
    for _ in range(steps):
        side.step()
    return side


def mend(name: str, side: LabSide) -> LabSide:
    """The run that goes on mended; the one given stays as it is."""
    changes = PRESETS[name].mend.changes
    mended = side.settings.changed(changes)
    if RESTARTING & set(changes):
        return LabSide(mended, CPU)
    other = copy.deepcopy(side)
    other.trainer.apply(mended)
    return other


def look(name: str, side: LabSide, mended_at: int | None = None) -> tuple[Row, tuple[Finding, ...], str]:
    """A row on a run as it stands, with the findings that the page shows and its sentence."""
    check, preset = CHECKS[name], PRESETS[name]
    run = read_run(side.curves, side.timeline, side.events, side.settings, shown=side.frame())
    moment = moment_of(preset, run, mended_at is not None)
    found = beside(found_in(run), preset, moment)
    measured, step = check.measure(side), run.now.step
    named = any(one.level == check.level and part in one.title for one in found for part in check.finding)
    if mended_at is not None:
        revived = dead_share(side) <= preset.mend.dead_share
        agrees = measured <= check.mended and revived and moment.state == "mended" and not named
    elif step in check.fades and measured < check.broken:
        held = check.over and measured >= NEAR * preset.sign.broken and moment.state == "plain" and named
        agrees = held or (moment.state == "faded" and named != check.over)
    else:
        agrees = measured >= check.broken and moment.state == "plain" and named
    words = " / ".join(f"{one.level}: {one.title}" for one in found)
    row = Row(name, side.settings.seed, step, mended_at, measured, moment.state, words, agrees)
    return row, found, moment.text


def table(name: str, seed: int, at: tuple[int, ...] = AT):
    """The rows of one preset with one seed, as they come."""
    side = begin(name, seed)
    restarts = bool(RESTARTING & set(PRESETS[name].mend.changes))
    for step in at:
        go(side, step - side.trainer.step_count)
        yield look(name, side)[0]
        if not restarts or step == at[0]:  # a mend that begins the run anew is the same at any step
            after = CHECKS[name].late if step > AT[0] and CHECKS[name].late else CHECKS[name].after
            yield look(name, go(mend(name, side), after), step)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    parser.add_argument("--presets", nargs="*", default=list(PRESETS), choices=list(PRESETS))
    parser.add_argument("--at", type=int, nargs="*", default=AT)
    parser.add_argument("--save", type=Path, help="append the rows to this file")
    options = parser.parse_args()
    torch.set_num_threads(1)
    done = options.save.read_text().splitlines() if options.save and options.save.exists() else []
    for seed in options.seeds:
        for name in options.presets:
            if any(line.split()[:3] == [name, str(seed), str(max(options.at))] for line in done):
                continue
            for row in table(name, seed, tuple(sorted(options.at))):
                print(row.line(), flush=True)
                if options.save:
                    with options.save.open("a") as file:
                        file.write(row.line() + "\n")


if __name__ == "__main__":
    main()
