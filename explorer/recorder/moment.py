"""From what was counted on the device to a Frame: measures, states, events. numpy and torch on the CPU, in the
recorder's own thread.

Drift, lag and effective dimension are those of `explorer.lab.dynamics`, and measures have the names of
`explorer.lab.measures`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from explorer.joints.files.recording import RecordLevel, Reseeds
from explorer.joints.frame import DEAD, LIVE, UNSEEN, Frame, FrameLevel
from explorer.joints.measures.usage import usage_of_counts
from explorer.lab.dynamics import effective_dimension, mean_lag, speaks_of_now, spread_of
from explorer.quantizers.nearest import nearest_code

WINDOW_LATENTS, WINDOW_STEPS = 8, 20  # a code is dead when it was not chosen among so many latents a code, and steps
JUMP = 0.5  # of the latents' spread: a code that won nothing and moved further was put somewhere ...
JUMP_TIMES = 8  # ... and so many times further than codes do in the middle
KEPT_NUMBERS = 2**22  # of a table: of a larger one only a sample of the codes is kept
KEPT_CODES = 16_384


@dataclass(frozen=True)
class LevelMoment:
    """One level at a record, on the host. vectors (K, d), None of a rule; won (K, d) or None; others as in Snapshot.
    reseeds: what the library told since the record before; None where it tells nothing."""

    level: RecordLevel
    vectors: np.ndarray | None
    counts: np.ndarray
    last: np.ndarray
    looked: np.ndarray
    won: np.ndarray | None
    seen: np.ndarray
    latents: np.ndarray
    indices: np.ndarray
    lost: int
    reseeds: Sequence[Reseeds] | None


@dataclass(frozen=True)
class Moment:
    """A record before it is measured. steps: since the record before, or since this process began; measures: those that
    were taken on the device."""

    step: int
    steps: int
    levels: tuple[LevelMoment, ...]
    losses: Mapping[str, float]
    measures: Mapping[str, float]
    seconds: float


@dataclass
class LevelHistory:
    """What the next record needs of a level: totals, last (K,) as a recording has them; reseeds (K,) how often each
    code was reseeded, and put (K,) at which step last, -1 never; before: codes (K, d) and tokens (K,) of the record
    before; kept: which codes are shown, None: all."""

    totals: np.ndarray
    last: np.ndarray
    reseeds: np.ndarray
    put: np.ndarray
    vectors: np.ndarray | None = None
    counts: np.ndarray | None = None
    kept: np.ndarray | None = None

    def resize(self, codes: int) -> None:
        """Codes keep their numbers; new ones begin without a token."""
        both = min(codes, len(self.totals))
        for name, value in (("totals", 0), ("last", -1), ("reseeds", 0), ("put", -1)):
            grown = np.full(codes, value, np.int64)
            grown[:both] = getattr(self, name)[:both]
            setattr(self, name, grown)
        self.vectors = self.counts = None


@dataclass
class History:
    """Of all levels; seen: latents of the first level since the start."""

    levels: list[LevelHistory] = field(default_factory=list)
    seen: int = 0


def kept_codes(level: RecordLevel) -> int | None:
    """How many codes' vectors are kept, None for all."""
    too_many = level.codebook_size * level.codebook_dim > KEPT_NUMBERS and level.codebook_size > KEPT_CODES
    return KEPT_CODES if too_many else None


def begin_history(level: RecordLevel) -> LevelHistory:
    """Of a level without a record. The sample of codes follows from its size alone, so that a resumed run has the
    same."""
    k, kept = level.codebook_size, level.kept
    drawn = None if kept is None else np.sort(np.random.default_rng(0).choice(k, kept, replace=False)).astype(np.int32)
    none, never = np.zeros(k, np.int64), np.full(k, -1, np.int64)
    return LevelHistory(none, never, none.copy(), never.copy(), kept=drawn)


