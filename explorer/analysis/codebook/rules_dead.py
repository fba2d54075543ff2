"""Rules on dead codes: how many they are. Where they lie, which tells why they died, is in `rules_why_dead.py`."""

from __future__ import annotations

import math

from explorer.analysis.codebook.evidence import Evidence
from explorer.analysis.codebook.findings import LI, VISUAL, Finding, percent
from explorer.analysis.codebook.rules_offset import in_doubt
from explorer.foundation.words import count_of, is_are
from explorer.joints.measures.unused import LIKELY_MEDIA
from explorer.joints.measures.unused_limit import CLUMP

LUCID = "lucidrains/vector-quantize-pytorch/issues"
DEAD_BAD, DEAD_WARN, DEAD_NOTE = 0.5, 0.1, 0.02  # share of K
NARROW = 0.1  # of the codes in use may still be found, where fewer tokens than codes were counted


def narrow(of: Evidence) -> Finding | None:
    """Few codes in use although fewer tokens than codes were counted: counting on finds nothing new."""
    known, usage = of.unused, of.usage
    if of.own_range or usage.tokens >= of.size or known.media.own < LIKELY_MEDIA or known.media.opens:
        return None
    if known.most > NARROW * usage.used or usage.used > DEAD_BAD * usage.tokens or known.lasting < DEAD_BAD * of.size:
        return None
    text = (
        f"{usage.tokens:,} tokens of {of.media_words} use {usage.used:,} of {of.size:,} codes{of.where}, and nearly "
        f"all of them in many {of.unit}: {known.most:,.0f} others at most are expected in more {of.unit} of this kind. "
        f"Perplexity {usage.perplexity:,.0f}: {usage.entropy_bits:.1f} of {math.log2(of.size):.1f} bits are used."
    )
    return Finding(
        "bad",
        f"Only {usage.used:,} of {of.size:,} codes are in use{of.where}",
        text,
        "likely",
        _advice(of, "bad"),
        "growth",
        f"Codebook collapse: {LI}, section 2.9; {VISUAL}, section 3.4.2",
        of.number,
        "Few codes in use",
    )


def dead(of: Evidence) -> Finding | None:
    """Codes that stay without a token."""
    known, usage = of.unused, of.usage
    if known.dead is None or known.lasting < DEAD_NOTE * of.size:
        return None
    if of.own_range:
        return in_doubt(of)
    dead = known.dead
    share = dead / of.size
    level = "bad" if share >= DEAD_BAD else "warning" if share >= DEAD_WARN else "note"
    counted = f" of {of.media_words}" if of.media_words else ""
    text = (
        f"{known.none:,} of {of.size:,} codes ({percent(known.none / of.size)}){of.where} have no token in "
        f"{usage.tokens:,} tokens{counted} ({of.share_each:,.0f} for each code). "
    )
    if known.clump:
        text += _by_shape(of)
    elif known.most >= 0.5:
        text += (
            f"More {of.unit} of this kind are expected to find {known.expected:,.0f} of them, {known.most:,.0f} at "
            f"most (Chao's estimate over {of.unit}); the others stay without one{_margin(of)}. "
        )
    else:
        text += (
            f"Every code in use occurs in several {of.unit}, so more of this kind would find no other (Chao's "
            f"estimate), but for content that none of them shows{_margin(of)}. "
        )
    text += (
        f"Perplexity {usage.perplexity:,.0f} of at most {usage.ceiling:,}: {usage.entropy_bits:.1f} of "
        f"{math.log2(of.size):.1f} bits are used."
    )
    if of.parts:
        text += " Parts of one row may be of one medium, so others can still use what these do not."
    if of.plain:
        text += f" {of.plain_words}"
    text += _in_training(of)
    if of.of_other_data:
        return _unlike_training(of, text)
    if dead < DEAD_NOTE * of.size:
        return None
    least = "" if dead == known.none else "At least "
    source = (
        f"Codebook collapse: {LI}, section 2.9; {VISUAL}, section 3.4.2; Chao 1987, https://doi.org/10.2307/2531532"
    )
    title = f"{least}{dead:,} of {of.size:,} codes {is_are(dead)} dead{of.where}"
    return Finding(level, title, text, known.sure, _advice(of, level), "heatmap", source, of.number, "Dead codes")


def _unlike_training(of: Evidence, text: str) -> Finding:
    """Codes without a token that training did use: these media lack them, and not the codebook."""
    known = of.unused
    return Finding(
        "note" if of.plain or known.lasting < DEAD_WARN * of.size else "warning",
        f"{known.none:,} of {of.size:,} codes{of.where} have no token here, though most had in training",
        text,
        "likely",
        "Count media of the kind that it was trained on, and read them as in training (range, size, crop).",
        "heatmap",
        f"Codebook collapse: {LI}, section 2.9",
        of.number,
        "Codes that other data use",
    )


def _by_shape(of: Evidence) -> str:
    """How many may follow where rare codes are many."""
    known, clump = of.unused, of.unused.clump
    come = "come one by one" if clump <= CLUMP else f"come and go in heaps of about {max(2, round(clump)):,}"
    text = (
        f"Many codes in use are rare, so others can be as rare: Chao's estimate expects that more {of.unit} of this "
        f"kind find {known.expected:,.0f} of them or more, and by how many occur in one, two and three {of.unit} it is "
        f"{known.most:,.0f} at most, as codes {come} here. The others are likely dead. "
    )
    if known.copies:
        many = count_of(known.copies, "code")
        text += f"Apart from these, {many} without a token {is_are(known.copies)} another over again: none can win. "
    return text


def _margin(of: Evidence) -> str:
    """Why the title names fewer codes than what is left."""
    return f", but for {of.unused.spared:,} set aside in case they are rarer still" if of.unused.spared > 0 else ""


def _in_training(of: Evidence) -> str:
    died = of.died_in_training
    if died is None:
        return ""
    said = f" By the counts kept in the checkpoint {died:,} of them were dead at the end of training already."
    return said + (" Most were in use then: these data may be of another kind." if of.of_other_data else "")


def _advice(of: Evidence, level: str) -> str:
    if of.one_axis:
        return "Nothing, where tokens are merged or entropy coded: values that never occur cost nothing then."
    if level == "note":
        means = "an even-usage term" if of.by_rule else "reseeding or an even-usage term"
        return f"Few enough to live with; {means} would revive them."
    if of.by_rule:
        return "Fewer levels an axis (or bits), or a term that rewards even usage."
    return "Reseed dead codes while training, or make the codebook smaller."
