"""An experiment read across media: one row for each medium and condition, and which failures are a medium's own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.analysis.severity import ALARMS, RANK
from explorer.foundation.words import count_of
from explorer.joints.experiment import Experiment, ExperimentRun
from explorer.joints.measures.dimension import effective_dimension
from explorer.media.medium import NOUNS

LEAST_SEEDS = 3  # of a condition: of 3 and 3 equal ones the ranges lie apart in 2 of 20 orders


@dataclass(frozen=True)
class Spread:
    """mean over the seeds, and the lowest and highest of them."""

    mean: float
    low: float
    high: float

    @property
    def told(self) -> bool:
        """Whether every seed has a finite number: an error is NaN where nothing varies in the held-out media."""
        return math.isfinite(self.low) and math.isfinite(self.high) and math.isfinite(self.mean)

    def meets(self, other: Spread) -> bool:
        """Whether some value lies in the ranges of both; ends count."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class MediumRow:
    """One medium under one condition. measures: name -> over the seeds, as `experiments/measure.py` names them, with
    "dimension" and "cost" besides. findings: of the first seed, the worst first. failures: kinds of findings that are
    broken or doubtful with every seed."""

    modality: str
    condition: str
    title: str
    quantized: bool
    measures: Mapping[str, Spread]
    findings: tuple[Mapping[str, object], ...]
    failures: tuple[str, ...]
    tokens: int
    codes: int  # of all levels


def rows_of(experiment: Experiment) -> tuple[MediumRow, ...]:
    """In the order of media, and within one of conditions."""
    return tuple(
        _row(experiment, modality, condition.id, condition.title, condition.quantized)
        for modality in experiment.modalities
        for condition in experiment.conditions
        if experiment.of(modality, condition.id)
    )


def _row(experiment: Experiment, modality: str, condition: str, title: str, quantized: bool) -> MediumRow:
    runs = experiment.of(modality, condition)
    ceilings = {
        one.seed: one for c in experiment.conditions if not c.quantized for one in experiment.of(modality, c.id)
    }
    found = [dict(run.measured) | {"dimension": dimension_of(run.measured)} for run in runs]
    for run, figures in zip(runs, found, strict=True):
        if quantized and run.seed in ceilings:
            figures["cost"] = run.measured["media_error"] - ceilings[run.seed].measured["media_error"]
    names = [name for name in found[0] if not name.startswith("axis_")]
    measures = {name: _spread([one[name] for one in found if name in one]) for name in names}
    findings = sorted(runs[0].findings, key=lambda one: RANK.get(str(one.get("level")), 1))
    return MediumRow(
        modality,
        condition,
        title,
        quantized,
        measures,
        tuple(findings),
        _always(runs),
        int(runs[0].measured.get("tokens", 0)),
        int(runs[0].measured.get("codes", len(runs[0].counts))),
    )


def _spread(values: Sequence[float]) -> Spread:
    return Spread(sum(values) / len(values), min(values), max(values))


def dimension_of(measured: Mapping[str, float]) -> float:
    """Effective dimension of the latents, of the variances along their axes that were measured."""
    return effective_dimension(np.array([value for name, value in measured.items() if name.startswith("axis_")]))


def _always(runs: Sequence[ExperimentRun]) -> tuple[str, ...]:
    """Kinds of broken or doubtful findings that every seed has, in the order of the first."""
    kinds = [[_kind(one) for one in run.findings if one.get("level") in ALARMS] for run in runs]
    return tuple(dict.fromkeys(kind for kind in kinds[0] if all(kind in other for other in kinds)))


def _kind(finding: Mapping[str, object]) -> str:
    """What it is about without figures; a kind of one word says too little by itself."""
    kind = str(finding.get("kind") or "")
    return kind if " " in kind else str(finding.get("title"))


