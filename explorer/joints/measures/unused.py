"""Codes without a token: how many of them will stay without, judged by media, since tokens of one medium are alike.

Chao2 (Chao 1987, https://doi.org/10.2307/2531532; bias-corrected as in Chao 2005; variance as in EstimateS, eq. 11)
tells from the codes that occur in one medium and in two how many more media would find. It is a lower bound where codes
differ in how likely they are, so what is called dead keeps away from it: its upper limit (log-normal, one-sided 99%),
twice the codes seen in one to three media, and three in a hundred of the rest; more, up to a tenth, the more of the
codes in use are so rare. Nothing is called
dead while that is more than half of the codes in use and few tokens were counted: rare codes then run on below that.
The constants were set by codebooks of which it is known: `tests/analysis/codes/calibration.py` prints how often they
are wrong.

Where that margin leaves nothing to say, `unused_limit.py` asks the shape of the counts: what it tells is only likely.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from explorer.joints.audit_parts import LevelAudit
from explorer.joints.measures.independence import Independence, independence
from explorer.joints.measures.unused_limit import LEAST_TOLD, clumping, copies, limit
from explorer.joints.measures.usage import training_usage
from explorer.joints.record import Codebook
from explorer.joints.table_faults import finite_codes

Z = 2.326  # one-sided 99% of a normal distribution
RARE, TIMES = 3, 2.0  # media in which a rare code occurs at most; times so many may be found
SPARED, SPARED_EACH, SPARED_MOST = 0.03, 4.0, 0.1  # of the unused codes that remain: least, by share of rare ones, most
SATURATED = 0.5  # of the codes in use: what may still be found is less
LIKELY_MEDIA, CERTAIN_MEDIA = 10, 20  # media below which no code is called dead, or not for certain
LIKELY_EACH, CERTAIN_EACH = 10, 20  # tokens for each code from which that is said although rare codes run on
OTHER_DATA = 0.5  # of the codes without a token were dead in training too: below it the data may differ
CERTAIN_CODES = 3  # one code alone can always be a very rare one
CERTAIN_CLUMPS = 3.0  # and so can a kind of content that no medium showed, with all its codes: times what goes together
Sure = Literal["certain", "likely"]


@dataclass(frozen=True)
class UnusedCodes:
    """Codes of one level without a token.

    none: how many they are. media: how many were counted, and what they are to each other. expected: how many of the
    codes further media are expected to find at least (Chao2); most: an upper limit of that. lasting: so many, or more,
    stay without a token. sure: of that; None: too little was counted to call any code dead.
    died: so many of them training did not use either; None where the checkpoint has no counts. clump: where `most` is
    the limit of `unused_limit.py`, so many codes come and go together; else 0. copies: codes without a token that are
    another code over again, which are not counted in `lasting` there.
    """

    none: int
    media: Independence
    expected: float
    most: float
    lasting: int
    sure: Sure | None
    died: int | None = None
    clump: float = 0.0
    copies: int = 0

    @property
    def dead(self) -> int | None:
        """At least so many codes are dead; None if that cannot be said yet."""
        if self.sure is None:
            return None
        return self.lasting if self.died is None else min(self.lasting, self.died)

    @property
    def spared(self) -> int:
        """Codes that are set aside for those that are rarer than the estimate sees."""
        return 0 if self.clump else max(0, self.none - round(self.most) - self.lasting)

    @property
    def unseen(self) -> int:
        """The other codes without a token."""
        return self.none - (self.dead or 0)

    @property
    def each_likely_dead(self) -> bool:
        """Whether most codes without a token are dead for all that may still be found, so that each of them is more
        likely so than not: which of them will be found cannot be told."""
        return self.sure is not None and self.lasting > 0.5 * self.none


def unused_codes(level: LevelAudit, codebook: Codebook | None = None) -> UnusedCodes:
    """What is known of the codes of a level that have no token. Those of the codebook that are not finite are not
    counted here: nobody waits for them."""
    lost = 0 if codebook is None else int(np.count_nonzero((level.counts == 0) & ~finite_codes(codebook)))
    none, used = int(np.count_nonzero(level.counts == 0)) - lost, int(np.count_nonzero(level.counts))
    apart = independence(level)
    if level.occurs is None:
        expected, most, rare, media = _by_halves(level)
        apart = replace(apart, total=media)
    else:
        media = apart.own
        expected, most, rare = _by_media(level.occurs // max(1, level.media // max(1, media)), media)
    expected, most = min(float(none), expected), min(float(none), most)
    spared = min(SPARED_MOST, max(SPARED, SPARED_EACH * rare / max(1, used)))
    lasting = int((none - most) * (1 - spared) + 0.5)
    sure: Sure | None = None
    each, saturated = level.tokens / level.codebook_size, most <= SATURATED * used
    known = media >= LIKELY_MEDIA or (media == 0 and each >= LIKELY_EACH)
    if known and not apart.opens and lasting > 0 and each >= 1 and (saturated or each >= LIKELY_EACH):
        enough = media >= CERTAIN_MEDIA and (saturated or each >= CERTAIN_EACH)
        enough = enough and not apart.plain  # blank media show no more codes, however many they are
        enough = enough and lasting >= max(CERTAIN_CODES, CERTAIN_CLUMPS * clumping(level))
        sure = "certain" if enough and level.occurs is not None else "likely"
    died = dead_in_training(level, codebook)
    known = UnusedCodes(
        none, apart, expected, most, lasting if none else 0, sure if none else None,
        None if died is None else int(np.count_nonzero(died)),
    )  # fmt: skip
    return known if known.sure else _by_shape(known, level, codebook)


def _by_shape(known: UnusedCodes, level: LevelAudit, codebook: Codebook | None) -> UnusedCodes:
    """The same where the shape of the counts tells of some codes that they are likely dead, though the margin does
    not."""
    media = known.media
    kept = level.occurs is not None and level.stretches is not None
    if not kept or media.own < CERTAIN_MEDIA or media.copied or media.opens or media.plain:
        return known
    clump, (found, variance) = clumping(level), chao2(level.occurs, media.own)
    most = limit(level.occurs, clump, upper(found, variance * clump))
    if known.none - most < LEAST_TOLD:
        return known
    same = copies(level, codebook)
    lasting = int(known.none - same - most)
    if lasting < LEAST_TOLD:
        return known
    return replace(known, most=most, lasting=lasting, sure="likely", clump=clump, copies=same)


def dead_in_training(level: LevelAudit, codebook: Codebook | None) -> np.ndarray | None:
    """Which codes without a token were not in use in training either, (K,) bool; None if the checkpoint has no
    counts."""
    known = None if codebook is None else training_usage(codebook)
    if known is None or not known.tokens.sum() > 0:
        return None
    return (level.counts == 0) & ~known.used & finite_codes(codebook)


def used_in_training(level: LevelAudit, codebook: Codebook | None) -> np.ndarray:
    """Which codes without a token were in use in training, (K,) bool; none where the checkpoint has no counts."""
    died = dead_in_training(level, codebook)
    none = level.counts == 0
    return np.zeros_like(none) if died is None else none & ~died & finite_codes(codebook)


def of_other_data(died: np.ndarray | None, none: int) -> bool:
    """Whether most of `none` codes without a token were in use when the training ended. died: `dead_in_training`."""
    return died is not None and np.count_nonzero(died) < OTHER_DATA * none


def chao2(occurs: np.ndarray, media: int) -> tuple[float, float]:
    """(codes of `occurs` (K,) that were not met but would be, its variance), from the media in which each occurs."""
    once, twice = int(np.count_nonzero(occurs == 1)), int(np.count_nonzero(occurs == 2))
    share = (media - 1) / media if media else 0.0
    found = share * once * max(0, once - 1) / (2 * (twice + 1))
    variance = found
    variance += share**2 * once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
    variance += share**2 * once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
    return found, variance


def upper(found: float, variance: float) -> float:
    """The upper limit of a log-normal estimate (Chao 1987, eq. 8)."""
    if found <= 0:
        return Z * float(np.sqrt(variance))
    return found * float(np.exp(Z * np.sqrt(np.log1p(variance / found**2))))


def _by_media(occurs: np.ndarray, media: int) -> tuple[float, float, int]:
    """(expected, most, rare codes)."""
    found, variance = chao2(occurs, media)
    rare = int(np.count_nonzero((occurs > 0) & (occurs <= RARE)))
    return found, upper(found, variance) + TIMES * rare, rare


def _by_halves(level: LevelAudit) -> tuple[float, float, int, int]:
    """The same of an audit that kept no media: the two halves are two media; and how many media there were at least.

    A code that occurs in few media lies in one half only as often as not, so twice as many are taken for rare.
    """
    present = (level.halves > 0).sum(axis=0)
    found, variance = chao2(present, 2)
    rare = 2 * int(np.count_nonzero(present == 1))
    return found, upper(found, variance) + TIMES * rare, rare, len(level.batches)
