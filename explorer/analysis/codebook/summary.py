"""What the diagnosis says of all levels at once: one finding for many, what was left out, and what is well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explorer.analysis.codebook.evidence import Evidence
from explorer.analysis.codebook.findings import (
    GITHUB,
    JIA,
    RANK_SURE,
    Finding,
    each_words,
    worst_first,
)
from explorer.analysis.codebook.rules_fit import SOME_MISFIT
from explorer.analysis.codebook.rules_levels import UNJUDGED, level_words
from explorer.analysis.codebook.rules_trial import decoded_of
from explorer.analysis.codes.states import NEAR_DUPLICATE
from explorer.analysis.severity import ALARMS
from explorer.foundation.words import count_of, plural
from explorer.joints.audit import Audit

SEVERAL = 3  # levels from which findings of one kind become one
NAMED = 8  # levels whose own titles stand in it
OPEN = 0.1  # of the codes without a token: with more of them nothing is called healthy
COUNTED = f"What was counted belongs to the figure: {GITHUB}FoundationVision/LlamaGen/issues/65"


def merge(found: Sequence[Finding], evidence: Sequence[Evidence]) -> list[Finding]:
    """Findings of one kind and weight on SEVERAL levels as one, with the words of the surest of them."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        single = finding.kind and finding.codebook_level is not None
        key = (finding.kind, finding.level) if single else (f"{len(groups)}", "")
        groups.setdefault(key, []).append(finding)
    result = []
    for group in groups.values():
        result += [_one(group, evidence)] if len(group) >= SEVERAL else group
    return result


def _one(group: Sequence[Finding], evidence: Sequence[Evidence]) -> Finding:
    numbers = [finding.codebook_level for finding in group]
    words = "all levels" if len(group) == len(evidence) else level_words(numbers)
    if evidence[0].level.name.startswith("group"):
        words = words.replace("level", "group")
    first = worst_first(group)[0]
    listed = [_own(finding, evidence[finding.codebook_level].name) for finding in group[:NAMED]]
    more = f"; and {len(group) - NAMED} more" if len(group) > NAMED else ""
    text = f"{'; '.join(listed)}{more}. Of these, {evidence[first.codebook_level].name}: {first.text}"
    sure = max((finding.sure for finding in group), key=lambda sure: RANK_SURE[sure])
    title = f"{first.kind} on {words}"
    return replace(
        first, title=title, text=text[0].upper() + text[1:], sure=sure, codebook_level=None, levels=tuple(numbers)
    )


def _own(finding: Finding, name: str) -> str:
    """ "level 2: 64 of 128 codes are dead"."""
    title = finding.title.replace(f" on {name}", "")
    return f"{name}: {title[0].lower() + title[1:]}"


def of_the_audit(audit: Audit) -> list[Finding]:
    """What the counting itself left out."""
    if not audit.complete:
        text = (
            f"{len(audit.media):,} of {count_of(audit.planned, 'medium', 'media')} "
            f"{plural(len(audit.media), 'was', 'were')} counted, {len(audit.skipped):,} skipped: every figure is of "
            "those alone."
        )
        return [_left_out("A partial audit", text, "Resume the audit to count the rest.")]
    if audit.skipped:
        name, why = audit.skipped[0]
        count, parts = len(audit.skipped), count_of(audit.planned, "medium", "media")
        if "parts" in audit.settings:  # plain indices: of their files or lines, of which not all are listed
            count = int(str(audit.settings["left_out"]))
            parts = count_of(int(str(audit.settings["parts"])), str(audit.settings["part_unit"]))
        title = f"{count:,} of {parts} {'was' if count == 1 else 'were'} skipped"
        text = f"First of them: {name} ({why}). They are in no figure."
        return [_left_out(title, text, "Mend or remove those files if they matter.")]
    return []


