"""The report of an audit: one HTML file that needs nothing else, runs no script, and can be sent by mail.

Names of files and titles come from people and are escaped wherever they stand.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from explorer.analysis.codebook.diagnosis import diagnose
from explorer.analysis.codes.agreement import agreement
from explorer.analysis.codes.growth import forecast_of
from explorer.analysis.pictures.sheets import LevelPatches, sheet
from explorer.audit.figures import Series, chart, heatmap_png
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.measures.unused import unused_codes
from explorer.joints.measures.usage import rank_order, usage_of_counts
from explorer.joints.record import Codebook
from explorer.media.pictures.image import png_bytes

SKIPPED_SHOWN, CODES_SHOWN = 200, 8  # codes: of the most, the middling and the least used each
CURVE_POINTS = 400  # of the sorted counts
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def html_report(
    audit: Audit,
    codebooks: Sequence[Codebook | None] = (),
    patches: Sequence[LevelPatches | None] = (),
) -> str:
    """The report as text of an HTML file.

    codebooks: one a level, for what the diagnosis can say with them. patches: one a level, the exemplars as pictures.
    """
    style = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    none: list[None] = [None] * len(audit.levels)
    body = [_head(audit)]
    if audit.tokens:
        body.append(_diagnosis(audit, codebooks or none))
        for level, pictures in zip(audit.levels, patches or none, strict=True):
            body.append(_level(level, pictures))
        body.append(_joint(audit))
    body.append(_noted(audit) + _skipped(audit))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>Audit: {escape(audit.title)}</title><style>{style}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _head(audit: Audit) -> str:
    done = len(audit.media) + len(audit.skipped)
    state = "complete" if audit.complete else f"partial: {done:,} of {audit.planned:,} media were reached"
    facts = {
        "Tokenizer": audit.tokenizer_id or "none: plain indices",
        "State": state,
        "Counted": f"{counted_words(audit)}; {len(audit.skipped):,} skipped",
        "Layout": audit.layout,
        "Made in": f"{audit.seconds:,.1f} s on {audit.device}",
        "Settings": ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in audit.settings.items()) or "none",
    }
    return f"<h1>{escape(audit.title)}</h1>" + _table([(name, escape(str(text))) for name, text in facts.items()])


def counted_words(audit: Audit) -> str:
    """How many tokens of what: "1,280 positions of 4 sounds (32.0 s)"; level by level where they have rates of their
    own."""
    if audit.even:
        return f"{audit.tokens:,} positions of {audit.amount_words}"
    listed = ", ".join(f"{level.tokens:,}" for level in audit.levels)
    return f"{listed} tokens on the {len(audit.levels)} {audit.levels[0].part}s, of {audit.amount_words}"


def _diagnosis(audit: Audit, codebooks: Sequence[Codebook | None]) -> str:
    parts = ["<h2>Diagnosis</h2>"]
    for one in diagnose(audit, codebooks):
        parts.append(
            f'<div class="finding {escape(one.level)}"><strong>{escape(one.level)}: {escape(one.title)}</strong> '
            f'<span class="quiet">({escape(one.sure)})</span><br>{escape(one.text)}<br>'
            f'<span class="quiet">Try: {escape(one.advice)} Source: {escape(one.source)}</span></div>'
        )
    return "".join(parts)


def _level(level: LevelAudit, pictures: LevelPatches | None) -> str:
    name = level.name or "Codebook"
    figures = [_growth(level), _sorted_counts(level), _batches(level), _heatmap(level)]
    halves = agreement(level.halves)
    said = f"<h3>Do two halves of the media agree?</h3><p>{escape(halves.words)}</p>" if halves else ""
    parts = [f"<h2>{escape(name[0].upper() + name[1:])}</h2>", _usage(level), '<div class="figures">', *figures]
    return "".join([*parts, "</div>", said, _exemplars(level, pictures)])


def _usage(level: LevelAudit) -> str:
    one = usage_of_counts(level.counts)
    size, tokens = one.codebook_size, one.tokens
    without = unused_codes(level)
    unseen = f"{without.unseen:,} of {size:,} codes without a token, which more media may find"
    none = [("Not seen yet", unseen)] if without.unseen or without.dead is None else []
    if without.dead is not None:
        none.insert(
            0, ("Dead", f"{without.dead:,} of {size:,} codes or more, which more media of this kind would not find")
        )
    rows = [
        ("Codes K", f"{size:,}"),
        ("Tokens counted N", f"{tokens:,}"),
        (
            "Used",
            f"{one.used:,} codes, {one.usage_of_ceiling:.1%} of the {one.ceiling:,} = min(K, N) that N tokens can use",
        ),
        ("Usage", f"{one.usage:.1%} of K"),
        *none,
        ("Perplexity", f"{one.perplexity:,.1f} of {one.ceiling:,}"),
        ("Entropy", f"{one.entropy_bits:.3f} bits of log2(K) = {np.log2(size):.3f}"),
        ("KL to uniform", f"{one.kl_to_uniform_bits:.3f} bits"),
        ("Gini", f"{one.gini:.3f} (0: all codes alike, 1: one code takes all)"),
    ]
    if level.error is not None and np.isfinite(level.error).any():
        mean = float(np.nansum(level.error * level.counts) / tokens)
        rows.append(("Squared distance", f"{mean:.4g} from {level.given} to code, mean over tokens"))
    if level.latent_norm is not None:
        mean, spread, most = level.latent_norm
        rows.append((f"{level.given.capitalize()} norm", f"{mean:.4g} ± {spread:.4g}, at most {most:.4g}"))
    return _table(rows)


def _growth(level: LevelAudit) -> str:
    at, used = level.growth[:, 0], level.growth[:, 1]
    series = [
        Series("codes used", at, used),
        Series("ceiling min(K, N)", at, np.minimum(at, level.codebook_size), "dashed"),
    ]
    ahead = forecast_of(level)
    if ahead is not None:
        series.append(Series("estimate", ahead.tokens, ahead.used, "dashed"))
    words = "How usage grew with the tokens counted; dashed: the ceiling min(K, N)"
    words += f", and the estimate. {ahead.words}" if ahead else "."
    return _figure(chart(series, "tokens counted", "codes used", log_x=True, zero=True), words)


def _sorted_counts(level: LevelAudit) -> str:
    ordered = np.sort(level.counts)[::-1]
    used = int(np.count_nonzero(ordered))
    at = np.unique(np.linspace(0, used - 1, min(used, CURVE_POINTS)).round().astype(int))
    fair = level.tokens / level.codebook_size
    series = [
        Series("tokens of a code", at + 1, ordered[at]),
        Series("all alike, N/K", np.array([1, used]), np.full(2, fair), "dashed"),
    ]
    words = f"Tokens of each of the {used:,} used codes, from the most to the least used; dashed: N/K = {fair:,.1f}."
    return _figure(chart(series, "rank of the code", "tokens", log_x=False, log_y=True), words)


def _batches(level: LevelAudit) -> str:
    if len(level.batches) < 2:
        return ""
    tokens, perplexity = level.batches[:, 0], level.batches[:, 2]
    whole = usage_of_counts(level.counts).perplexity
    series = [
        Series("one medium", tokens, perplexity, "dots"),
        Series("all media together", np.array([tokens.min(), tokens.max()]), np.full(2, whole), "dashed"),
    ]
    words = (
        f"Perplexity of single media ({len(level.batches):,} shown) against all together, {whole:,.1f} (dashed). A "
        "batch of few tokens shows fewer codes than the codebook uses."
    )
    return _figure(chart(series, "tokens of the medium", "perplexity", zero=True), words)


def _heatmap(level: LevelAudit) -> str:
    words = (
        f"All {level.codebook_size:,} codes in order of their number, row by row: the lighter, the more tokens "
        "(viridis, logarithmic); white and crossed: none."
    )
    return _figure(_image(heatmap_png(level.counts), "Counts of all codes"), words)


def _exemplars(level: LevelAudit, pictures: LevelPatches | None) -> str:
    if pictures is None or not len(pictures.codes):
        return ""
    order = rank_order(level.counts)[: int(np.count_nonzero(level.counts))]
    middle = max(0, len(order) // 2 - CODES_SHOWN // 2)
    groups = {
        "Most used codes": order[:CODES_SHOWN],
        "Codes of middling use": order[middle : middle + CODES_SHOWN],
        "Least used codes": order[-CODES_SHOWN:],
    }
    parts = ["<h3>What codes stand for</h3>"]
    for name, codes in groups.items():
        rows = np.flatnonzero(np.isin(pictures.codes, codes))
        if len(rows):
            words = f"{name}: the tokens closest to the code, four at random, and the farthest."
            parts.append(_figure(_image(png_bytes(sheet(pictures, rows)), name), words, wide=True))
    return "".join(parts)


def _joint(audit: Audit) -> str:
    if audit.joint is None:
        return ""
    one = audit.joint
    until = "" if one.complete else " Counting of tuples stopped there, since no more fit into memory."
    rows = [
        ("Positions", f"{one.tokens:,}.{until}"),
        ("Distinct tuples", f"{one.distinct:,} of {one.ceiling:,.0f} that so many positions can use at most"),
        ("Perplexity", f"{one.perplexity:,.1f}"),
        ("Entropy", f"{one.entropy_bits:.3f} bits"),
    ]
    return f"<h2>All {audit.levels[0].part}s together</h2>" + _table(rows)


def _noted(audit: Audit) -> str:
    if not audit.notes:
        return ""
    listed = "".join(f"<li>{escape(one.told(len(audit.media)))}</li>" for one in audit.notes)
    return f"<h2>What was done to the media first</h2><ul>{listed}</ul>"


def _skipped(audit: Audit) -> str:
    if not audit.skipped:
        return ""
    rows = [(escape(name), escape(why)) for name, why in audit.skipped[:SKIPPED_SHOWN]]
    more = len(audit.skipped) - len(rows)
    tail = f'<p class="quiet">and {more:,} more, all in audit.json.</p>' if more else ""
    return f"<h2>Skipped: {len(audit.skipped):,} files</h2>" + _table(rows) + tail


def _table(rows: Sequence[tuple[str, str]]) -> str:
    """Two columns of HTML."""
    cells = "".join(f'<tr><th scope="row">{name}</th><td>{text}</td></tr>' for name, text in rows)
    return f'<div class="scroll"><table>{cells}</table></div>'


def _figure(picture: str, words: str, wide: bool = False) -> str:
    return f"<figure{' class=wide' if wide else ''}>{picture}<figcaption>{escape(words)}</figcaption></figure>"


def _image(png: bytes, words: str) -> str:
    return f'<img alt="{escape(words)}" src="data:image/png;base64,{b64encode(png).decode("ascii")}">'
