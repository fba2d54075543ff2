"""What an audit says of the tokens of one level as a language; numbers only, so that audit.json holds all of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from explorer.foundation.errors import RecordError
from explorer.joints.measures.language.entropies import PairEntropy

SIDES = ("left", "above", "before")  # the token on the left (of a row: the one before), above, and one frame before
SIDE_WORDS = {"left": "the token before it", "above": "the token above it", "before": "the one a frame before"}


@dataclass(frozen=True)
class Beside:
    """What a token has to do with the one on one of SIDES: `equal` of `pairs` are the same code, exactly counted.

    entropy: of one given the other, over `entropy.pairs` of them, which are fewer where K is too large for a table.
    """

    entropy: PairEntropy
    pairs: int
    equal: int

    def __post_init__(self) -> None:
        if not 0 <= self.equal <= self.pairs or self.entropy.pairs > self.pairs:
            raise RecordError(f"{self.equal:,} of {self.pairs:,} pairs are equal, of {self.entropy.pairs:,} looked at")

    @property
    def share(self) -> float:
        """Of the tokens that have one on that side, how many equal it."""
        return self.equal / self.pairs

    @property
    def sampled(self) -> bool:
        return self.entropy.pairs < self.pairs


@dataclass(frozen=True)
class LanguageAudit:
    """beside: by side, of those that the tokens have. real_bits: bits a token after LZMA2, over `packed` tokens in
    their order; packed: all, or those of a seeded sample of media."""

    beside: Mapping[str, Beside]
    real_bits: float
    packed: int

    def as_json(self) -> dict[str, Any]:
        return {
            "real_bits": self.real_bits,
            "real_bits_tokens": self.packed,
            "beside": {
                side: {"pairs": one.pairs, "equal": one.equal, "equal_share": one.share}
                | {"conditional_entropy_bits": one.entropy.bits, "entropy": asdict(one.entropy)}
                for side, one in self.beside.items()
            },
        }


def language_from_json(said: Mapping[str, Any] | None) -> LanguageAudit | None:
    """What `as_json` said; None for an older audit. Raises KeyError and the like for anything else."""
    if said is None:
        return None
    beside = {
        side: Beside(PairEntropy(**one["entropy"]), int(one["pairs"]), int(one["equal"]))
        for side, one in said["beside"].items()
    }
    return LanguageAudit(beside, float(said["real_bits"]), int(said["real_bits_tokens"]))


NOTHING_SAVED = " It saved nothing here, and adds a cost of its own."


def language_lines(of: LanguageAudit, codebook_size: int, tokens: int, exponent: float) -> list[str]:
    """What an audit says of its tokens as a language, a sentence each, with denominators. exponent: of the ranks."""
    most = math.log2(codebook_size)
    over = f"all {tokens:,} tokens" if of.packed == tokens else f"{of.packed:,} of {tokens:,} tokens, a sample of media"
    lines = [
        f"Real bits: {of.real_bits:.2f} bits a token after compression by LZMA, of {most:.2f} (log2 K), over {over}."
        + (NOTHING_SAVED if of.real_bits > most else ""),
        f"Rank and frequency: shares fall about as rank^-s, s = {exponent:.2f}. For words of a language s is about 1; "
        "for codes used all alike it is 0.",
    ]
    for side, one in of.beside.items():
        counted = f" of {one.pairs:,} pairs counted, a sample of media;" if one.sampled else " pairs counted,"
        lines.append(
            f"{one.share:.1%} of {one.pairs:,} tokens equal {SIDE_WORDS[side]}. Where that is known, "
            f"{one.entropy.bits:.2f} bits as counted ({one.entropy.alone:.2f} without). "
            + one.entropy.words.replace(" pairs counted,", counted, 1)
        )
    return lines
