"""What the page of a language model sends to the browser: the model, a picture as it reads it, what may come next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.analysis.language.statistics import TokenLanguage
from explorer.joints.language import NextToken, PriorFacts, TokenText
from explorer.joints.measures.language.entropies import PairEntropy
from explorer.joints.measures.language.ranks import HOW
from explorer.prior.sampling import HOTTEST, Sampling
from explorer.views.kit.wire.encoding import pack, pack_indices

SHOWN = 10  # codes that are shown one by one; the rest are one bar


def facts_payload(facts: PriorFacts) -> dict[str, Any]:
    """The model: its grid, its codebook, and what it takes of held-out tokens."""
    return {
        "tokenizer": facts.tokenizer,
        "K": facts.codebook_size,
        "rows": facts.rows,
        "columns": facts.columns,
        "side": facts.side_px,
        "most_bits": facts.most_bits,
        "parameters": facts.parameters,
        "measured": dict(facts.measured),
        "pictures": facts.training.get("pictures", 0),
        "tokens": facts.training.get("tokens", 0),
        "data": str(facts.training.get("data", "")),
        "held_out": str(facts.training.get("held_out", "")),
        "hottest": HOTTEST,
        "shown": SHOWN,
    }


def picture_payload(text: TokenText, original: str, decoded: str, notes: Sequence[str] = ()) -> dict[str, Any]:
    """original, decoded: pictures as addresses. tokens, bits: row by row. notes: what was done to it before."""
    return {
        "original": original,
        "decoded": decoded,
        "tokens": pack_indices(text.tokens.ravel(), text.codebook_size),
        "bits": pack(text.bits.ravel().astype(np.float32)),
        "mean_bits": float(text.bits.mean()),
        "sum_bits": float(text.bits.sum()),
        "notes": list(notes),
    }


def next_payload(told: NextToken, sampling: Sampling, real: int, taken: int | None) -> dict[str, Any]:
    """codes: the most probable ones, with their share after temperature and top-k (`p`) and before (`prior`).

    rest: all others together. real: the token that the picture has there; taken: the one that was written, or None.
    """
    drawn = sampling.applied(told)
    order = told.order()[:SHOWN]
    return {
        "entropy": told.entropy_bits,
        "entropy_drawn": drawn.entropy_bits,
        "codes": [_code(int(code), told, drawn) for code in order],
        "rest": {
            "codes": len(told.probabilities) - len(order),
            "p": max(0.0, 1.0 - float(drawn.probabilities[order].sum())),
            "prior": max(0.0, 1.0 - float(told.probabilities[order].sum())),
        },
        "real": _code(real, told, drawn),
        "taken": None if taken is None else _code(taken, told, drawn),
    }


def _code(code: int, told: NextToken, drawn: NextToken) -> dict[str, Any]:
    return {
        "code": code,
        "p": float(drawn.probabilities[code]),
        "prior": float(told.probabilities[code]),
        "bits": told.bits(code),
        "rank": told.rank(code) + 1,
    }


def language_payload(found: TokenLanguage) -> dict[str, Any]:
    """What is counted of a text, in sentences with their denominators."""
    size, beside = found.codebook_size, (("the token on the left", found.left), ("the token above", found.above))
    lines = [
        f"{found.tokens:,} tokens counted ({found.named}); {found.used:,} of {size:,} codes have at least one.",
        f"Rank and frequency: s = {found.ranks.exponent:.2f} in the law {HOW}. For words of a language s is about 1; "
        "for codes used all alike it is 0.",
        f"Entropy of the shares of codes: {found.unigram:.2f} of {found.most:.2f} bits, log2 K.",
        *(_pair(known, one) for known, one in beside if one is not None),
        f"Real bits: {found.packed:.2f} bits a token after compression by LZMA, which knows nothing of pictures and "
        "learns while it reads.",
    ]
    return {"named": found.named, "tokens": found.tokens, "lines": lines}


def _pair(known: str, pairs: PairEntropy) -> str:
    told = f"Where {known} is known, {pairs.bits:.2f} bits as counted; {pairs.equal:.1%} of tokens equal it."
    return f"{told} {pairs.words}"
