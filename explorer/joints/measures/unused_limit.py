"""How many codes without a token may still be found at most, by the shape of the counts of media.

Chao's estimate follows from the moments m_k = k! Q_k of the rates at which codes occur, Q_k being the codes that occur
in k media: m_0 >= m_1^2 / m_2 (Chao 1987, https://doi.org/10.2307/2531532). It is a lower bound. Here the ratios
m_1 / m_0 <= m_2 / m_1 <= m_3 / m_2 are carried on by one step, as if each were as many times the one before: that gives
m_1^3 m_3 / m_2^3 = 3 Q_1^3 Q_3 / (4 Q_2^3), which is small where codes of one, two and three media grow in number, and
large where the rare ones are the most. This step is no one's theorem: rates may have any tail. Its limit is set by made
codebooks (`tests/analysis/codes/calibration.py`): one-sided 99% of the logarithm, and never below that of Chao's.

Codes of one kind of content come and go together, so they are fewer witnesses than they look. How many do is read from
the stretches of media: the variance of how many codes a stretch has, over what it would be if they came one by one
(Schluter 1984, the variance ratio), the largest of the rare codes and of others. Variances are so many times as large.

Over 5,939 made codebooks of 16 to 4,096 codes and 20 to 2,000 media (CLUMP was chosen by these, Z by others) it names
codes in 296 of which the margin of `unused.py` says nothing, and too many in 12: one in 25. Half of these 12 have media
that show two kinds of content each, one of which was in none or in few; among the others it is about one in 40. Of the
dead codes in audits without another word it names a fifth.
"""

from __future__ import annotations

import numpy as np

from explorer.joints.audit_parts import LevelAudit
from explorer.joints.record import Codebook

Z = 2.326  # one-sided 99% of a normal distribution
CLUMP = 1.5  # codes that come and go together, at least: a few rare codes cannot show that they come one by one
RARE_MEDIA = (1, 5)  # at most, in which a code occurs whose clumping is looked at
RARE_STRETCHES = (0.25, 0.5, 1.0)  # the same of the share of the stretches; of codes in all of them nothing varies
LEAST_TOLD = 5  # codes: fewer may be of one kind of content that no medium showed


def limit(occurs: np.ndarray, clump: float, chao: float) -> float:
    """So many codes of `occurs` (K,), media in which each occurs, may follow at most. chao: the upper limit of Chao's
    estimate, below which it does not go. One is added to each number of codes, so that none of them is zero."""
    once, twice, thrice = (float(np.count_nonzero(occurs == media)) + 1 for media in (1, 2, 3))
    followed = 3 * once**3 * thrice / (4 * twice**3)
    spread = np.sqrt(clump * (9 / once + 9 / twice + 1 / thrice))  # of its logarithm, by the delta method
    return max(chao, followed * float(np.exp(Z * spread)))


def clumping(level: LevelAudit) -> float:
    """How many codes of a level come and go together: the largest variance ratio of its stretches, CLUMP or more;
    CLUMP where they were not kept."""
    if level.stretches is None or level.occurs is None:
        return CLUMP
    present, occurs = level.stretches > 0, level.occurs  # (b, K)
    found = present.sum(axis=0)
    looked = [occurs <= media for media in RARE_MEDIA]
    looked += [found <= int(share * len(present)) for share in RARE_STRETCHES]
    return max(CLUMP, *(variance_ratio(present[:, (occurs > 0) & chosen]) for chosen in looked))


def variance_ratio(present: np.ndarray) -> float:
    """Of which codes occur in which stretches, (b, n) bool: the variance of how many a stretch has over the sum of
    those of the single codes; 0 where nothing varies."""
    single = float(np.var(present, axis=0, ddof=1).sum()) if len(present) > 1 else 0.0
    return float(np.var(present.sum(axis=1), ddof=1)) / single if single > 0 else 0.0


def copies(level: LevelAudit, codebook: Codebook | None) -> int:
    """Codes without a token that are another one over again, so that they can never win: of equal ones all but one."""
    if codebook is None or codebook.vectors is None or codebook.rule is not None:
        return 0
    none = (level.counts == 0) & np.isfinite(codebook.vectors).all(axis=1)
    _, group = np.unique(codebook.vectors, axis=0, return_inverse=True)
    group = group.reshape(-1)
    empty, used = np.bincount(group, none), np.bincount(group, level.counts > 0)
    return int(np.maximum(0, empty - (used == 0)).sum())