def make_record(moment: Moment, history: History) -> tuple[Frame, list[Reseeds]]:
    """The Frame and the reseeds of a record; the history goes on."""
    measures = dict(moment.measures)
    shown, events, errors = [], [], []
    tokens = int(moment.levels[0].counts.sum())
    history.seen += tokens
    for number, (one, past) in enumerate(zip(moment.levels, history.levels, strict=True)):
        if len(past.totals) != one.level.codebook_size:
            past.resize(one.level.codebook_size)
        past.totals += one.counts
        past.last = np.maximum(past.last, one.last)
        reseeds = list(one.reseeds if one.reseeds is not None else _jumps(one, past, moment.step, number))
        events += [_with_history(reseed, past) for reseed in reseeds]
        counted = int(one.counts.sum())
        window = window_of(one.level.codebook_size, counted / max(1, moment.steps))
        span = math.ceil(len(one.latents) * max(1, moment.steps) / max(1, counted))  # steps that the latents are of
        one = replace(one, indices=_chosen_now(one, past.put > moment.step - span), won=_won_since(one, past.put))
        level, state = _frame_level(one, past, moment.step, window)
        shown.append(level)
        measures |= {f"{name}_{number}": value for name, value in _measure(one, state, reseeds).items()}
        errors.append(_error(level))
        past.vectors, past.counts = one.vectors, one.counts
    measures |= _measure_first(moment.levels[0], shown[0])
    measures["quantization_error"] = _whole_error([one.level.name for one in moment.levels], errors)
    frame = Frame(
        step=moment.step,
        latents_seen=history.seen,
        batch_size=max(1, round(tokens / max(1, moment.steps))),
        levels=_of_equal_length(shown),
        losses=dict(moment.losses),
        measures=measures,
    )
    return frame, events


def merge_moments(earlier: Moment, later: Moment) -> Moment:
    """The later one, with the tokens, the steps and the reseeds of the earlier, which is not written."""
    if len(earlier.levels) != len(later.levels):
        return later
    levels = []
    for before, now in zip(earlier.levels, later.levels, strict=True):
        counts, both = now.counts.copy(), min(len(before.counts), len(now.counts))
        counts[:both] += before.counts[:both]
        told = now.reseeds if before.reseeds is None else [*before.reseeds, *(now.reseeds or ())]
        levels.append(replace(now, counts=counts, reseeds=told))
    return replace(later, steps=earlier.steps + later.steps, levels=tuple(levels))


def window_of(codes: int, tokens_a_step: float) -> int:
    """Steps after which a code that was not chosen is dead."""
    return max(WINDOW_STEPS, math.ceil(WINDOW_LATENTS * codes / max(1.0, tokens_a_step)))


def _with_history(reseed: Reseeds, past: LevelHistory) -> Reseeds:
    died = past.reseeds[reseed.codes] > 0
    past.reseeds[reseed.codes] += 1
    past.put[reseed.codes] = np.maximum(past.put[reseed.codes], reseed.step)
    return Reseeds(reseed.step, reseed.level, reseed.strategy, reseed.codes, died, reseed.sources)


def _jumps(one: LevelMoment, past: LevelHistory, step: int, number: int) -> list[Reseeds]:
    """Codes that won nothing between the last two records, and then were somewhere else."""
    if one.vectors is None or past.vectors is None or past.counts is None or past.vectors.shape != one.vectors.shape:
        return []
    with np.errstate(invalid="ignore"):
        way = np.linalg.norm(one.vectors.astype(np.float64) - past.vectors, axis=1)
    known = way[np.isfinite(way)]
    latents = one.latents[np.isfinite(one.latents).all(1)]
    if not len(known) or len(latents) < 2:
        return []
    spread = float(spread_of(torch.from_numpy(latents)))
    jumped = (past.counts == 0) & (way > JUMP * spread) & (way > JUMP_TIMES * np.median(known))
    codes = np.flatnonzero(jumped)
    return [Reseeds(step, number, "moved", codes, np.zeros(len(codes), bool), None)] if len(codes) else []


def _won_since(one: LevelMoment, put: np.ndarray) -> np.ndarray | None:
    """What each code won last, NaN where that was before it was put somewhere else, at the steps put (K,)."""
    if one.won is None:
        return None
    return np.where(speaks_of_now(one.seen, put), one.won.T, np.nan).T.astype(one.won.dtype, copy=False)


def _chosen_now(one: LevelMoment, put: np.ndarray) -> np.ndarray:
    """What the latents chose, (n,); those whose code was put elsewhere since, put (K,), are with the nearest now: their
    distance to where that code is would be no error of the quantizer."""
    rows = np.isfinite(one.latents).all(1) & (one.indices < len(put))
    rows[rows] = put[one.indices[rows]]
    if one.vectors is None or one.level.metric == "implicit" or not rows.any():
        return one.indices
    indices = one.indices.copy()
    z, vectors = torch.from_numpy(one.latents[rows]), torch.from_numpy(one.vectors)
    indices[rows] = nearest_code(z, vectors, one.level.metric).numpy()
    return indices


