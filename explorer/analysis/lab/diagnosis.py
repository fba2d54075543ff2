"""Diagnosis of a training run in words: from what was measured, never from the settings, which only say what can be
tried (`lab/advice.py`). What codes reach is held against k-means on the same latents.

It reads the three stores of a run (see `explorer.lab.history`): curves with `series(name)`, frames with `after(step)`,
events with `since(step)`. Shares and ratios that decide are named at the top; they were set by runs that are known to
be broken or well (`tests/analysis/lab/test_lab_diagnosis.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.analysis.lab.collapse import embedding_collapse
from explorer.analysis.lab.duplicates import CLOSE, DUPLICATE
from explorer.analysis.lab.finding import Finding
from explorer.analysis.lab.levels import settle_on_levels
from explorer.analysis.lab.mismatch import mismatch
from explorer.analysis.lab.reading import EARLY, RECENT, RunReading, read_run
from explorer.analysis.lab.rules_dead import dead, far, slid, window_of
from explorer.analysis.lab.thresholds import DEAD_WARN, RECOVERED, SETTLED
from explorer.analysis.lab.trailing import COMING, cause, trailing
from explorer.analysis.lab.words import HALVES, of_variance
from explorer.analysis.severity import RANK
from explorer.foundation.words import count_of, verb
from explorer.lab.settings import LabSettings

CHURN = 0.75  # reseeds again in the last steps, as a share of K
BACK = 0.35  # a reseeded code is back when it is this close to where it was, in spreads of the latents
FROZEN = 5.0  # a latent hardly moved when its way is less than this many of its first lengths
BLUNT, BLUNTER, BLUNT_BAD = 0.1, 4.0, 0.25  # error as a share of the variance: at least, against k-means, and bad
UNFIT, UNFITTER = 0.03, 3.0  # ... and in a run too young for that, from where nothing is called well
COARSER = 2.0  # ... from where it is named though it is no fault
SKEWED = 0.5  # of the perplexity that k-means reaches
WORSENED = 2.0  # against the best that the codes of the run had left: then their start is not what is wrong
LET_GO = "Let the run go on: the latents are coming back to their codes."
BLIND, SEES_BY = 0.98, 300  # of the variance of pictures that is missed; a model that learns gives the mean at first
COARSE = 0.5  # of the variance that k-means leaves: so few codes say little


def diagnose(
    curves: Any, frames: Any, events: Any, settings: LabSettings | None = None, until: int | None = None
) -> tuple[Finding, ...]:
    """Findings on a run, worst first; none in its first steps.

    settings: of the run, for the advice alone. until: the step on screen; nothing after it is looked at.
    """
    run = read_run(curves, frames, events, settings, until)
    return () if run is None else found_in(run)


def found_in(run: RunReading) -> tuple[Finding, ...]:
    """The findings of `diagnose` on a run that was read already."""
    warm_up = run.settings.warm_up if run.settings else 0  # steps in which codes are not at work
    if run.now.step < (warm_up + SETTLED if warm_up else EARLY):
        return ()
    levels = run.by_level()
    found = []
    for check in dict.fromkeys((*CHECKS, *WHILE_IT_GROWS)):
        asked = [one for one in levels if check in (CHECKS if one.at_work == one.k else WHILE_IT_GROWS)]
        finding = settle_on_levels(check, asked[:1] if check in OF_THE_RUN else asked)
        found += [finding] if finding else []
    found = found or [settle_on_levels(_not_yet, levels) or settle_on_levels(_no_good_fit, levels) or _no_alarm(levels)]
    return tuple(sorted(found, key=lambda finding: RANK[finding.level]))


def _growing(run: RunReading) -> Finding:
    """A codebook not all of whose codes are at work yet: what few codes reach is no fault of a run."""
    text = (
        f"{run.at_work} of {run.k} codes are at work at step {run.now.step:,}; the other {run.k - run.at_work} wait "
        f"for their turn and are not dead. Perplexity {run.perplexity:.1f} of at most {run.ceiling} {run.counted}; "
        f"quantization error {of_variance(run.error)}. How well the codes fit is judged once all are at work."
    )
    return Finding("note", "The codebook still grows", text, "", "histogram")


def _churn(run: RunReading) -> Finding | None:
    """The same codes reseeded again and again."""
    count, again = sum(one.count for one in run.reseeds), sum(one.again for one in run.reseeds)
    if again < run.ease * CHURN * run.k * max(1.0, run.window / RECENT):
        return None
    checks = len(run.reseeds)
    fair = run.now.batch_size / run.k
    low = run.settings is not None and run.settings.threshold <= fair / 4
    text = (
        f"{count_of(count, 'reseed')} in the last {count_of(run.window, 'step')}, {again:,} of them of codes reseeded "
        f"before; {count / checks / run.k:.0%} of {count_of(run.k, 'code')} at each of {count_of(checks, 'check')} "
        f"that reseeded. A fair share is N/K = {fair:.2g} tokens a step."
    )
    return Finding(
        "bad",
        "The same codes are reseeded again and again",
        text,
        run.advise("churn_below" if low else "churn"),
        "events",
    )


def _jump_back(run: RunReading) -> Finding | None:
    """Reseeded codes that are soon where they were."""
    steps = np.array([frame.step for frame in run.kept])
    ways, later = [], 0
    for event in run.recent[-300:]:
        before, after = np.searchsorted(steps, event.step) - 1, np.searchsorted(steps, event.step, side="right")
        if before < 0 or after >= len(steps):
            continue
        was, now = (run.kept[i].levels[run.number].vectors[event.code] for i in (before, after))
        ways.append(float(np.linalg.norm(now - was)) / max(1e-9, run.spread))
        later = max(later, int(steps[after]) - event.step)
    near = sum(way < BACK for way in ways)
    if len(ways) < run.ease * 20 or near < run.ease * 0.6 * len(ways):
        return None
    text = (
        f"Of {count_of(sum(one.count for one in run.reseeds), 'reseed')} in the last {count_of(run.window, 'step')} "
        f"{len(ways)} were looked at; after {near} of these the code was within {BACK:g} spreads of the latents of "
        f"where it had died, at most {count_of(later, 'step')} later."
    )
    return Finding("bad", "Reseeded codes jump back", text, run.advise("jump_back"), "plane")


def _trails(run: RunReading) -> Finding | None:
    """Codes that do not keep up with latents that move, by one rule or the other."""
    if found := trailing(run):
        return Finding("bad", found.title, found.text, run.advise(found.ailment), found.figure)
    return None


def _frozen(run: RunReading) -> Finding | None:
    """Latents that hardly moved while the reconstruction is poor."""
    if not 0 < run.latents_moved < FROZEN / run.ease or not run.unfaithful or run.now.step < SETTLED or run.still_falls:
        return None
    text = (
        f"Latents moved {run.latents_moved:.1f} of their first length in {run.now.step:,} steps, and the "
        f"outputs still miss {run.unfaithful:.0%} of the inputs' variance in training ({run.missed_over()})."
    )
    return Finding("bad", "The encoder hardly moves", text, run.advise("frozen"), "curves")


def _alike(run: RunReading) -> Finding | None:
    """Codes in use that lie on each other."""
    alike, looked = run.alike
    if not alike or alike < run.ease * 0.25 * looked:
        return None
    text = (
        f"{alike} of {looked} codes in use lie on another: nearer than {DUPLICATE:.0%} of the typical distance of a "
        f"latent to its code, and than {CLOSE:.0%} of the median distance between codes. Perplexity "
        f"{run.perplexity:.1f} of {run.k} {run.counted} counts them as if they differed."
    )
    level = "bad" if alike >= run.ease * 0.5 * looked else "warning"
    return Finding(level, "Near-duplicate codes", text, run.advise("alike"), "plane")


def _unfaithful(run: RunReading) -> Finding | None:
    """Usage that looks well beside a reconstruction that is not."""
    if not run.unfaithful or run.perplexity < run.ease * 0.5 * run.ceiling or run.now.step < SETTLED or run.still_falls:
        return None
    text = (
        f"Perplexity {run.perplexity:.1f} of at most {run.ceiling} {run.counted} could leave as little as "
        f"{run.bound:.1%} of the inputs' variance, and yet outputs miss {run.unfaithful:.0%} in training "
        f"({run.missed_over()}): codes are used, but say little."
    )
    return Finding("bad", "Usage without fidelity", text, run.advise("unfaithful"), "curves")


def _blind(run: RunReading) -> Finding | None:
    """Pictures that come out no better than the mean of all would; their fidelity is not bound by a perplexity."""
    pictures = run.now.inputs is not None and run.now.inputs.ndim > 2
    if not pictures or run.now.step < SEES_BY or not len(run.curves.series("missed")[1]):
        return None
    if run.missed_lately < run.ease**0.1 * BLIND:
        return None
    text = (
        f"Outputs miss {run.missed_lately:.1%} of the inputs' variance in training ({run.missed_over()}); the mean of "
        "all inputs in the place of each would miss 100%."
    )
    return Finding("warning", "Outputs say no more than the mean picture", text, run.advise("frozen"), "pictures")


def _mismatched(run: RunReading) -> Finding | None:
    """A decoder that was trained on mixtures of codes, or on noise."""
    text = mismatch(run)
    return text and Finding("bad", "Trained on what no code gives", text, run.advise("mismatch"), "curves")


def _reached(run: RunReading) -> tuple[int, float | None]:
    """(codes, what k-means with them leaves): with as many as the run has, or with fewer if the latents shown are too
    few for that, which asks less of the run; None where nothing can be fitted."""
    if run.reference is not None:
        return run.k, run.reference
    return run.most_fitted, run.reference_of_fewer


def _recovered(run: RunReading, bar: float) -> bool:
    """Whether the error at this moment is clearly below a bar, whatever it was lately."""
    return run.held_out_error < RECOVERED * bar


def _blunt(run: RunReading) -> Finding | None:
    """Codes that leave far more of the latents than k-means with as many codes does, and no longer get better."""
    codes, least = _reached(run)
    if run.now.step < SETTLED or least is None:
        return None
    now, bar = run.lately, run.ease * max(BLUNT, BLUNTER * least)
    if now < bar or _recovered(run, max(BLUNT, BLUNTER * least)) or run.falls(run.ease):
        return None
    number = (
        f"as many codes ({run.k})" if codes == run.k else f"only {count_of(codes, 'code')} (of {run.k} none was fitted)"
    )
    lately = f"{of_variance(run.lately)} (median over the last {count_of(run.window, 'step')})"
    left = of_variance(run.error) if run.error >= bar else lately
    text = f"The codes leave {left}{run.where}; k-means with {number} leaves {least:.1%} ({HALVES})."
    level = "bad" if now >= run.ease * BLUNT_BAD else "warning"
    worsened = run.lately > WORSENED * run.relative.min()
    ailment = cause(run) or ("worsened" if worsened else "blunt")
    pressed = run.advise("pressed") if run.settings else ""
    advice = pressed or (LET_GO if ailment == COMING else run.advise(ailment))
    return Finding(level, "Codes fit the latents badly", text, advice, "plane")


def _not_yet(run: RunReading) -> Finding | None:
    """Codes that leave as much as that, in a run that is too young to tell or gets better."""
    codes, least = _reached(run)
    young = run.now.step < SETTLED  # its last steps are its first, when codes that start on latents fit them
    now = run.held_out_error if young else run.lately
    at_least, times = (UNFIT, UNFITTER) if young else (BLUNT, BLUNTER)
    bar = max(at_least, times * (least or 0))
    if least is None or now < run.ease * bar or not (young or run.falls(1 / run.ease)) or _recovered(run, bar):
        return None
    text = (
        f"The codes leave {of_variance(run.error)}{run.where}, and k-means with {count_of(codes, 'code')} "
        f"{least:.1%} ({HALVES}). {'The run is young' if young else 'It falls'}: let it go "
        "on before it is judged."
    )
    return Finding("note", "Codes do not fit the latents yet", text, "", "plane")


def _coarse(run: RunReading) -> Finding | None:
    """So few codes that even the best of them say little."""
    if run.reference is None or run.reference < run.ease * COARSE:
        return None
    codes = f"{count_of(run.k, 'code')} {verb(run.k, 'leave')}"
    left, least = min(1.0, run.held_out_error), min(1.0, run.reference)
    text = (
        f"{codes} {left:.0%} of the latents' variance{run.where}, and k-means with as many leaves {least:.0%} "
        f"({HALVES}): more cannot be said with so few."
    )
    return Finding("warning", "Too few codes to say much", text, run.advise("coarse"), "plane")


def _skewed(run: RunReading) -> Finding | None:
    """Codes that are all in use, but a few of which take far more than with k-means."""
    if run.now.step < SETTLED or run.dead >= DEAD_WARN / run.ease or run.evenness is None:
        return None
    own, reached = run.evenness
    bar = SKEWED / run.ease
    if own >= bar * reached or run.perplexity >= bar * min(reached, run.ceiling):
        return None  # codes that are sampled in training may be even there, and the nearest of them not
    text = (
        f"On the latents shown the codes reach a perplexity of {own:.1f}{run.where} (median over the last "
        f"{count_of(run.window, 'step')}), and k-means with as many codes {reached:.1f}: a few codes take most of them."
    )
    return Finding("warning", "A few codes take most latents", text, run.advise("skewed"), "histogram")


def _no_good_fit(run: RunReading) -> Finding | None:
    """Codes that leave more than they need to, and less than what is called bad."""
    _, least = _reached(run)
    now, bar = run.lately, max(BLUNT, COARSER * (least or 0))
    if least is None or now < run.ease * bar or _recovered(run, bar):
        return None
    times = f"That is {now / least:.1f} times what k-means leaves"
    bar = f"{'under' if now < BLUNTER * least else 'about'} the bar of {BLUNTER:.0f}"
    text = f"{_in_use(run)} {times}: {bar}, but no good fit."
    return Finding("good", "Nothing is broken, but the codes fit coarsely", text, "", "plane")


def _no_alarm(levels: Sequence[RunReading]) -> Finding:
    text = _in_use(levels[0])
    for run in sorted(levels[1:], key=lambda one: one.number):
        least = "" if run.reference is None else f", k-means with as many {run.reference:.1%}"
        text += f" Level {run.number + 1}: {run.live} of {run.k} in use, error {of_variance(run.error)}{least}."
    return Finding("good", "Nothing wrong is measured", text, "", "histogram")


def _in_use(run: RunReading) -> str:
    """How codes are used and how they fit, of a run of which nothing worse is to be said."""
    codes, least = _reached(run)
    compared = "not compared with k-means" if least is None else f"k-means with {count_of(codes, 'code')}: {least:.1%}"
    if least is not None and codes < run.k:
        compared += ", the most that the latents shown allow"
    if run.evenness is not None:
        compared += f" at perplexity {run.evenness[1]:.0f}"
    if least is not None:
        compared += f", {HALVES}"
    return (
        f"{run.live} of {count_of(run.k, 'code')} in use{run.where} at step {run.now.step:,}: chosen in "
        f"{window_of(run)}; perplexity {run.perplexity:.1f} of at most {run.ceiling} {run.counted}; quantization error "
        f"{of_variance(run.error)} ({compared})."
    )


CHECKS = (
    dead,
    slid,
    far,
    _churn,
    _jump_back,
    _trails,
    _frozen,
    embedding_collapse,
    _alike,
    _unfaithful,
    _blind,
    _mismatched,
    _blunt,
    _skewed,
    _coarse,
)
OF_THE_RUN = (_frozen, _unfaithful, _blind, _mismatched)  # not of a level
WHILE_IT_GROWS = (dead, far, _churn, _jump_back, _growing)
