"""Diagnosis of a training run in words: from what was measured, never from the settings. Each finding says what to try.

It reads the three stores of a run (see `explorer.lab.history`): curves with `series(name)`, frames with `after(step)`,
events with `since(step)`. Shares and ratios that decide are named at the top; they were set by runs that are known to
be broken or well (`tests/analysis/test_lab_diagnosis.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from explorer.frame import DEAD, LIVE, Frame, FrameEvent, FrameLevel

EARLY = 60  # steps before which nothing is said: a run that starts looks like one that fails
DEAD_BAD, DEAD_WARN = 0.5, 0.1  # share of K
RECENT = 200  # steps over which reseeds are counted
CHURN = 0.5  # reseeds again in RECENT steps, as a share of K
BACK = 0.35  # a reseeded code is back when it is this close to where it was, in spreads of the latents
FAR = 1.4  # codes are far when their nearest latent is this many spreads away
DUPLICATE = 0.005  # two codes are alike when closer than this share of the median distance between codes
STILL = 0.03  # codes stand still when they moved less than this share of the latents' spread
UNFAITHFUL = 0.1  # reconstruction error as a share of the variance of the inputs
MANY = 1024  # codes among which pairs are looked at


@dataclass(frozen=True)
class Finding:
    """level: "bad", "warn" or "good". figure that shows it: plane, heatmap, histogram, curves, pictures or events."""

    level: str
    title: str
    text: str
    advice: str
    figure: str


def diagnose(curves: Any, frames: Any, events: Any, settings: Any = None) -> tuple[Finding, ...]:
    """Findings on a run, worst first; none in its first steps. `settings` are not looked at."""
    kept = frames.after(-1)
    if not kept or kept[-1].step < EARLY:
        return ()
    run = _Run(kept, curves, events)
    found = [finding for check in CHECKS if (finding := check(run)) is not None]
    if not any(finding.level == "bad" for finding in found):
        found += [_healthy(run)] if not found else []
    rank = {"bad": 0, "warn": 1, "good": 2}
    return tuple(sorted(found, key=lambda finding: rank[finding.level]))


class _Run:
    """What the checks share: the newest frame, its worst level, and sizes of things."""

    def __init__(self, kept: Sequence[Frame], curves: Any, events: Any) -> None:
        self.kept, self.curves, self.events = kept, curves, events
        self.first, self.now = kept[0], kept[-1]
        dead = [level.dead / level.codebook_size for level in self.now.levels]
        self.number = int(np.argmax(dead))
        self.dead = dead[self.number]
        self.level: FrameLevel = self.now.levels[self.number]
        self.k = self.level.codebook_size
        self.ceiling = min(self.k, self.now.batch_size)

    @property
    def where(self) -> str:
        return f" on level {self.number + 1}" if len(self.now.levels) > 1 else ""

    @cached_property
    def perplexity(self) -> float:
        """Of a batch, mean of the newest rows; of the latents shown where the curves have none."""
        _, values = self.curves.series(f"perplexity_{self.number}")
        if len(values):
            return float(values[-20:].mean())
        p = np.bincount(self.level.indices, minlength=self.k) / max(1, len(self.level.indices))
        p = p[p > 0]
        return float(np.exp(-(p * np.log(p)).sum()))

    @cached_property
    def spread(self) -> float:
        """Root mean squared distance of the latents to their mean."""
        return _spread(self.level)

    @cached_property
    def recent(self) -> list[FrameEvent]:
        since = self.events.since(self.now.step - RECENT)
        return [event for event in since if event.level == self.number]

    @cached_property
    def relative(self) -> np.ndarray:
        """Quantization error of each kept frame as a share of the variance of its latents."""
        return np.array([_error(frame.levels[self.number]) for frame in self.kept])

    @cached_property
    def latents_moved(self) -> float:
        """How far the latents of the same inputs are from where they were at first, in lengths of a latent then."""
        before, now = self.first.levels[self.number].z_e, self.level.z_e
        if before.shape != now.shape:
            return float("nan")
        return float(np.linalg.norm(now - before, axis=1).mean() / max(1e-9, np.linalg.norm(before, axis=1).mean()))

    @cached_property
    def growth(self) -> float:
        """Length of a latent now against that of the first rows of the curves."""
        _, norms = self.curves.series("latent_norm")
        return float(norms[-5:].mean() / max(1e-9, norms[:5].mean())) if len(norms) > 10 else 1.0

    @cached_property
    def codes_moved(self) -> float:
        """Mean way of the codes now in use from where they were once the run had begun, in spreads of the latents."""
        start = next((frame for frame in self.kept if frame.step > 0), self.first).levels[self.number]
        used = np.unique(self.level.indices)
        way = np.linalg.norm(self.level.vectors[used] - start.vectors[used], axis=1)
        return float(way.mean() / max(1e-9, self.spread))

    @cached_property
    def unfaithful(self) -> float:
        """Reconstruction error as a share of the variance of the inputs; NaN where there is nothing to compare."""
        if self.now.inputs is None or self.now.outputs is None:
            return float("nan")
        inputs, outputs = self.now.inputs.astype(np.float64), self.now.outputs.astype(np.float64)
        return float(np.square(inputs - outputs).mean() / max(1e-12, np.square(inputs - inputs.mean(0)).mean()))

    def seen(self) -> str:
        return f"after {self.now.step:,} steps over {_short(self.now.latents_seen)} latents"


def _spread(level: FrameLevel) -> float:
    return float(np.sqrt(np.square(level.z_e - level.z_e.mean(0)).sum(-1).mean()))


def _error(level: FrameLevel) -> float:
    error = np.square(level.z_e - level.vectors[level.indices]).sum(-1).mean()
    return float(error / max(1e-12, _spread(level) ** 2))


def _short(number: float) -> str:
    """1,000,000 as "1.0 M"."""
    return f"{number / 1e6:.1f} M" if number >= 1e6 else f"{number:,.0f}"


def _dead(run: _Run) -> Finding | None:
    """Dead codes, with what was counted."""
    if run.dead < DEAD_WARN:
        return None
    count, bits = run.level.dead, np.log2(max(1.0, run.perplexity))
    text = (
        f"{count} of {run.k} codes dead{run.where} {run.seen()}; perplexity {run.perplexity:.0f} of at most "
        f"{run.ceiling} in a batch, so {bits:.1f} of {np.log2(run.k):.1f} bits are used."
    )
    none = run.events.total == 0
    advice = (
        "No code was ever reseeded: choose a reseeding strategy." if none else "Let reseeding go on, or check oftener."
    )
    return Finding("bad" if run.dead >= DEAD_BAD else "warn", f"{count} of {run.k} codes dead", text, advice, "heatmap")


def _far(run: _Run) -> Finding | None:
    """Dead codes that no latent is near."""
    dead = run.level.vectors[run.level.state == DEAD][:MANY]
    if run.level.metric != "euclidean" or len(dead) < 0.25 * run.k:
        return None
    away = float(np.median(_nearest(dead, run.level.z_e[:512])) / max(1e-9, run.spread))
    if away < FAR:
        return None
    text = f"The {len(dead)} dead codes lie {away:.1f} spreads of the latents away from the nearest latent (median)."
    return Finding(
        "bad", "Codes far from all latents", text, "Reseed onto latents, or start on them (k-means).", "plane"
    )


def _churn(run: _Run) -> Finding | None:
    """The same codes reseeded again and again."""
    again = sum(event.died_again for event in run.recent)
    if again < CHURN * run.k:
        return None
    checks = len({event.step for event in run.recent})
    share = len(run.recent) / checks / run.k
    fair = run.now.batch_size / run.k
    text = (
        f"{len(run.recent):,} reseeds in the last {min(RECENT, run.now.step)} steps, {again:,} of them of codes "
        f"reseeded before; {share:.0%} of {run.k} codes at each of {checks} checks that reseeded. A fair share is "
        f"N/K = {fair:.2g} tokens a step."
    )
    advice = "Set the threshold well under N/K, check less often, and give reseeded codes fresh statistics."
    return Finding("bad", "The same codes are reseeded again and again", text, advice, "events")


def _jump_back(run: _Run) -> Finding | None:
    """Reseeded codes that are soon where they were."""
    steps = np.array([frame.step for frame in run.kept])
    ways = []
    for event in run.recent[-300:]:
        before, after = np.searchsorted(steps, event.step) - 1, np.searchsorted(steps, event.step, side="right")
        if before < 0 or after >= len(steps):
            continue
        was, now = (run.kept[i].levels[run.number].vectors[event.code] for i in (before, after))
        ways.append(float(np.linalg.norm(now - was)) / max(1e-9, run.spread))
    near = sum(way < BACK for way in ways)
    if len(ways) < 20 or near < 0.6 * len(ways):
        return None
    text = (
        f"{near} of {len(ways)} reseeded codes were soon within {BACK:g} spreads of the latents of where they had died."
    )
    advice = "The EMA sum and count pull them back: give reseeded codes fresh statistics."
    return Finding("bad", "Reseeded codes jump back", text, advice, "plane")


def _left_behind(run: _Run) -> Finding | None:
    """Latents that moved on without the codes: whose fault it is shows in whether the codes move at all."""
    error = float(np.median(run.relative[-5:]))
    if run.growth < 3 or error < 0.25 or run.level.metric != "euclidean":
        return None
    lag = f"the quantization error is {error:.0%} of the latents' variance"
    if run.codes_moved < STILL:
        text = f"Latents grew {run.growth:.1f}x while the codes in use stood still; {lag}."
        return Finding("bad", "The codebook stands still", text, "Raise the codebook learning rate.", "plane")
    text = f"The latent norm grew {run.growth:.1f}x and the codes could not follow; {lag}."
    return Finding("bad", "The latents run away", text, "Raise the commitment weight beta.", "curves")


def _lags(run: _Run) -> Finding | None:
    """A codebook that served well and then did not, with its codes alive: it follows too slowly."""
    served, now = float(run.relative.min()), float(np.median(run.relative[-5:]))
    moving = run.latents_moved > 0.05
    if run.dead >= DEAD_BAD or not moving or now < 0.03 or now < 3 * served:
        return None
    text = f"The quantization error was {served:.1%} of the latents' variance and is {now:.1%}: codes trail behind."
    return Finding("bad", "The codebook lags behind", text, "Lower the decay, or raise the codebook's rate.", "plane")


def _frozen(run: _Run) -> Finding | None:
    """Latents that hardly moved while the reconstruction is poor."""
    if not 0 < run.latents_moved < 1 or not run.unfaithful > UNFAITHFUL / 2 or run.now.step < 150:
        return None
    text = (
        f"Latents moved {run.latents_moved:.1f} of their first length in {run.now.step:,} steps, and the "
        f"reconstruction still misses {run.unfaithful:.0%} of the inputs' variance."
    )
    return Finding("bad", "The encoder is frozen", text, "Lower the commitment weight beta.", "curves")


def _alike(run: _Run) -> Finding | None:
    """Codes in use that lie on each other."""
    live = run.level.vectors[run.level.state == LIVE][:MANY]
    if run.level.metric == "implicit" or len(live) < 8:
        return None
    distance = _distances(live, live)
    scale = float(np.median(distance[np.triu_indices(len(live), 1)]))
    np.fill_diagonal(distance, np.inf)
    alike = int((distance.min(1) < DUPLICATE * scale).sum())
    if alike < 0.25 * len(live):
        return None
    text = f"{alike} of {len(live)} codes in use are closer to another than {DUPLICATE:.1%} of the median distance."
    level = "bad" if alike >= 0.5 * len(live) else "warn"
    return Finding(
        level, "Near-duplicate codes", text, "Reseed on latents, with more noise, or let codes move.", "plane"
    )


def _unfaithful(run: _Run) -> Finding | None:
    """Usage that looks well beside a reconstruction that is not."""
    if not run.unfaithful > UNFAITHFUL or run.perplexity < 0.25 * run.ceiling:
        return None
    text = (
        f"Perplexity {run.perplexity:.0f} of at most {run.ceiling}, and yet the reconstruction misses "
        f"{run.unfaithful:.0%} of the inputs' variance: codes are used, but say little."
    )
    return Finding("warn", "Usage without fidelity", text, "Lower the weight that forces usage.", "pictures")


def _healthy(run: _Run) -> Finding:
    text = (
        f"{run.k - run.level.dead} of {run.k} codes in use {run.seen()}; perplexity {run.perplexity:.0f} of at most "
        f"{run.ceiling} in a batch; quantization error {run.relative[-1]:.1%} of the latents' variance."
    )
    return Finding("good", "Nothing wrong is measured", text, "", "histogram")


CHECKS = (_dead, _far, _churn, _jump_back, _left_behind, _lags, _frozen, _alike, _unfaithful)


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, D), (m, D) -> (n, m) Euclidean distances."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    squared = np.square(a).sum(1)[:, None] + np.square(b).sum(1)[None] - 2 * a @ b.T
    return np.sqrt(np.maximum(squared, 0))


def _nearest(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, D), (m, D) -> (n,) distance of each of a to the nearest of b."""
    return _distances(a, b).min(1)
