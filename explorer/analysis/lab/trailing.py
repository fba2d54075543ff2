"""Codes that do not keep up with latents that move: they stand still, the latents run away from them, or they lag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.analysis.lab.advice import counts_for_all
from explorer.analysis.lab.distances import length_of
from explorer.analysis.lab.reading import RECENT, RunReading
from explorer.analysis.lab.thresholds import DEAD_BAD, RECOVERED, SETTLED
from explorer.analysis.lab.words import HALVES, of_variance
from explorer.foundation.words import count_of
from explorer.joints.frame import Frame

STILL = 0.1  # codes stand still when they moved less than this share of the spread they had when the run began
JUST = 20  # steps: so soon it shows that latents turn back
GREW = 3.0  # times the mean length of the latents when the run began
COMES_BACK = 0.95  # of the mean length of the latents shortly before, or of the largest there was
TRAILS = 0.5  # share of the quantization error that is due to codes away from the middle of their latents
COMING = "coming"  # no ailment: time mends it
OUTGROWN = 0.25  # error as a share of the variance, median of the last steps
LAGS, LAGS_BY = 0.03, 3.0  # error as a share of the variance: at least, and against k-means or the best it was


@dataclass(frozen=True)
class Trailing:
    """ailment: what `advise` knows it by; figure that shows it."""

    ailment: str
    title: str
    text: str
    figure: str = "plane"


def trailing(run: RunReading) -> Trailing | None:
    """How the codes of a run trail behind, if they do: one way, the plainest."""
    return _left_behind(run) if _outgrown(run) else _lags(run)


def cause(run: RunReading) -> str | None:
    """The ailment behind codes that fit badly, where their latents went away from them, though it may not be plain
    enough for `trailing`: as `advise` knows it, or COMING, when these come back by themselves."""
    if found := trailing(run):
        return found.ailment
    if run.growth < GREW or run.level.metric != "euclidean":
        return None
    if run.codes_moved < STILL:
        return "still"
    if _comes_back(run):
        return COMING
    return "run_away" if run.off_centre >= TRAILS and _of_largest(run) >= COMES_BACK else None


def _outgrown(run: RunReading) -> bool:
    """Whether latents moved on without the codes. Its bars are not eased: it says which of two rules is asked."""
    if run.now.step < SETTLED or run.growth < GREW or run.level.metric != "euclidean":
        return False
    if run.off_centre_lately < TRAILS:  # about the bar one moment is above it, and the next is not
        return False
    return run.lately >= OUTGROWN


def _left_behind(run: RunReading) -> Trailing | None:
    """Latents that moved on without the codes: whose fault it is shows in whether the codes move at all. None where
    they do, and the latents go no further."""
    lag = f"the codes leave {of_variance(run.error)}"
    grew = f"Latents grew {run.growth:.1f}x since the run began (median over the last {count_of(run.window, 'step')})"
    if run.codes_moved < STILL / run.ease or _fixed(run):
        text = f"{grew} while the codes in use stood still; {lag}."
        return Trailing("still", "The codebook stands still", text)
    if _growth_lately(run) <= run.ease**0.25 or _of_largest(run) < run.ease**0.25 * COMES_BACK or _comes_back(run):
        return None  # lengths change little in so few steps; what comes back does not run away, whatever it did
    text = f"{grew} and the codes could not follow; {lag}."
    return Trailing("run_away", "The latents run away", text, "curves")


def _growth_lately(run: RunReading, steps: int = JUST) -> float:
    """Mean length of the latents shown against that of the same inputs so many steps before, or as soon before that
    as was kept."""
    before = next((one for one in reversed(run.kept) if one.step <= run.now.step - steps), run.first)
    return _length(run, run.now) / max(1e-9, _length(run, before))


def _comes_back(run: RunReading) -> bool:
    """Whether latents have come back over the last steps, or in the second half of the run and still do over the last
    RECENT of them."""
    if _growth_lately(run) < COMES_BACK:
        return True
    return _of_largest(run, run.now.step // 2) < COMES_BACK and _growth_lately(run, RECENT) < 1


def _of_largest(run: RunReading, since: int = 0) -> float:
    """Mean length of the latents shown against the largest in the frames kept from step `since` on."""
    return _length(run, run.now) / max(1e-9, *(_length(run, frame) for frame in run.kept if frame.step >= since))


def _length(run: RunReading, frame: Frame) -> float:
    """Mean length of the latents of a frame."""
    return run.computed(length_of, frame.levels[run.number])


def _fixed(run: RunReading) -> bool:
    """Whether no code has moved at all in the second half of the run, as those of k-means that is fitted once."""
    since = [frame for frame in run.kept if 2 * frame.step >= run.now.step]
    since += [frame for frame in run.kept if 2 * frame.step < run.now.step][-1:]
    tables = [frame.levels[run.number].vectors for frame in since]
    return len(tables) > 1 and all(np.array_equal(table, run.level.vectors) for table in tables)


def _lags(run: RunReading) -> Trailing | None:
    """Living codes beside the middle of their latents, which move: the codebook follows too slowly, or not at all."""
    if run.level.metric == "implicit":  # codes of a rule cannot follow, and are not meant to
        return None
    if run.dead >= DEAD_BAD / run.ease or run.off_centre < RECOVERED * TRAILS or run.reference is None:
        return None
    if not run.move or run.off_centre_lately < run.ease * TRAILS:
        return None
    now, least = run.lately, run.reference
    if run.error < RECOVERED * max(LAGS, LAGS_BY * least):  # what lagged until lately, and does not now, is well
        return None
    bar = run.ease * LAGS_BY
    if now < run.ease * LAGS or now < bar * least or not (now > bar * run.relative.min() or run.turns):
        return None
    text = (
        f"Over the last {run.window} steps the codes left {of_variance(run.lately)} (median), and k-means with as "
        f"many leaves {least:.1%} ({HALVES}); "
        f"{run.off_centre_lately:.0%} of the error would go if each code stood in the middle of its latents: codes "
    )
    if _fixed(run):
        text += "have not moved for half of the run."
        return Trailing("still", "The codebook stands still", text)
    if run.settings is not None and counts_for_all(run.settings):
        text += "are means of latents that are nearer to others, too."
        return Trailing("softened", "Codes stand beside their latents", text)
    text += "trail behind."
    return Trailing("lags", "The codebook lags behind", text)
