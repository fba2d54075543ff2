"""Codebooks of known cause, broken and well: what the diagnosis has to say of each, and what it must not say beside it.

Latents are drawn, quantized and counted medium by medium with the accumulator of a real audit; nothing is trained here
(`trained_cases.py` does). `python -m tests.analysis.codebook.codebook_cases` prints the confusion table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np

from explorer.analysis.codebook.diagnosis import diagnose
from explorer.analysis.codebook.findings import Finding
from explorer.analysis.codes.neighbours import assign
from explorer.audit.accumulator import Accumulator
from explorer.joints.audit import Audit
from explorer.joints.record import Codebook, LatticeRule, TokenLayout, TokenLevel

MEDIA, SIDE, DIM, CODES = 40, 12, 16, 128
ALARMS = ("bad", "warning")


@dataclass(frozen=True)
class Case:
    """A codebook and its media. right: words of a finding that has to be there, () for one that is well. sure: of that
    finding. wrong: words that must stand in no title. make: () -> (audit, codebooks)."""

    name: str
    make: Callable[[], tuple[Audit, list[Codebook | None]]]
    right: tuple[str, ...] = ()
    sure: str = "certain"
    wrong: tuple[str, ...] = ()
    alarms: int = 9  # titles of alarms at most

    @property
    def healthy(self) -> bool:
        return not self.right


# What a case is made of.


def table(vectors: np.ndarray, metric: str = "euclidean", counts: np.ndarray | None = None) -> Codebook:
    vectors = np.asarray(vectors, np.float32)
    return Codebook(*vectors.shape, metric, vectors, counts=counts)


def lattice(levels: tuple[int, ...], name: str = "fsq") -> Codebook:
    values = tuple(tuple(np.linspace(-1, 1, n).tolist()) for n in levels)
    rule = LatticeRule(name, values, first_axis_most_significant=name != "fsq")
    return Codebook(rule.codebook_size, len(levels), "implicit", rule=rule)


@cache
def mixture(seed: int = 0, dim: int = DIM, kinds: int = 24, spread: float = 0.35) -> tuple[np.ndarray, np.ndarray]:
    """(centres (kinds, D), shares (kinds,)) of what the world looks like."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(kinds, dim)) * np.geomspace(1, 0.2, dim)
    return centres, random.dirichlet(np.full(kinds, 2.0))


@lru_cache(maxsize=8)
def media(seed: int = 1, count: int = MEDIA, tokens: int = SIDE * SIDE, dim: int = DIM, kinds: int = 24) -> np.ndarray:
    """Latents (media, tokens, D) float32: each medium shows a few kinds, so that its tokens are alike."""
    centres, shares = mixture(dim=dim, kinds=kinds)
    random = np.random.default_rng(seed)
    found = np.empty((count, tokens, dim), np.float32)
    for medium in found:
        own = random.dirichlet(8 * shares)
        kind = random.choice(len(shares), tokens, p=own)
        medium[:] = centres[kind] + 0.35 * random.normal(size=(tokens, dim)) * np.geomspace(1, 0.2, dim)
    return found


@lru_cache(maxsize=8)
def means(codes: int = CODES, dim: int = DIM, kinds: int = 24, seed: int = 3) -> np.ndarray:
    """A codebook (K, D) of k-means on other media of the same world."""
    latents = media(seed=99, count=60, dim=dim, kinds=kinds).reshape(-1, dim).astype(np.float64)
    return lloyd(latents, codes, seed)


def lloyd(latents: np.ndarray, codes: int, seed: int = 3, rounds: int = 12) -> np.ndarray:
    found = latents[np.random.default_rng(seed).choice(len(latents), codes, replace=False)].astype(np.float64)
    for _ in range(rounds):
        own = assign(table(found), latents)
        count = np.bincount(own, minlength=codes)
        sums = np.stack([np.bincount(own, latents[:, d], codes) for d in range(latents.shape[1])], axis=1)
        found = np.where(count[:, None] > 0, sums / np.maximum(count, 1)[:, None], found)
    return found


def audited(
    *books: Codebook,
    latents: list[np.ndarray] | np.ndarray,
    codes: list[np.ndarray] | None = None,
    combination: str | None = None,
) -> tuple[Audit, list[Codebook | None]]:
    """An audit of `latents`, (media, tokens, D) of each level; codes (media, tokens) of each, the nearest ones unless
    given. Counted medium by medium."""
    given = [latents] if isinstance(latents, np.ndarray) else latents
    counted = Accumulator(books, combination or ("single" if len(books) == 1 else "sum"), 0)
    for m in range(len(given[0])):
        levels = []
        for number, (book, of_level) in enumerate(zip(books, given, strict=True)):
            z = np.ascontiguousarray(of_level[m], np.float32)
            own = _assigned(book, z) if codes is None else codes[number][m]
            shape = (1, len(z))
            layout = TokenLayout("grid2d", shape, (8, 8 * len(z)))
            levels.append(TokenLevel(own.reshape(shape), z, book.rows(own).astype(np.float32), book, layout))
        counted.add(levels)
    names = tuple(f"{number:04}.png" for number in range(len(given[0])))
    audit = Audit("made", "made", "grid2d", names, (), counted.levels(), counted.joint(), len(names), 1.0)
    return audit, list(books)