def _left_out(title: str, text: str, advice: str) -> Finding:
    return Finding("note", title, text, "certain", advice, "growth", COUNTED, None, "Media left out")


def healthy(audit: Audit, evidence: Sequence[Evidence], found: Sequence[Finding]) -> list[Finding]:
    """One finding for all levels without an alarm; none while something is wrong with all of them."""
    alarms = [finding for finding in found if finding.level in ALARMS]
    if any(finding.codebook_level is None and not finding.levels for finding in alarms):
        return []
    misfits = [finding for finding in found if finding.kind == SOME_MISFIT and finding not in alarms]
    doubts = [*alarms, *misfits, *(finding for finding in found if finding.kind == UNJUDGED)]
    touched = {finding.codebook_level for finding in alarms + misfits} | {level for f in doubts for level in f.levels}
    if None in touched and len(evidence) == 1:
        return []
    well = [(n, of) for n, of in enumerate(evidence) if n not in touched and of.number not in touched - {None}]
    if not well or (len(evidence) == 1 and alarms + misfits):
        return []
    levels = [of for _, of in well]
    every = len(levels) == len(evidence)
    first_look = any(of.first_look for of in levels)
    noted = any(f.kind == "Dead codes" for f in found) or any(of.unused.none > OPEN * of.size for of in levels)
    names = "" if every else f": {_names([n for n, _ in well], levels)}"
    word = "No alarm" if first_look or noted else "Healthy"
    title = f"{word}: nothing wrong is measured" if every else f"{word}{names}"
    if first_look:
        seen = "one row of tokens" if levels[0].parts else audit.amount_words
        title = f"No alarm from a first look at {seen}{names}"
    enough = not first_look and min(of.share_each for of in levels) >= 10
    sure = "certain" if enough and not _if_so(audit) else "likely"
    number = levels[0].number if len(evidence) > 1 and len(levels) == 1 else None
    advice = "Nothing. What holds over these data need not hold over others: audit your own."
    return [Finding("good", title, _said(audit, levels), sure, advice, "heatmap", JIA, number, "Healthy")]


def _names(numbers: Sequence[int], levels: Sequence[Evidence]) -> str:
    words = level_words(numbers)
    return words.replace("level", "group") if levels[0].level.name.startswith("group") else words


def _said(audit: Audit, levels: Sequence[Evidence]) -> str:
    tokens = levels[0].usage.tokens
    known = decoded_of(audit.trial) if audit.trial is not None and len(audit.trial.decoded) else None
    decodes = ""
    if known is not None and audit.modality in ("image", "video"):
        tried = len(audit.trial.decoded)
        were = "medium was" if tried == 1 else "media were"
        decodes = f" {tried} {were} decoded: PSNR {known.psnr_db:.1f} dB (median)."
    parts = [_of_level(of) for of in levels[:NAMED]]
    more = f" And {count_of(len(levels) - NAMED, 'more level')}." if len(levels) > NAMED else ""
    over = f"Over {tokens:,} tokens ({each_words(levels[0].share_each)} for each code){_if_so(audit)}."
    return f"{over}{decodes} {' '.join(parts)}{more}"


def _if_so(audit: Audit) -> str:
    """Indices whose axes nobody named may be of another make: levels that were taken for places, say."""
    return ", if the axes are what they were taken for" if "guessed" in str(audit.settings.get("reading", "")) else ""


def _of_level(of: Evidence) -> str:
    usage = of.usage
    top = int(usage.counts.max())
    twins = int(np.count_nonzero(of.states.state == NEAR_DUPLICATE))
    alike = "" if of.states.threshold is None else f", {count_of(twins, 'near-duplicate')}"
    name = f"{of.name[0].upper()}{of.name[1:]}: " if of.name else ""
    return (
        f"{name}{usage.used:,} of {of.size:,} codes in use, perplexity {usage.perplexity:,.0f}, the most used code "
        f"takes {top / usage.tokens:.1%}{alike}."
    )
