"""Two audits of one codebook side by side, level by level: two epochs, or the training data and what was held out.

Jensen-Shannon divergence of the shares of codes: Lin 1991 (https://doi.org/10.1109/18.61115), in bits. The terms of its
sum, one a code, say which codes make the difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.analysis.codes.agreement import agreement, divergence
from explorer.foundation.errors import RecordError
from explorer.joints.audit import Audit
from explorer.joints.measures.usage import Usage, usage_of_counts

CHANGED = 24  # codes that are listed
SEEN = 5  # tokens of a code in one audit before its absence from the other is worth a word


@dataclass(frozen=True)
class Difference:
    """usage: of both. js_bits: of the shares; js_chance: what chance alone would give, tokens drawn one by one.

    only_first, only_second: codes with SEEN tokens or more in one audit and none in the other. codes (n,) with the most
    to the difference first, shares (n, 2) of the tokens of each audit, bits (n,) that each adds to js_bits.
    """

    usage: tuple[Usage, Usage]
    js_bits: float
    js_chance: float
    only_first: int
    only_second: int
    codes: np.ndarray
    shares: np.ndarray
    bits: np.ndarray
    words: str


def fits_beside(first: Audit, second: Audit) -> bool:
    """Whether two audits can be compared: as many levels, of as many codes each."""
    return [level.codebook_size for level in first.levels] == [level.codebook_size for level in second.levels]


def difference(first: Audit, second: Audit, level: int) -> Difference:
    """What is different on one level. Raises RecordError if the audits are of other codebooks, or one is empty."""
    if not fits_beside(first, second):
        sizes = [", ".join(f"{of.codebook_size:,}" for of in audit.levels) for audit in (first, second)]
        raise RecordError(f"These audits are of other codebooks: {sizes[0]} codes, and {sizes[1]}.")
    counts = np.stack([audit.levels[level].counts for audit in (first, second)])  # (2, K)
    both = agreement(counts)
    if both is None:
        raise RecordError("One of the audits has no tokens on this level.")
    shares = counts / counts.sum(1, keepdims=True)  # (2, K)
    terms = np.maximum(divergence(*shares), 0.0)
    order = np.argsort(-terms, kind="stable")[:CHANGED]
    order = order[terms[order] > 0]
    gone, come = (int(np.count_nonzero((counts[i] >= SEEN) & (counts[1 - i] == 0))) for i in (0, 1))
    usage = usage_of_counts(counts[0]), usage_of_counts(counts[1])
    return Difference(
        usage, both.js_bits, both.js_chance, gone, come, order, shares[:, order].T, terms[order],
        _words(counts, both.js_bits, both.js_chance, gone, come),
    )  # fmt: skip


def _words(counts: np.ndarray, js: float, chance: float, gone: int, come: int) -> str:
    tokens = counts.sum(1)
    said = f"Shares of codes differ by {js:.3f} bits of at most 1 (Jensen-Shannon); chance alone: {chance:.3f}. "
    if js <= 2 * chance:
        said += "That is hardly more than chance: no difference can be told. "
    lacking = ((gone, "first", "second", tokens[1]), (come, "second", "first", tokens[0]))
    for number, one, other, of in lacking:
        if number:
            some = "code has" if number == 1 else "codes have"
            said += f"{number:,} {some} {SEEN} tokens or more in the {one} and none among the {of:,} of the {other}. "
    return said + "Tokens of one medium are alike, so other media alone give more than chance does."