def _assigned(book: Codebook, z: np.ndarray) -> np.ndarray:
    """As a program does that does not look for NaN: a code that is NaN comes first."""
    if book.vectors is not None and not np.isfinite(book.vectors).all():
        return np.full(len(z), int(np.flatnonzero(~np.isfinite(book.vectors).all(1))[0]))
    clean = np.where(np.isfinite(z), z, 0)
    own = assign(book, clean)
    return np.where(np.isfinite(z).all(1), own, 0)


def residual(*books: np.ndarray, latents: np.ndarray, order: tuple[int, ...] | None = None):
    """Levels of a residual quantizer on (media, tokens, D): (codebooks, latents of each, codes of each)."""
    rest, given, chosen = latents.astype(np.float64), [], []
    for vectors in books:
        book = table(vectors)
        own = np.stack([assign(book, z.astype(np.float32)) for z in rest])
        given.append(rest.astype(np.float32))
        chosen.append(own)
        rest = rest - vectors[own]
    return [table(v) for v in books], given, chosen


@lru_cache(maxsize=4)
def residual_means(levels: int = 4, codes: int = 64) -> tuple[np.ndarray, ...]:
    rest = media(seed=98, count=40).reshape(-1, DIM).astype(np.float64)
    found = []
    for _ in range(levels):
        found.append(lloyd(rest, codes, rounds=6))
        rest = rest - found[-1][assign(table(found[-1]), rest.astype(np.float32))]
    return tuple(found)


def zipf_codes(size: int, power: float, count: int, tokens: int, seed: int = 0) -> np.ndarray:
    chance = 1 / np.arange(1, size + 1) ** power
    return np.random.default_rng(seed).choice(size, (count, tokens), p=chance / chance.sum())


def counted_alone(codes: np.ndarray, size: int) -> tuple[Audit, list[Codebook | None]]:
    """Plain indices (media, tokens): no vectors, no latents."""
    book = Codebook(size, 1, "implicit", rule=LatticeRule("numbers", (tuple(map(float, range(size))),), True))
    audit, _ = audited(book, latents=codes[..., None].astype(np.float32), codes=[codes])
    levels = tuple(
        replace(level, latents=None, latent_codes=None, error=None, latent_norm=None) for level in audit.levels
    )
    return replace(audit, levels=levels, tokenizer_id=None), [None]


# The judge.


@dataclass(frozen=True)
class Verdict:
    """alarm: whether there was one. named: whether the right one was among them, with its certainty. false: titles that
    must not stand there."""

    alarm: bool
    named: bool
    false: tuple[str, ...]
    findings: tuple[Finding, ...]

    def good(self, case: Case) -> bool:
        return not self.false and (not self.alarm if case.healthy else self.named)


def judge(case: Case) -> Verdict:
    audit, books = case.make()
    findings = diagnose(audit, books)
    alarms = [one for one in findings if one.level in ALARMS]
    named = case.healthy or all(
        any(words.lower() in one.title.lower() and (one.sure == case.sure or n) for one in findings)
        for n, words in enumerate(case.right)
    )
    false = [one.title for one in findings if any(word.lower() in one.title.lower() for word in case.wrong)]
    if case.healthy:
        false += [one.title for one in alarms]
    elif len(alarms) > case.alarms:
        false.append(f"{len(alarms)} alarms where {case.alarms} are enough")
    if not case.healthy and any(one.title.startswith("Healthy: nothing") for one in findings):
        false.append("Healthy beside what is broken")
    return Verdict(bool(alarms), named, tuple(false), findings)


def main() -> int:
    from tests.analysis.codebook.codebook_broken import BROKEN
    from tests.analysis.codebook.codebook_well import WELL

    wrong = 0
    rows = {"broken": [0, 0, 0], "healthy": [0, 0, 0]}
    for kind, cases in (("broken", BROKEN), ("healthy", WELL)):
        for case in cases:
            verdict = judge(case)
            good = verdict.good(case)
            wrong += not good
            for place, met in enumerate((verdict.alarm, verdict.named, bool(verdict.false))):
                rows[kind][place] += met
            said = "; ".join(f"{one.level} ({one.sure}): {one.title}" for one in verdict.findings)
            print(f"{'ok ' if good else 'NOT'} {kind:7} {case.name}: {said}")
            if verdict.false:
                print(f"      false: {'; '.join(verdict.false)}")
    for kind, (alarm, named, false) in rows.items():
        total = len(BROKEN if kind == "broken" else WELL)
        print(f"{kind}: {total} cases, {alarm} with an alarm, {named} named rightly, {false} with a false statement")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
