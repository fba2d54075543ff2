"""Rules on the levels of a residual quantizer together: their order, and levels that carry nothing.

The energy that a level is given, E (mean squared length of its latents), is what the level before it left, R (mean
squared distance to its codes): E of level l + 1 equals R of level l, or the levels are not in the order in which they
worked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from explorer.analysis.codebook.evidence import Evidence
from explorer.analysis.codebook.findings import GITHUB, LI, Finding, percent
from explorer.analysis.codebook.rules_fit import EXPLAINED, NEAREST, chosen_by_search
from explorer.analysis.codes.neighbours import assign
from explorer.analysis.maps.clouds import evenly
from explorer.foundation.words import plural, verb
from explorer.joints.record import Codebook

CHAIN = 0.05  # of R by which the next E may differ: latents are a sample, errors are of all tokens
LARGER, SMALLER = 1.1, 0.8  # codes than those of the level before; error that is left with the largest codes first
REQUANTIZED = 1024  # latents
SLIGHT = 0.2  # of what so few codes could take away of noise in so many dimensions
NOTHING = 0.01  # of the energy that it is given is less than a level should take away
UNJUDGED = "Levels that cannot be judged"  # a kind: of them nothing is called healthy
SOURCE = f"Residual levels refine those before them: {LI}, section 2.2; {GITHUB}facebookresearch/encodec/issues/45"


@dataclass(frozen=True)
class Energies:
    """Of one level: E that it is given, R that it leaves, and the share of E that its number of codes could take away
    of noise in so many dimensions: 1 - K^(-2/D), the rate-distortion limit of a Gaussian source."""

    given: float
    left: float
    reach: float = 1.0

    @property
    def carries_nothing(self) -> bool:
        return abs(self.given - self.left) < min(NOTHING, SLIGHT * self.reach) * self.given


@dataclass(frozen=True)
class Across:
    """What the levels say together. explained: numbers of the levels that `findings` explain, of which nothing else is
    to be said. unjudged: of those whose vectors and latents say nothing, since a level before them does not fit."""

    findings: tuple[Finding, ...] = ()
    explained: frozenset[int] = frozenset()
    unjudged: frozenset[int] = frozenset()


def across_levels(evidence: Sequence[Evidence]) -> Across:
    """Findings on the levels of a residual quantizer together; none of other levels."""
    if len(evidence) < 2 or not all(_residual(of) for of in evidence):
        return Across()
    energies = [_energies(of) for of in evidence]
    wrong = _renamed(evidence, energies) or _applied_wrongly(evidence, energies)
    if wrong is not None:
        return Across((wrong,), frozenset(wrong.levels))
    strange = [n for n, of in enumerate(evidence) if of.explained < NEAREST and not chosen_by_search(of)]
    if strange and _chained(energies):
        return _from_there_on(evidence, strange[0])
    silent = [n for n, of in enumerate(evidence) if n and of.explained >= NEAREST and energies[n].carries_nothing]
    return Across((_silent(evidence, energies, silent),), frozenset(silent)) if silent else Across()


def _from_there_on(evidence: Sequence[Evidence], first: int) -> Across:
    """What a level is given is what those before it leave: where one does not fit, those behind it cannot be judged,
    and neither, unless its fault is known, can those before it be called well: codes of another size on one of them
    may still be the nearest ones there."""
    behind = list(range(first + 1, len(evidence)))
    before = list(range(first)) if evidence[first].cause(EXPLAINED) is None else []
    if not before and not behind:
        return Across()
    text = "A level is given what those before it leave. "
    if behind:
        text += (
            f"{level_words(behind).capitalize()} {verb(len(behind), 'get')} something else than in the tokenizer, "
            f"since level {first + 1} does not fit: only usage is said of {plural(len(behind), 'it', 'them')}. "
        )
    if before:
        text += (
            f"The fault of level {first + 1} may also lie in the codes of {level_words(before)}: codes of another size "
            "can be the nearest all the same."
        )
    both = sorted(before + behind)
    return Across(
        (
            Finding(
                "note",
                f"{level_words(both).capitalize()} cannot be judged by {plural(len(both), 'its', 'their')} codes",
                text.strip(),
                "certain",
                f"Mend level {first + 1} first, then count again.",
                "geometry",
                SOURCE,
                None,
                UNJUDGED,
                tuple(both),
            ),
        ),
        unjudged=frozenset(behind),
    )


def _residual(of: Evidence) -> bool:
    """A level of a sum with vectors to compare; groups of a product do not follow each other."""
    comparable = of.learned and of.book.metric == "euclidean" and of.level.error is not None
    return comparable and of.level.name.startswith("level") and of.level.not_finite == 0 and bool(of.finite.all())


def _energies(of: Evidence) -> Energies:
    tokens = of.level.counts
    left = float(np.nansum(of.level.error * tokens) / max(1, tokens.sum()))
    reach = 1 - of.size ** (-2 / max(1, of.book.codebook_dim))
    return Energies(float(np.square(of.cloud.points).sum(1).mean()), left, reach)


def _renamed(evidence: Sequence[Evidence], energies: Sequence[Energies]) -> Finding | None:
    """Levels that worked in another order than they are listed in."""
    if len({of.book.codebook_dim for of in evidence}) > 1 or _chained(energies):
        return None
    order = _order(energies)
    if order == sorted(order) or not _chained([energies[n] for n in order]):
        return None
    names = ", ".join(str(n + 1) for n in order)
    first = order[0]
    text = (
        f"What level {first + 1} leaves is what level {order[1] + 1} is given, and so on in the order {names}: by the "
        f"mean squared lengths of latents the levels worked in that order. Level {first + 1} is given "
        f"{energies[first].given:.3g}, level 1 only {energies[0].given:.3g}."
    )
    return _order_finding(f"Levels are in another order: they worked as {names}", text, range(len(evidence)))


def _chained(energies: Sequence[Energies]) -> bool:
    return all(abs(b.given - a.left) <= CHAIN * max(a.left, 1e-300) for a, b in pairwise(energies))


def _order(energies: Sequence[Energies]) -> list[int]:
    """From the level that is given most, each time the one whose latents fit best what was left."""
    order = [max(range(len(energies)), key=lambda n: energies[n].given)]
    while len(order) < len(energies):
        left = energies[order[-1]].left
        rest = [n for n in range(len(energies)) if n not in order]
        order.append(min(rest, key=lambda n: abs(energies[n].given - left)))
    return order


def _applied_wrongly(evidence: Sequence[Evidence], energies: Sequence[Energies]) -> Finding | None:
    """Codebooks that were made for other levels: in order of their size they would leave less."""
    if len({of.book.codebook_dim for of in evidence}) > 1 or not _chained(energies):
        return None
    sizes = [float(np.sqrt(np.square(of.codes).sum(1).mean())) for of in evidence]
    order = sorted(range(len(sizes)), key=lambda n: -sizes[n])
    n = max(range(1, len(sizes)), key=lambda n: sizes[n] / max(sizes[n - 1], 1e-300))
    if sizes[n] <= LARGER * sizes[n - 1]:
        return None
    moved = next(place for place, number in enumerate(order) if place != number)
    fits = [of.explained >= NEAREST for of in evidence]
    if fits[moved] and not all(fits):
        return None  # the first level that would have another place has its own: it is another one that does not fit
    latents = evenly(evidence[0].latents, REQUANTIZED)
    as_is, in_order = (_left_by([evidence[m].book for m in way], latents) for way in (range(len(sizes)), order))
    if in_order > SMALLER * as_is:
        return None
    text = (
        f"Codes of level {n + 1} are {sizes[n] / max(sizes[n - 1], 1e-300):.2g} times as large as those of level {n} "
        "(root "
        "mean square). A residual quantizer refines from level to level, so its codes shrink: with the largest codes "
        f"first, in the order {', '.join(str(m + 1) for m in order)}, {len(latents):,} latents would be left with "
        f"{percent(in_order / as_is)} of the squared error."
    )
    title = f"Levels are in the wrong order: level {n + 1} has larger codes than level {n}"
    return _order_finding(title, text, range(len(evidence)))


def _left_by(books: Sequence[Codebook], latents: np.ndarray) -> float:
    """Mean squared length that levels of these codebooks leave of `latents` (n, D)."""
    rest = latents.astype(np.float32)
    for book in books:
        rest = rest - book.vectors[assign(book, rest)]
    return float(np.square(rest.astype(np.float64)).sum(1).mean())


def _order_finding(title: str, text: str, levels: Sequence[int]) -> Finding:
    advice = (
        "Sort the codebooks by the number of their level when they are loaded: as text, level 10 comes before level 2."
    )
    return Finding(
        "bad", title, text, "certain", advice, "geometry", SOURCE, None, "Order of the levels", tuple(levels)
    )


def _silent(evidence: Sequence[Evidence], energies: Sequence[Energies], silent: list[int]) -> Finding:
    several = len(silent) > 1
    most = max(max(0.0, 1 - energies[n].left / max(energies[n].given, 1e-300)) for n in silent)
    text = (
        f"{level_words(silent).capitalize()} of {len(evidence)} take{'' if several else 's'} at most {percent(most)} "
        "of the squared length of what the levels before leave: the sum is nearly the same without. In use there: "
        f"{', '.join(f'{evidence[n].usage.used:,}' for n in silent[:8])}{' ...' if len(silent) > 8 else ''} codes."
    )
    reseeding = "" if all(one.by_rule for one in evidence) else " and reseeding on each"
    advice = f"Train with fewer levels, or with quantizer dropout{reseeding}; decode without these and compare."
    title = f"{level_words(silent).capitalize()} carr{'y' if several else 'ies'} nothing"
    number = None if several else silent[0]
    level = "bad" if 2 * len(silent) >= len(evidence) else "warning"
    return Finding(
        level, title, text, "certain", advice, "geometry", SOURCE, number, "Levels that carry nothing", tuple(silent)
    )


def level_words(numbers: Sequence[int]) -> str:
    """Numbers from 0 as words from 1: "level 3", "levels 1, 4 and 10 to 13"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = []
    for run in runs:
        parts += [f"{run[0] + 1} to {run[-1] + 1}"] if len(run) > 2 else [str(number + 1) for number in run]
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"{plural(len(numbers), 'level')} {listed}"
