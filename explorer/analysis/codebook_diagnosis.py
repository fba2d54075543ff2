"""Diagnosis of a codebook over a whole data set: what is wrong in plain words, how sure, what shows it, what to try.

It reads measures alone, never the name or the settings of a tokenizer. The rules are in `codebook_rules.py`; what
decides is named there and was set by codebooks known to be broken or well: `tests/analysis/test_codebook_diagnosis.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from explorer.analysis.codebook_evidence import Evidence
from explorer.analysis.codebook_findings import JIA, Finding
from explorer.analysis.codebook_rules import RULES
from explorer.audit.result import Audit
from explorer.record import Codebook

_RANK = {"bad": 0, "warning": 1, "good": 2, "note": 3}


def diagnose(audit: Audit, codebooks: Sequence[Codebook | None]) -> tuple[Finding, ...]:
    """Findings on all levels, the worst first; levels where no rule gives an alarm are said to be healthy.

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
    pairs = enumerate(zip(audit.levels, codebooks, strict=True))
    return tuple(Evidence(level, book, number if several else None) for number, (level, book) in pairs)


def findings_of(audit: Audit, evidence: Sequence[Evidence]) -> tuple[Finding, ...]:
    """`diagnose` from the evidence of all levels of the audit."""
    found: list[Finding] = []
    healthy: list[Evidence] = []
    for of in evidence:
        here = [finding for rule in RULES if (finding := rule(of)) is not None]
        found += here
        if not any(finding.level in ("bad", "warning") for finding in here):
            healthy.append(of)
    found += _of_the_audit(audit)
    if healthy:
        found.append(_healthy(healthy, len(audit.levels)))
    return tuple(sorted(found, key=lambda finding: _RANK[finding.level]))


def _of_the_audit(audit: Audit) -> list[Finding]:
    """What the counting itself left out."""
    found = []
    if not audit.complete:
        found.append(
            Finding(
                "note",
                "A partial audit",
                f"{len(audit.media):,} of {audit.planned:,} media were counted, {len(audit.skipped):,} skipped: every "
                "figure is of those alone.",
                "certain",
                "Resume the audit to count the rest.",
                "growth",
                "What was counted belongs to the figure: https://github.com/FoundationVision/LlamaGen/issues/65",
            )
        )
    elif audit.skipped:
        found.append(
            Finding(
                "note",
                f"{len(audit.skipped):,} of {audit.planned:,} media were skipped",
                f"First of them: {audit.skipped[0][0]} ({audit.skipped[0][1]}). They are in no figure.",
                "certain",
                "Mend or remove those files if they matter.",
                "growth",
                "What was counted belongs to the figure: https://github.com/FoundationVision/LlamaGen/issues/65",
            )
        )
    return found


def _healthy(levels: list[Evidence], of_all: int) -> Finding:
    """One finding for all levels without an alarm."""
    said = []
    for of in levels:
        usage = of.usage
        twins = of.states.state == 3
        top = int(usage.counts.max())
        alike = "" if of.states.threshold is None else f", {int(twins.sum()):,} near-duplicates"
        name = "" if of.number is None else f"{of.level.name or f'Level {of.number + 1}'}: "
        said.append(
            f"{name}{usage.used:,} of {of.size:,} codes in use, perplexity {usage.perplexity:,.0f}, the most used code "
            f"takes {top / usage.tokens:.1%}{alike}."
        )
    tokens = levels[0].usage.tokens
    text = f"Over {tokens:,} tokens ({levels[0].share_each:,.0f} for each code). " + " ".join(said)
    every = len(levels) == of_all
    names = ", ".join(of.level.name or f"level {of.number + 1}" for of in levels if of.number is not None)
    title = "Healthy: nothing wrong is measured" if every else f"Healthy: {names}"
    sure = "certain" if min(of.share_each for of in levels) >= 10 else "likely"
    advice = "Nothing. What holds over these data need not hold over others: audit your own."
    number = levels[0].number if of_all > 1 and len(levels) == 1 else None
    return Finding("good", title, text, sure, advice, "heatmap", JIA, number)
