"""Rules by which a job stops itself: `dead=0.5` is broken once more than half of the codes of a level are dead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from explorer.analysis.lab.distances import error_of
from explorer.analysis.lab.finding import Finding
from explorer.analysis.replay.reading import RecordedReading, perplexity_of
from explorer.analysis.severity import ALARMS
from explorer.foundation.errors import RecordError, SettingsError
from explorer.foundation.numerals import read_number
from explorer.joints.frame import FrameLevel


@dataclass(frozen=True)
class Limit:
    """A measure of a level that a rule may name. value(run, level, number): None where it was not recorded.

    over: whether the rule is broken above the number it gives, or below. words: of the value, with its denominator.
    most: the largest number that such a rule may give.
    """

    value: Callable[[RecordedReading, FrameLevel, int], float | None]
    over: bool
    words: Callable[[float, RecordedReading, FrameLevel], str]
    most: float = 1.0


def _newest(name: str) -> Callable[[RecordedReading, FrameLevel, int], float | None]:
    """The newest value of a curve, of the level where it has one of its own."""

    def value(run: RecordedReading, level: FrameLevel, number: int) -> float | None:
        for column in (f"{name}_{number}", name):
            _, values = run.curves.series(column)
            if len(values):
                return float(values[-1])
        return None

    return value


def _ceiling(run: RecordedReading, level: FrameLevel) -> int:
    return min(level.whole or level.codebook_size, run.tokens)


def _perplexity(run: RecordedReading, level: FrameLevel, number: int) -> float | None:
    newest = _newest("perplexity")(run, level, number)
    if newest is None and not level.sampled:
        newest = perplexity_of(level.counts)
    return None if newest is None else newest / max(1, _ceiling(run, level))


LIMITS: Mapping[str, Limit] = {
    "dead": Limit(
        lambda run, level, number: level.dead / level.codebook_size,
        True,
        lambda value, run, level: f"{level.dead:,} of {level.codebook_size:,} codes ({value:.0%}) are dead",
    ),
    "perplexity": Limit(
        _perplexity,
        False,
        lambda value, run, level: (
            f"perplexity is {value * _ceiling(run, level):,.1f} of at most {_ceiling(run, level):,} ({value:.1%})"
        ),
    ),
    "error": Limit(
        lambda run, level, number: error_of(level) if len(level.z_e) else None,
        True,
        lambda value, run, level: f"codes leave {value:.1%} of the variance of {len(level.z_e):,} latents",
        1e6,
    ),
    "lag": Limit(
        _newest("lag"), True, lambda value, run, level: f"codes in use lag {value:.2f} spreads of the latents", 1e6
    ),
    "drift": Limit(
        _newest("drift"), True, lambda value, run, level: f"latents drift {value:.4f} of their spreads a step", 1e6
    ),
}
SEVERE = {"bad": ("bad",), "warning": ALARMS}  # rules that name findings
NEVER = "never"
KINDS = (*SEVERE, *(f"{name}=NUMBER" for name in LIMITS), NEVER)


@dataclass(frozen=True)
class Rule:
    """name: of SEVERE, of LIMITS, or NEVER. bar: of a limit."""

    name: str
    bar: float | None = None

    def __str__(self) -> str:
        return self.name if self.bar is None else f"{self.name}={self.bar:g}"


def read_rule(text: str) -> Rule:
    """A rule as people write it. Raises SettingsError, with the list of all, for any other."""
    name, equals, number = text.partition("=")
    there = f"There are: {', '.join(KINDS)}."
    if name not in LIMITS:
        if equals or name not in (*SEVERE, NEVER):
            raise SettingsError(f"There is no rule {text[:40]!r}. {there}")
        return Rule(name)
    try:
        bar = read_number(number)
    except ValueError:
        bar = float("nan")
    most = LIMITS[name].most
    if not 0 <= bar <= most:
        example = "0.5" if LIMITS[name].over else "0.1"
        span = "0 to 1" if most == 1 else "0 on"
        raise SettingsError(f"The rule {text[:40]!r} needs a number from {span}, such as {name}={example}.")
    return Rule(name, bar)


def broken_rules(rules: Sequence[Rule], run: RecordedReading, found: Sequence[Finding]) -> list[str]:
    """Why each broken rule is broken, in words. Raises RecordError for a rule whose measure was not recorded."""
    return [reason for rule in rules for reason in _reasons(rule, run, found)]


def _reasons(rule: Rule, run: RecordedReading, found: Sequence[Finding]) -> list[str]:
    if rule.bar is None:
        levels = SEVERE.get(rule.name, ())
        return [f"{rule}: {one.title}" for one in found if one.level in levels]
    limit, reasons, measured = LIMITS[rule.name], [], 0
    for number, level in enumerate(run.now.levels):
        value = limit.value(run, level, number)
        if value is None:
            continue
        measured += 1
        if (value > rule.bar) if limit.over else (value < rule.bar):
            where = f" on level {number + 1}" if len(run.now.levels) > 1 else ""
            reasons.append(f"{rule}: {limit.words(value, run, level)}{where} at step {run.now.step:,}")
    if not measured:
        raise RecordError(f"The rule {rule} cannot be asked: this recording has no {rule.name}.")
    return reasons
