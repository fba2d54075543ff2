"""What a preset shows at a moment of its run: whether its fault is plain, and a sentence with numbers of that run.

Numbers of the run itself, read from its frame, curves and events; `Sign` says which of them decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from explorer.analysis.lab.distances import sums_of
from explorer.analysis.lab.finding import Finding
from explorer.analysis.lab.hysteresis import hold
from explorer.analysis.lab.reading import EARLY, RunReading
from explorer.analysis.lab.thresholds import DEAD_WARN
from explorer.foundation.words import count_of, is_are
from explorer.joints.frame import DEAD
from explorer.lab.preset import Preset

ARRIVED = 0.25  # spreads of the latents: nearer to the middle of its latents than that, a code has come to them
MOST_DIGITS = 12  # more say nothing of numbers that were computed in float32


@dataclass(frozen=True)
class Moment:
    """state: "before" (not plain yet), "plain", "faded", "mending" or "mended"; text: what to look at."""

    step: int
    state: str
    text: str


@dataclass(frozen=True)
class Measure:
    """value: of a run at a moment. written: that value as people read it, with so many digits more than it needs.
    means: in words, where it stands alone, with places for other numbers of the run."""

    value: Callable[[RunReading], float]
    written: Callable[[float, int], str]
    means: str = ""


def _percent(share: float, more: int = 0) -> str:
    """With so many digits that a small share can be told from one of half its size."""
    digits = 2 if 0 < abs(share) < 0.01 else 1 if abs(share) < 0.1 else 0
    return f"{share:.{digits + more}%}"


def _whole(number: float, more: int = 0) -> str:
    return f"{number:,.{more}f}"


def _short(number: float, more: int = 0) -> str:
    return f"{number:,.{(0 if abs(number) >= 10 else 1) + more}f}"


def _length(number: float, more: int = 0) -> str:
    """As _short, with a digit more of what is less than 1: codes that have shrunk are not yet at 0."""
    return _short(number, more + (abs(number) < 1))


def beside_bar(value: float, bar: float, written: Callable[[float, int], str]) -> str:
    """A value with so many digits that it does not read like a bar which it is not at."""
    for more in range(MOST_DIGITS):
        if written(value, more) != written(bar, more):
            return written(value, more)
    return written(value, 0)


def _reseeds(run: RunReading) -> float:
    return float(sum(one.count for one in run.reseeds))


def _norm(rows: np.ndarray) -> float:
    return float(np.linalg.norm(rows, axis=1).mean()) if len(rows) else 0.0


def _alike_share(run: RunReading) -> float:
    alike, looked = run.alike
    return alike / looked if looked else 0.0


def _beside_latents(run: RunReading) -> float:
    """Mean distance of a code to the middle of the latents shown that it is chosen for, each of these counted, in
    spreads of all of them."""
    z, indices = run.level.z_e.astype(np.float64), run.level.indices
    counts = np.bincount(indices, minlength=run.k)
    middles = sums_of(indices, z, run.k) / np.maximum(1, counts)[:, None]
    away = np.linalg.norm(run.level.vectors - middles, axis=1)
    return float(away @ counts / len(z) / max(1e-9, run.spread))


def _arrival(away: float, more: int = 0) -> str:
    if away < ARRIVED:
        return "have come to the data"
    return f"are on their way to the data, {_short(away, more)} spreads from the middle of the latents that they win"


def _slid_of_them(count: float, _: int = 0) -> str:
    return f", {count:,.0f} of them at the origin" if count else ""


MEASURES: Mapping[str, Measure] = {
    "step": Measure(lambda run: run.now.step, _whole),
    "k": Measure(lambda run: run.k, _whole),
    "dead": Measure(lambda run: run.level.dead, _whole),
    "live": Measure(lambda run: run.live, _whole),
    "dead_share": Measure(lambda run: run.level.dead / run.k, _percent, "of the codes dead"),
    "slid": Measure(lambda run: run.dead_codes.slid, _whole),
    "slid_of_them": Measure(lambda run: run.dead_codes.slid, _slid_of_them),
    "slid_share": Measure(lambda run: run.dead_codes.slid / run.k, _percent, "of the codes dead at the origin"),
    "away": Measure(lambda run: run.dead_codes.away, _short),
    "arrival": Measure(_beside_latents, _arrival),
    "perplexity": Measure(lambda run: run.perplexity, _short),
    "ceiling": Measure(lambda run: run.ceiling, _whole),
    "error": Measure(lambda run: run.error, _percent, "of the latents' variance is left by the codes"),
    "best": Measure(lambda run: run.reference if run.reference is not None else float("nan"), _percent),
    "missed": Measure(
        lambda run: run.missed_lately, _percent, "of the inputs' variance is missed by the outputs ({trained})"
    ),
    "latent_norm": Measure(lambda run: _norm(run.level.z_e), _short, "mean length of a latent"),
    "first_norm": Measure(lambda run: _norm(run.first.levels[run.number].z_e), _length),
    "code_norm": Measure(lambda run: _norm(run.level.vectors), _short),
    "dead_norm": Measure(lambda run: _norm(run.level.vectors[run.level.state == DEAD]), _length),
    "alike": Measure(lambda run: run.alike[0], _whole),
    "alike_share": Measure(_alike_share, _percent, "of the codes in use lie on another"),
    "reseeds": Measure(_reseeds, _whole),
    "reseeds_a_code": Measure(lambda run: _reseeds(run) / run.k, _short, "reseeds a code in {window} steps"),
    "window": Measure(lambda run: run.window, _whole),
    "checks": Measure(lambda run: len(run.reseeds), lambda count, _: count_of(int(count), "check")),
}


WINDOWS: Mapping[str, Callable[[RunReading], str]] = {  # over which steps the perplexity is taken, and what is missed
    "batches": lambda run: run.batches,
    "trained": lambda run: run.missed_over(),
}


class _Numbers(dict):
    """The numbers of a run by name, written, and the windows in words; each is made when a sentence asks for it."""

    def __init__(self, run: RunReading) -> None:
        super().__init__()
        self._run = run

    def __missing__(self, name: str) -> str:
        if name in WINDOWS:
            self[name] = WINDOWS[name](self._run)
        else:
            self[name] = MEASURES[name].written(MEASURES[name].value(self._run), 0)
        return self[name]


def moment_of(preset: Preset, run: RunReading, mended: bool) -> Moment:
    """What the preset shows at the step of `run`."""
    sign, numbers = preset.sign, _Numbers(run)
    measure, step = MEASURES[sign.measure], run.now.step
    if mended and hold(lambda one: int(not _unmet(preset, one)), run, at_once=True).level:
        return Moment(step, "mended", preset.mend.now.format_map(numbers) + _dead_beside(preset, run, numbers))
    if mended:
        return Moment(step, "mending", _how_far(_unmet(preset, run) or _bars(preset), run, numbers))
    plain = hold(lambda one: int(measure.value(one) >= one.ease * sign.broken), run, at_once=True).level
    if plain and step >= EARLY:
        return Moment(step, "plain", preset.now.format_map(numbers))
    measured = f"{numbers[sign.measure]} {measure.means.format_map(numbers)}"
    if step < preset.pause_at:
        return Moment(step, "before", f"Not plain yet: {measured}. The run pauses itself at step {preset.pause_at:,}.")
    if preset.fades:
        return Moment(step, "faded", preset.fades.format_map(numbers))
    return Moment(step, "faded", f"{'No longer' if _was_plain(preset, run) else 'Not'} plain at this step: {measured}.")


def _bars(preset: Preset) -> list[tuple[Measure, float]]:
    """What has to be at its bar or below in a run that counts as mended."""
    bars = [(MEASURES[preset.sign.measure], preset.sign.mended)]
    return [*bars, (MEASURES["dead_share"], preset.mend.dead_share)] if preset.mend.dead_share < 1 else bars


def _unmet(preset: Preset, run: RunReading) -> list[tuple[Measure, float]]:
    """Those of them that a run is above yet."""
    return [(measure, bar) for measure, bar in _bars(preset) if measure.value(run) > bar / run.ease]


def _how_far(bars: list[tuple[Measure, float]], run: RunReading, numbers: Mapping[str, str]) -> str:
    """How far from the first of these bars a run is that is being mended."""
    measure, bar = bars[0]
    now, means = beside_bar(measure.value(run), bar, measure.written), measure.means.format_map(numbers)
    return f"The mend acts: {now} {means} now; it counts as mended at {measure.written(bar, 0)} and below."


def _dead_beside(preset: Preset, run: RunReading, numbers: Mapping[str, str]) -> str:
    """What the diagnosis will name beside a mend that is about something else."""
    count, why = run.level.dead, preset.mend.dead
    if not count or "{live}" in preset.mend.now or (run.dead < DEAD_WARN and not why):
        return ""
    return f" {count} of {numbers['k']} codes {is_are(count)} dead at this step{': ' * bool(why)}{why}."


def _was_plain(preset: Preset, run: RunReading) -> bool:
    """Whether the fault was plain at some earlier moment that was looked at."""
    measure = MEASURES[preset.sign.measure].value
    return any(measure(earlier) >= preset.sign.broken for earlier in run.earlier(EARLY))


def beside(found: tuple[Finding, ...], preset: Preset, moment: Moment) -> tuple[Finding, ...]:
    """The findings on a run that is broken on purpose, or whose mend still acts: that no measure raises an alarm is no
    good news there."""
    if moment.state == "mended" or not found or any(finding.level != "good" for finding in found):
        return found
    title = "Not mended yet" if moment.state == "mending" else "Broken on purpose"
    text = " ".join(finding.text for finding in found)
    return (Finding("warning", title, f"{preset.title}: no measure raises an alarm at this step. {text}", "", "plane"),)
