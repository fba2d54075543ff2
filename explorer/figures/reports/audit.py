"""The report of an audit: one HTML file that needs nothing else and can be sent by mail.

Names of files and titles come from people and are escaped wherever they stand.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.analysis.codebook.diagnosis import diagnose
from explorer.analysis.pictures.sheets import LevelPatches, sheet
from explorer.analysis.severity import with_word
from explorer.figures.counts import rank_frequency, usage
from explorer.figures.enough import growth, halves, single_media
from explorer.figures.lattice import bits
from explorer.figures.per_level import levels
from explorer.figures.places import positions
from explorer.figures.reports.heatmap import heatmap_png
from explorer.figures.reports.page import Plots, report_page
from explorer.figures.reports.settings_words import settings_words
from explorer.foundation.words import count_of
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.measures.language.ranks import rank_frequency as law_of_ranks
from explorer.joints.measures.unused import unused_codes
from explorer.joints.measures.usage import rank_order, usage_of_counts
from explorer.joints.record import Codebook
from explorer.joints.token_language import language_lines
from explorer.media.pictures.image import png_bytes

if TYPE_CHECKING:
    import plotly.graph_objects as go

SKIPPED_SHOWN, CODES_SHOWN = 200, 8  # codes: of the most, the middling and the least used each


def html_report(
    audit: Audit,
    codebooks: Sequence[Codebook | None] = (),
    patches: Sequence[LevelPatches | None] = (),
) -> str:
    """The report as text of an HTML file.

    codebooks: one a level, for what the diagnosis can say with them. patches: one a level, the exemplars as pictures.
    """
    none: list[None] = [None] * len(audit.levels)
    books, plots, body = codebooks or none, Plots(), [_head(audit)]
    if audit.tokens:
        body.append(_diagnosis(audit, books))
        if len(audit.levels) > 1:
            body.append(_beside_each_other(audit, plots))
        for number, (pictures, book) in enumerate(zip(patches or none, books, strict=True)):
            body.append(_level(audit, number, book, pictures, plots))
        body.append(_joint(audit))
    body.append(_noted(audit) + _skipped(audit))
    return report_page(f"Audit: {audit.title}", Path(__file__).with_suffix(".css"), "".join(body), plots)


def _head(audit: Audit) -> str:
    done = len(audit.media) + len(audit.skipped)
    state = "complete" if audit.complete else f"partial: {done:,} of {audit.planned:,} media were reached"
    facts = {
        "Tokenizer": audit.tokenizer_id or "none: plain indices",
        "State": state,
        "Counted": f"{counted_words(audit)}; {len(audit.skipped):,} skipped",
        "Layout": audit.layout,
        "Made in": f"{audit.seconds:,.1f} s on {audit.device}",
        "Settings": settings_words(_settings(audit)),
        "Read as": str(audit.settings.get("reading", "")).removeprefix("Read as "),
        "Noted": " ".join(map(str, audit.settings.get("notes", ()))),  # type: ignore[call-overload]
    }
    return f"<h1>{escape(audit.title)}</h1>" + _table(
        [(name, escape(str(text))) for name, text in facts.items() if text]
    )


def _settings(audit: Audit) -> dict[str, object]:
    """Those that act: of sounds, series and items no side is scaled."""
    sized = audit.modality in ("image", "video")
    return {name: value for name, value in audit.settings.items() if sized or name != "longest_side_px"}


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
            f'<div class="finding {escape(one.level)}"><strong>{escape(with_word(one.level, one.title))}</strong> '
            f'<span class="quiet">({escape(one.sure)})</span><br>{escape(one.text)}<br>'
            f'<span class="quiet">Try: {escape(one.advice)} Source: {escape(one.source)}</span></div>'
        )
    return "".join(parts)


def _beside_each_other(audit: Audit, plots: Plots) -> str:
    drawn = "".join(plots.place(levels(audit, measure)) for measure in ("entropy_bits", "perplexity"))
    return f'<h2>All {escape(audit.levels[0].part)}s</h2><div class="figures">{drawn}</div>'


def _level(audit: Audit, number: int, codebook: Codebook | None, pictures: LevelPatches | None, plots: Plots) -> str:
    level = audit.levels[number]
    name = level.name or "Codebook"
    drawn = [plots.place(draw(audit, number)) for draw in _figures_of(level)]
    if codebook is not None and codebook.rule is not None:
        drawn.append(plots.place(bits(audit, codebook, number)))
    parts = [f"<h2>{escape(name[0].upper() + name[1:])}</h2>", _usage(level, codebook)]
    parts.append(f'<div class="figures">{"".join(drawn)}{_heatmap(level)}</div>')
    return "".join([*parts, _exemplars(level, pictures)])


def _figures_of(level: LevelAudit) -> list[Callable[[Audit, int], go.Figure]]:
    """The figures that this level has the numbers for."""
    drawn = [usage, rank_frequency, growth]
    if level.halves.sum(axis=1).all():
        drawn.append(halves)
    if len(level.batches) > 1:
        drawn.append(single_media)
    return [*drawn, positions] if level.positions is not None else drawn


def _usage(level: LevelAudit, codebook: Codebook | None) -> str:
    one = usage_of_counts(level.counts)
    size, tokens = one.codebook_size, one.tokens
    without, lost = unused_codes(level, codebook), 0 if codebook is None else codebook.codes_not_finite
    unseen = f"{without.unseen:,} of {size:,} codes without a token, which more media may find"
    title = "Not seen yet" if without.dead is None else "May still be found"
    none = [(title, unseen)] if without.unseen or without.dead is None else []
    if without.dead is not None:
        none.insert(
            0, ("Dead", f"{without.dead:,} of {size:,} codes or more, which more media of this kind would not find")
        )
    if lost:
        none.append(("Not finite", f"{lost:,} of {size:,} codes, to which no latent is nearest"))
    rows = [
        ("Codes K", f"{size:,}"),
        ("Tokens counted N", f"{tokens:,}"),
        (
            "Used",
            f"{count_of(one.used, 'code')}, {one.usage_of_ceiling:.1%} of the {one.ceiling:,} = min(K, N) that N "
            "tokens can use",
        ),
        ("Usage", f"{one.usage:.1%} of K"),
        *none,
        ("Perplexity", f"{one.perplexity:,.1f} of {one.ceiling:,}"),
        ("Entropy", f"{one.entropy_bits:.3f} bits a token, of log2(K) = {np.log2(size):.3f} bits"),
        ("KL to uniform", f"{one.kl_to_uniform_bits:.3f} bits a token"),
        ("Gini", f"{one.gini:.3f} (0: all codes alike, 1: one code takes all)"),
    ]
    if level.error is not None and np.isfinite(level.error).any():
        mean = float(np.nansum(level.error * level.counts) / tokens)
        rows.append(("Squared distance", f"{mean:.4g} from {level.given} to code, mean over tokens"))
    if level.latent_norm is not None:
        mean, spread, most = level.latent_norm
        rows.append(
            (
                f"{level.given.capitalize()} norm",
                f"mean {mean:.4g} ± {spread:.4g} (standard deviation over {tokens:,} tokens), at most {most:.4g}",
            )
        )
    return _table(rows) + _language(level)


def _language(level: LevelAudit) -> str:
    if level.language is None:
        return ""
    lines = language_lines(level.language, level.codebook_size, level.tokens, law_of_ranks(level.counts).exponent)
    return f"<h3>Tokens as a language</h3><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


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
    until = " A sample over all media, since no more tuples fit into memory." if one.sampled else until
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
    return (
        f"<h2>Skipped: {count_of(len(audit.skipped), 'file')}</h2>" + f'<div class="names">{_table(rows)}</div>' + tail
    )


def _table(rows: Sequence[tuple[str, str]]) -> str:
    """Two columns of HTML."""
    cells = "".join(f'<tr><th scope="row">{name}</th><td>{text}</td></tr>' for name, text in rows)
    return f'<div class="scroll"><table>{cells}</table></div>'


def _figure(picture: str, words: str, wide: bool = False) -> str:
    return f"<figure{' class=wide' if wide else ''}>{picture}<figcaption>{escape(words)}</figcaption></figure>"


def _image(png: bytes, words: str) -> str:
    return f'<img alt="{escape(words)}" src="data:image/png;base64,{b64encode(png).decode("ascii")}">'
