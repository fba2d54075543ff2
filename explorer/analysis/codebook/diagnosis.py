"""Diagnosis of a codebook over a whole data set: what is wrong in plain words, how sure, what shows it, what to try.

It reads measures alone, never the name or the settings of a tokenizer. What decides is named in the rules and was set
by codebooks known to be broken or well: `tests/analysis/codebook/codebook_cases.py`. A fault that explains others is
said alone: what would follow from it is no finding of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from explorer.analysis.codebook import rules as counts
from explorer.analysis.codebook import rules_dead as dead
from explorer.analysis.codebook import rules_fit as fit
from explorer.analysis.codebook import rules_geometry as geometry
from explorer.analysis.codebook import rules_order as order
from explorer.analysis.codebook import rules_why_dead as why_dead
from explorer.analysis.codebook.evidence import Evidence
from explorer.analysis.codebook.findings import Finding, worst_first
from explorer.analysis.codebook.rules_levels import Across, across_levels
from explorer.analysis.codebook.rules_trial import changes, of_trial
from explorer.analysis.codebook.rules_unseen import unseen
from explorer.analysis.codebook.summary import healthy, merge, of_the_audit
from explorer.audit.indices.words import own_ranges
from explorer.joints.audit import Audit
from explorer.joints.record import Codebook

Rule = Callable[[Evidence], Finding | None]
OF_COUNTS: tuple[Rule, ...] = (counts.single, unseen, dead.narrow, dead.dead, counts.uneven, counts.bits, counts.axes)
OF_THE_FIT: tuple[Rule, ...] = (geometry.same_latents, geometry.bare, geometry.scale)  # the first that fits
OF_VECTORS: tuple[Rule, ...] = (why_dead.why_dead, geometry.duplicates, geometry.flat)
OF_THE_ORDER: tuple[Rule, ...] = (order.falling, order.drift)  # the first that fits
RULES = (
    fit.bad_codes, fit.bad_latents, fit.belonging, counts.giant, order.halves,
    *OF_COUNTS, *OF_THE_FIT, *OF_VECTORS, *OF_THE_ORDER, geometry.error,
)  # fmt: skip


def diagnose(audit: Audit, codebooks: Sequence[Codebook | None]) -> tuple[Finding, ...]:
    """Findings on all levels, the worst first; levels where no rule gives an alarm are said to be healthy, last.

    codebooks: one a level, None where only indices are known. Raises RecordError if no token was counted.
    """
    return findings_of(audit, evidence_of(audit, codebooks))


def findings_as_json(audit: Audit, codebooks: Sequence[Codebook | None]) -> list[dict[str, object]]:
    """The findings as plain values, for files; none while nothing was counted. codebooks: () if there are none."""
    if not audit.tokens:
        return []
    return [finding.as_json() for finding in diagnose(audit, codebooks or [None] * len(audit.levels))]


def evidence_of(audit: Audit, codebooks: Sequence[Codebook | None]) -> tuple[Evidence, ...]:
    """What is measured of each level, to be shared by the diagnosis and whoever shows the same figures."""
    several = len(audit.levels) > 1
    pairs, parts = enumerate(zip(audit.levels, codebooks, strict=True)), audit.num_media is None
    own = own_ranges(audit.levels) if several and "reading" in audit.settings else 0
    return tuple(Evidence(level, book, number if several else None, parts, own) for number, (level, book) in pairs)


def findings_of(audit: Audit, evidence: Sequence[Evidence]) -> tuple[Finding, ...]:
    """`diagnose` from the evidence of all levels of the audit."""
    diverged = any(fit.counts_mean_nothing(of) for of in evidence)  # what is decoded of NaN is no decoder's fault
    found = [] if diverged else of_trial(audit)
    restless = changes(audit)
    across = Across() if restless else across_levels(evidence)
    found += across.findings
    for number, of in enumerate(evidence):
        if number not in across.explained:
            found += of_level(of, bool(restless) or number in across.unjudged)
    found = merge(found, evidence)
    found += of_the_audit(audit)
    found += healthy(audit, evidence, found)
    return worst_first(found)


def of_level(of: Evidence, restless: bool = False) -> list[Finding]:
    """Findings on one level. restless: the tokenizer changed while it was counted, so tokens belong to no code."""
    found = _said((fit.bad_codes, fit.bad_latents), of)
    if fit.counts_mean_nothing(of):
        return found
    strange, lost = (None, None) if restless else (fit.belonging(of), fit.astray(of))
    some = None if restless else fit.some(of)
    misfit = None if restless or strange else _first(OF_THE_FIT, of)
    if not restless and of.alike:
        return [*found, *(one for one in (geometry.same_latents(of), strange) if one is not None)]
    if lost is not None and misfit is not None and misfit.kind == "Latents without a code":
        misfit = None  # those of codes in another place
    found += [one for one in (strange, lost, some, misfit) if one is not None]
    found += _said(OF_COUNTS, of)
    bare = misfit is not None and misfit.kind == "Latents without a code"
    if misfit is None or (bare and not _stands_for_the_bare(of)):
        found += _said((counts.giant,), of)
    if not restless and strange is None:
        found += _of_vectors(of, misfit, bare, some is not None)
    along = _first(OF_THE_ORDER, of)
    if along is not None:
        return [*found, along]
    return found + (_said((order.halves,), of) if strange is None and misfit is None else [])


def _of_vectors(of: Evidence, misfit: Finding | None, bare: bool, some: bool) -> list[Finding]:
    """What codes and latents show where no misfit of all of them explains it."""
    if misfit is not None and not bare:
        return []
    found = _said(OF_VECTORS, of)
    explained = bare or some or any(one.kind == "Near-duplicate codes" and one.level != "note" for one in found)
    return found + ([] if explained else _said((geometry.error,), of))


def _stands_for_the_bare(of: Evidence) -> bool:
    """Whether the most used code is the one that latents without a code of their own share."""
    most = int(of.level.counts.argmax())
    return bool(of.finite[most]) and int(of.finite[:most].sum()) in of.off_centre.codes


def _said(rules: Sequence[Rule], of: Evidence) -> list[Finding]:
    return [finding for rule in rules if (finding := rule(of)) is not None]


def _first(rules: Sequence[Rule], of: Evidence) -> Finding | None:
    """Rules behind the first that fits are not asked."""
    return next((finding for rule in rules if (finding := rule(of)) is not None), None)
