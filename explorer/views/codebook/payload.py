"""What the codebook page sends to the browser, as plain values for JSON: `open_payload` of a whole audit at once.

Maps and geometry are in `codebook/payload_map.py` and `codebook/payload_geometry.py`; all of it can be had from here.
Letters of the shapes: K codebook_size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from explorer.analysis.codebook.diagnosis import evidence_of, findings_of
from explorer.analysis.codebook.evidence import Evidence
from explorer.analysis.codes import states
from explorer.analysis.codes.definitions import help_for
from explorer.analysis.codes.growth import forecast_of, why_not
from explorer.analysis.maps.order import map_order
from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.measures.language.ranks import rank_frequency
from explorer.joints.record import Codebook
from explorer.joints.token_language import language_lines
from explorer.joints.tokenizer import TokenizerSpec
from explorer.views.codebook.payload_geometry import geometry_payload
from explorer.views.codebook.payload_map import map_payload
from explorer.views.kit.wire.encoding import pack

__all__ = ["geometry_payload", "map_payload", "open_payload"]

HELP = ("tokens", "used", "ceiling", "dead", "unseen", "near-duplicate", "over-used", "perplexity", "entropy")
HELP += ("kl", "gini", "joint", "training", "real-bits", "equal")
PACKED_MAX = 2**32 - 1


def open_payload(
    audit: Audit,
    audit_id: str,
    audits: Sequence[Mapping[str, Any]],
    spec: TokenizerSpec | None,
    codebooks: Sequence[Codebook] | None,
    besides: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Everything that the page shows at once. audits: {"id", "title", "tokens"} of each that can be chosen; besides:
    {"key", "title", "tokens"} of each that can stand beside it.

    spec and codebooks are None for an audit of plain indices. Raises RecordError if nothing was counted, or the
    codebooks are not those of the audit.
    """
    books = books_of(audit, codebooks)
    evidence = evidence_of(audit, books)
    return {
        "tokenizer": None if spec is None else _tokenizer(spec, books[0]),
        "audits": [dict(one) for one in audits],
        "besides": [dict(one) for one in besides],
        "audit": {
            "id": audit_id,
            "title": audit.title,
            "media": audit.num_media,
            "skipped": [list(pair) for pair in audit.skipped],
            "notes": [one.told(len(audit.media)) for one in audit.notes],
            "planned": audit.planned,
            "complete": audit.complete,
            "seconds": audit.seconds,
            "device": audit.device,
            "layout": audit.layout,
            "modality": audit.modality,
            "amount_words": audit.amount_words,
            "reading": [str(words) for words in _reading(audit)],
        },
        "joint": None if audit.joint is None else asdict(audit.joint),
        "levels": [_level(of) for of in evidence],
        "diagnosis": [finding.as_json() for finding in findings_of(audit, evidence)],
        "help": help_for(HELP, books[0]),
    }


def books_of(audit: Audit, codebooks: Sequence[Codebook] | None) -> tuple[Codebook | None, ...]:
    """One codebook a level, None for plain indices. Raises RecordError if they do not belong to the audit."""
    if not audit.tokens:
        raise RecordError(f"No tokens were counted in {audit.title!r}, so there is nothing to show.")
    if codebooks is None:
        return (None,) * len(audit.levels)
    sizes, expected = [book.codebook_size for book in codebooks], [level.codebook_size for level in audit.levels]
    if sizes != expected:
        raise RecordError(f"The audit is of codebooks of {expected} codes, the tokenizer has {sizes}.")
    return tuple(codebooks)


def _reading(audit: Audit) -> list[object]:
    """How plain indices were read, and what is odd about them, a sentence each."""
    notes = audit.settings.get("notes", ())
    return [one for one in (audit.settings.get("reading"), *(notes if isinstance(notes, list | tuple) else ())) if one]


def _tokenizer(spec: TokenizerSpec, book: Codebook | None) -> dict[str, Any]:
    names = ("id", "title", "summary", "quantizer", "codebook_size", "codebook_dim", "num_quantizers", "combination")
    names += ("modality", "layout", "decodes")
    said = {name: getattr(spec, name) for name in names}
    return said | {"metric": None if book is None else book.metric, "downsampling": spec.downsampling}