def _frame_level(one: LevelMoment, past: LevelHistory, step: int, window: int) -> tuple[FrameLevel, np.ndarray]:
    """The level of a frame, and the states (K,) of all codes, whichever are shown."""
    silent = np.where(past.last < 0, step, step - past.last).clip(0, 2**31 - 1).astype(np.int32)
    state = np.full(len(silent), LIVE, np.uint8)
    state[silent >= window] = DEAD
    state[(past.last < 0) & (silent < window)] = UNSEEN
    here = np.isfinite(one.latents).all(1) & (one.indices < one.level.codebook_size)
    z, indices, kept = one.latents[here], one.indices[here], past.kept
    if kept is not None:
        found = np.searchsorted(kept, indices).clip(0, len(kept) - 1)
        of_sample = kept[found] == indices
        z, indices = z[of_sample], found[of_sample]
    rows = slice(None) if kept is None else kept
    if one.vectors is not None:
        vectors = one.vectors[rows]
    elif one.level.rule is not None:
        vectors = one.level.rule.rows(np.arange(len(silent))[rows])
    else:  # nobody told them
        vectors = np.full((len(silent[rows]), one.level.codebook_dim), np.nan, np.float32)
    level = FrameLevel(
        z_e=z,
        indices=indices.astype(np.int32),
        vectors=vectors,
        counts=one.counts[rows].astype(np.float32),
        silent=silent[rows],
        state=state[rows],
        metric=one.level.metric,
        window=window,
        won=None if one.won is None else one.won[rows],
        numbers=kept,
        whole=0 if kept is None else len(silent),
    )
    return level, state


def _measure(one: LevelMoment, state: np.ndarray, reseeds: Sequence[Reseeds]) -> dict[str, float]:
    values = {
        "tokens": float(one.counts.sum()),
        "perplexity_all": usage_of_counts(one.counts).perplexity if one.counts.any() else float("nan"),
        "perplexity": usage_of_counts(one.looked).perplexity if one.looked.any() else float("nan"),
        "dead": float((state == DEAD).mean()),
        "unseen": float((state == UNSEEN).mean()),
        "reseeded": float(sum(len(reseed.codes) for reseed in reseeds)),
        "latents_not_finite": float(one.lost),
    }
    if one.vectors is None:
        return values
    finite = np.isfinite(one.vectors).all(1)
    values["codes_not_finite"] = float((~finite).sum())
    codes, in_use = torch.from_numpy(one.vectors), torch.from_numpy((state == LIVE) & finite)
    codes = torch.where(in_use[:, None], codes, 0)
    values["code_dimension"] = float(effective_dimension(codes, in_use.float()))
    latents = torch.from_numpy(one.latents[np.isfinite(one.latents).all(1)])
    if one.won is not None and len(latents) > 1:
        won = torch.from_numpy(one.won)
        known = in_use & torch.isfinite(won).all(-1)
        values["lag"] = float(mean_lag(codes, torch.where(known[:, None], won, 0), known, spread_of(latents)))
    return values


def _measure_first(one: LevelMoment, shown: FrameLevel) -> dict[str, float]:
    """What the lab tells of latents and codes of the first level."""
    values = {}
    if len(shown.z_e):
        values["latent_norm"] = float(np.linalg.norm(shown.z_e, axis=1).mean())
        values["latent_dimension"] = float(effective_dimension(torch.from_numpy(shown.z_e)))
    vectors = shown.vectors[np.isfinite(shown.vectors).all(1)]
    if len(vectors):
        values["code_norm"] = float(np.linalg.norm(vectors, axis=1).mean())
    return values


def _error(level: FrameLevel) -> float:
    """Mean squared distance of the latents shown to their codes."""
    if not len(level.z_e):
        return float("nan")
    return float(np.square(level.z_e - level.vectors[level.indices]).sum(-1, dtype=np.float64).mean())


def _whole_error(names: Sequence[str], errors: Sequence[float]) -> float:
    """Of residual levels the last counts, of each group and each quantizer by itself; the sum of these."""
    last = {}
    for name, error in zip(names, errors, strict=True):
        group, _, rest = name.partition(", ") if ", " in name else (name, "", name)
        place = rest.partition(" of ")[2]
        last[(group if group.startswith("group") else "", place)] = error
    return float(sum(last.values()))


def _of_equal_length(levels: Sequence[FrameLevel]) -> tuple[FrameLevel, ...]:
    """All levels show as many latents, or none."""
    many = min((len(level.z_e) for level in levels if len(level.z_e)), default=0)
    return tuple(
        FrameLevel(**{**vars(level), "z_e": level.z_e[:many], "indices": level.indices[:many]}) for level in levels
    )