def sentences(experiment: Experiment) -> tuple[str, ...]:
    """What the experiment says, one sentence a condition with a quantizer; each number with its denominator."""
    rows, said = rows_of(experiment), []
    seeds = count_of(len(experiment.seeds), "seed")
    for condition in experiment.conditions:
        of = [row for row in rows if row.condition == condition.id and row.quantized]
        if not of:
            continue
        used = ", ".join(f"{NOUNS[row.modality]} {_range(row.measures['used'])}" for row in of)
        said.append(f"{condition.title}: codes in use of {of[0].codes:,}, {used} ({seeds}).{_own(of)}")
    return tuple(said)


def extremes(experiment: Experiment) -> tuple[str, ...]:
    """Of an experiment on one medium: which loses least and most, and uses the largest and smallest share of its codes;
    none is named where the seeds do not tell it from the others. Nothing where no two are there to compare."""
    rows = [row for row in rows_of(experiment) if row.quantized]
    if len(rows) < 2:
        return ()
    counts = {len(experiment.of(row.modality, row.condition)) for row in rows}
    fewest, most = min(counts), max(counts)
    if fewest == 1:
        return ("One seed has no range, so it does not tell which loses or uses most.",)
    if fewest < LEAST_SEEDS:
        return (
            "Two seeds do not tell which loses or uses most: by chance alone the ranges of two equal conditions lie "
            "apart in one case of three.",
        )
    seeds = f"{most} seeds" if fewest == most else f"{fewest} to {most} seeds"
    lost, used = f"of the variance over {seeds}", f"of its codes over {seeds}"
    return (
        _end(rows, "media_error", 1, "Least is lost with", "which loses least", lost),
        _end(rows, "media_error", -1, "Most is lost with", "which loses most", lost),
        _end(rows, "usage", -1, "The largest share is used by", "which uses the largest share", used),
        _end(rows, "usage", 1, "The smallest share is used by", "which uses the smallest share", used),
    )


def _end(rows: Sequence[MediumRow], measure: str, sign: int, wins: str, asked: str, denominator: str) -> str:
    """Which row is lowest (sign 1) or highest (-1), named where its range over the seeds meets that of no other: by the
    means alone a winner would be named inside the noise of the seeds."""
    bare = [row.title for row in rows if not row.measures[measure].told]
    if bare:
        return f"It is not known {asked}: {', '.join(bare)} {'has' if len(bare) == 1 else 'have'} no finite number."
    first, *others = sorted(rows, key=lambda row: sign * row.measures[measure].mean)
    best = first.measures[measure]
    met = [row for row in others if best.meets(row.measures[measure])]
    own = f"{first.title} ({_shares(best)} {denominator})"
    those = ", ".join(f"{row.title} ({_shares(row.measures[measure])})" for row in met or others[:1])
    if not met:
        return f"{wins} {own}, next comes {those}."
    return f"The seeds do not tell {asked}: the range of {own} meets {'that' if len(met) == 1 else 'those'} of {those}."


def _shares(spread: Spread) -> str:
    low, high = f"{spread.low:.1%}", f"{spread.high:.1%}"
    return low if low == high else f"{low} to {high}"


def _own(rows: Sequence[MediumRow]) -> str:
    """Which failures all media have, and which are those of some."""
    shared = [kind for kind in rows[0].failures if all(kind in row.failures for row in rows)]
    parts = [f" On every medium: {_listed(shared)}."] if shared else []
    for row in rows:
        own = [kind for kind in row.failures if kind not in shared]
        if own:
            parts.append(f" On {NOUNS[row.modality]}{' also' if shared else ''}: {_listed(own)}.")
    return "".join(parts) or " No alarm on any medium with every seed."


def _listed(kinds: Sequence[str]) -> str:
    return ", ".join(f'"{kind}"' for kind in kinds)


def _range(spread: Spread) -> str:
    return f"{spread.low:,.0f}" if spread.low == spread.high else f"{spread.low:,.0f} to {spread.high:,.0f}"