def _level(of: Evidence) -> dict[str, Any]:
    level, book, usage, known = of.level, of.codebook, of.usage, of.states
    order = None if book is None else map_order(book)
    names = ("codebook_size", "tokens", "ceiling", "used", "usage", "usage_of_ceiling")
    names += ("perplexity", "entropy_bits", "gini", "kl_to_uniform_bits")
    return {
        "name": level.name,
        "part": level.part,
        "given": level.given,
        "codebook_dim": None if book is None else book.codebook_dim,
        "metric": None if book is None else book.metric,
        **{name: getattr(usage, name) for name in names},
        "dead": of.unused.dead,
        "unseen": of.unused.unseen,
        # What each of the two, and the state of a code, was judged by: media alone, or the training's own counts, too.
        "died_in_training": of.unused.died,
        "by_training": of.unused.each_likely_dead and of.unused.died is not None,
        # One code with more than 2^32 - 1 tokens would be drawn in the same colour in any case.
        "counts": pack(np.minimum(level.counts, PACKED_MAX).astype(np.uint32)),
        "state": pack(known.state),
        "states": {name: known.count(number) for number, name in enumerate(states.NAMES)},
        "state_words": known.words,
        "over_used_from": known.over_used_from,
        "near_duplicate_from": known.threshold,
        "map_order": None if order is None else pack(order.astype(np.uint32)),
        "growth": _growth(of),
        "halves": _halves(of),
        "batches": _batches(of),
        "language": _language(level),
    }


def _language(level: LevelAudit) -> dict[str, Any] | None:
    """The tokens as a language, in numbers and sentences; None for an older audit."""
    of = level.language
    if of is None:
        return None
    return {
        "real_bits": of.real_bits,
        "packed": of.packed,
        "beside": {
            side: {"share": one.share, "pairs": one.pairs, "bits": one.entropy.bits, "trusted": one.entropy.trusted}
            for side, one in of.beside.items()
        },
        "lines": language_lines(of, level.codebook_size, level.tokens, rank_frequency(level.counts).exponent),
    }


def _growth(of: Evidence) -> dict[str, Any]:
    level = of.level
    ahead = forecast_of(level, of.unused.media)
    used = int(np.count_nonzero(level.counts))
    if ahead is not None:
        words = ahead.words
    elif used == level.codebook_size:
        all_of_them = f"All {used:,} codes are" if used > 1 else "The only code is"
        words = f"{all_of_them} in use, so there is nothing more to find."
    elif words := why_not(level, of.unused.media):
        pass
    else:
        words = f"Too few tokens ({level.tokens:,}) to say how usage would go on."
    fit = ahead and {
        "tokens": pack(ahead.tokens.astype(np.float32)),
        "used": pack(ahead.used.astype(np.float32)),
        "until": ahead.until,
        "second": ahead.second,
        "spread": ahead.spread,
        "within": list(ahead.within),
        "missed": ahead.missed,
        "words": ahead.words,
    }
    tokens, codes = level.growth.T.astype(np.float32)
    return {"tokens": pack(tokens), "used": pack(codes), "fit": fit, "words": words}


def _halves(of: Evidence) -> dict[str, Any] | None:
    known = of.halves
    if known is None:
        return None
    first = np.minimum(of.level.halves[0], PACKED_MAX).astype(np.uint32)  # the second is the rest of the counts
    return {name: _listed(value) for name, value in asdict(known).items()} | {"first": pack(first)}


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _batches(of: Evidence) -> dict[str, Any]:
    """Each medium alone, so that it shows what a batch of its size would make one believe."""
    tokens, used, perplexity = of.level.batches.T.astype(np.float32)
    words = "Nothing was kept of single media."
    if len(tokens):
        whole = of.usage
        words = (
            f"Each of {count_of(len(tokens), 'medium', 'media')} alone (median): "
            f"{count_of(round(float(np.median(tokens))), 'token')}, {count_of(round(float(np.median(used))), 'code')} "
            f"used, perplexity {np.median(perplexity):,.0f}. All {count_of(whole.tokens, 'token')} together: "
            f"{whole.used:,} used, perplexity {whole.perplexity:,.0f}. A batch of n tokens can use no more than n "
            "codes, and tokens of one medium are alike: over a small batch a healthy codebook looks collapsed."
        )
    return {"tokens": pack(tokens), "used": pack(used), "perplexity": pack(perplexity), "words": words}
