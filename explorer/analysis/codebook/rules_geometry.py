"""Rules on vectors and latents: scale, place, latents without a code, error, duplicates, dimensions."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from explorer.analysis.codebook.evidence import Evidence
from explorer.analysis.codebook.findings import GITHUB, LI, VISUAL, Finding, percent
from explorer.analysis.codes.duplicates import NEAR, distinct
from explorer.analysis.codes.neighbours import assign
from explorer.analysis.codes.states import NEAR_DUPLICATE
from explorer.analysis.maps.clouds import GROUPS, evenly, heap
from explorer.foundation.words import count_of, is_are, plural

LARGE, LARGE_ERROR = 2.0, 0.5  # times as far out as latents are the codes; error left, as a share of the variance
SCALED, GAINED = 2.0, 0.7  # latents lie so many times as far out as their codes; the error falls to so much without it
MOVED, MOVED_SHARE = 0.3, 0.5  # spreads of the latents that codes are beside them; share of the error that this makes
BARE, MOST_BARE, BARE_ERROR = 0.02, 0.6, 0.5  # share of latents far from any code: least, most, and of the error
LEFT = 0.25  # of the variance of the latents: an error that is small enough, whatever k-means reaches
MISSED, MISFIT, POOR = 1.0, 1.2, 2.0  # error: in variances of the latents, and in errors of k-means
HALVED = 0.5  # of the error remains when a table is read as its transpose
ALIKE_BAD, ALIKE_WARN = 0.5, 0.1  # share of the codes in use that have a near-duplicate
FLAT, MOST, LEAST_DIM = 0.25, 0.99, 8  # share of D that holds most of the variance; said from so many dimensions on
THIN, NEARLY_ALL = 0.125, 0.999  # share of D that holds nearly all of it
SPHERE = 0.02  # codes whose lengths vary by less lie on a sphere
SOURCE_START = f"Random initialization and its failure: {VISUAL}, section 5; norm control: section 6.3.1"


def same_latents(of: Evidence) -> Finding | None:
    """An encoder that gives one answer to everything."""
    if not of.alike:
        return None
    text = (
        f"{len(of.latents):,} sampled latents{of.where} of {of.usage.tokens:,} are one vector to rounding, so every "
        "token is one code whatever the codebook is."
    )
    level = "note" if of.first_look else "bad"
    advice = (
        "Look at the encoder before the codebook: dead activations, a rate or weight decay too high, an empty medium."
    )
    source = f"Encoder and codebook out of step: {VISUAL}, section 3.4.3"
    title = f"All latents are alike{of.where}"
    return Finding(level, title, text, "certain", advice, "geometry", source, of.number, "Latents all alike")


def bare(of: Evidence) -> Finding | None:
    """A part of the latents that no code lies among."""
    if not of.learned or of.book.metric == "dot":
        return None
    off = of.off_centre
    if not BARE <= off.share <= MOST_BARE or off.error_share < BARE_ERROR or of.misfit < MISFIT:
        return None
    text = (
        f"{percent(off.share)} of {len(of.latents):,} sampled latents{of.where}, those of "
        f"{count_of(len(off.codes), 'code')}, lie {off.distance:.3g} from their code and "
        f"around another place than it (the spread of all latents is "
        f"{of.cloud.spread:.3g}). They make {percent(off.error_share)} of the squared error, which is "
        f"{of.misfit:.2g} times that of k-means: data of a kind that no code was made for, or codes that the encoder "
        "has left behind."
    )
    poor = of.misfit >= POOR
    found = Finding(
        "bad" if poor else "warning",
        f"{percent(off.share)} of the latents lie where no code is{of.where}",
        text,
        "certain" if poor else "likely",
        "Reseed unused codes on latents with a large error, or start the codes on latents of all kinds of data.",
        "geometry",
        f"Reseeding where the error is: {VISUAL}, section 6.3.2; information loss: {LI}, section 6",
        of.number,
        "Latents without a code",
    )
    return _at_first(found, of)


def _at_first(finding: Finding, of: Evidence) -> Finding:
    """What latents of a few media may be like without any fault: they can lie close together beside their codes, and
    k-means fits them alone."""
    if not of.first_look and not of.plain:
        return finding
    few = "one medium" if of.media == 1 else f"{of.media} {of.unit}"
    text = f"{finding.text} So the latents of {few} may be by nature: more media would tell."
    if of.plain and not of.first_look:
        text = f"{finding.text} {of.plain_words}"
    return replace(finding, level="note", sure="possible", text=text)


def scale(of: Evidence) -> Finding | None:
    """Codes of another size than their latents, or in another place."""
    found = _of_scale(of)
    return None if found is None else _at_first(found, of)


def _of_scale(of: Evidence) -> Finding | None:
    if not of.learned or of.book.metric != "euclidean":  # the others do not compare sizes
        return None
    latents, own = of.cloud.points, of.own
    error = float(np.square(latents - own).sum(1).mean())
    if _large(of) and of.relative_error > LARGE_ERROR and of.misfit > MISFIT:
        return _scaled(of, "larger")
    offset = float(np.linalg.norm(latents.mean(0) - own.mean(0)))
    if offset >= MOVED * of.cloud.spread and offset**2 >= MOVED_SHARE * error:
        return _shifted(of, offset, offset**2 / error)
    left, right = latents - latents.mean(0), own - own.mean(0)
    slope = float((left * right).sum() / max(np.square(right).sum(), 1e-300))
    fitted = float(np.square(left - slope * right).sum(1).mean())
    if 1 / SCALED < slope < SCALED or fitted > GAINED * error or of.usage.used < 2:
        return None
    return _scaled(of, "smaller" if slope > 1 else "larger")


def _large(of: Evidence) -> bool:
    """Whether codes reach much farther than latents, and the ones in use lie at the rim of the cloud or beyond."""
    reach, middle = heap(of.cloud.points)
    living = float(np.median(np.linalg.norm(of.living - middle, axis=1)))
    return heap(of.codes)[0] > LARGE * reach and living > reach


def _shifted(of: Evidence, offset: float, share: float) -> Finding:
    text = (
        f"On average a latent{of.where} lies {offset:.3g} beside its code, all in one direction: "
        f"{offset / of.cloud.spread:.2g} spreads of the latents ({of.cloud.spread:.3g}), and {percent(share)} of the "
        "squared error."
    )
    return Finding(
        "bad",
        f"The codebook is shifted against the latents{of.where}",
        text,
        "certain",
        "Look for a mean that is subtracted, or a bias that is added, on one side only; or start the codes on latents.",
        "geometry",
        f"Encoder and codebook out of step: {VISUAL}, section 3.4.3; initialization: section 5",
        of.number,
        "Shifted codebook",
    )


def _scaled(of: Evidence, word: Literal["smaller", "larger"]) -> Finding:
    codes, latents = heap(of.living if word == "smaller" else of.codes)[0], heap(of.cloud.points)[0]
    which = "codes in use" if word == "smaller" else "codes"
    text = (
        f"Half of the {which}{of.where} lie {codes:.3g} or more from their middle, half of the latents {latents:.3g} "
        f"or more from theirs: {codes / max(latents, 1e-300):.2g} times as far. "
    )
    text += (
        "The codes fill only the middle of the cloud, so outer latents all share the outermost few."
        if word == "smaller"
        else "The distances are ruled by the size of the codes, so the few smallest ones win."
    )
    lengths = np.linalg.norm(of.codes, axis=1)
    if lengths.std() < SPHERE * lengths.mean():
        text += f" All codes have one length, {lengths.mean():.3g}: they may be meant for the cosine metric."
    return Finding(
        "bad",
        f"Codes are far {word} than latents{of.where}",
        text,
        "certain",
        "Start the codes on latents, normalise both (cosine metric), or hold the norms by a penalty.",
        "geometry",
        SOURCE_START,
        of.number,
        "Codes of another size",
    )


def error(of: Evidence) -> Finding | None:
    """Codes that say less about their latents than as many means would."""
    if not of.learned or of.book.metric == "dot" or of.usage.used < 2:
        return None
    if of.relative_error < LEFT:
        return None
    far, poor = of.relative_error >= MISSED and of.misfit >= MISFIT, of.misfit >= POOR
    if not far and not poor:
        return None
    text = (
        f"The mean squared distance of {len(of.latents):,} sampled latents to their codes{of.where} is "
        f"{of.relative_error:.0%} of the latents' variance (the mean of all latents alone: 100%); k-means with as "
        f"many codes as are in use, or {GROUPS} of them, reaches {of.reachable_error:.0%}."
    )
    level, sure = ("bad", "certain") if far else ("note", "likely")
    if _transposed(of):
        level = "bad" if far else "warning"
        title = f"The codebook looks transposed{of.where}"
        text += " Read as (dimensions, codes) it would be less than half of that."
        advice = "Transpose the table when it is loaded (.T), rather than reshaping it."
    else:
        title = (
            f"Codes miss their latents{of.where}" if far else f"Codes lie farther from latents than need be{of.where}"
        )
        advice = (
            "Raise the commitment weight or the codebook's rate, and check that the codebook is of this encoder and "
            "that both have one scale."
        )
    source = f"Information loss: {LI}, section 6; encoder and codebook out of step: {VISUAL}, section 3.4.3"
    found = Finding(level, title, text, sure, advice, "geometry", source, of.number, "Codes that miss their latents")
    return _at_first(found, of)


def _transposed(of: Evidence) -> bool:
    size, dim = of.book.vectors.shape
    read = replace(of.book, vectors=np.ascontiguousarray(of.book.vectors.reshape(dim, size).T))
    some = evenly(of.latents, 512)
    away = [float(np.square(some - book.vectors[assign(book, some)]).sum(1).mean()) for book in (of.book, read)]
    return of.book.metric == "euclidean" and away[1] < HALVED * away[0]


def duplicates(of: Evidence) -> Finding | None:
    """Codes in use that lie on each other."""
    alike = of.states.count(NEAR_DUPLICATE)
    if not alike or not of.learned:
        return None
    share = alike / of.usage.used
    level = "bad" if share >= ALIKE_BAD else "warning" if share >= ALIKE_WARN else "note"
    different = distinct(of.living, of.states.threshold)
    text = (
        f"{alike:,} of {of.usage.used:,} codes in use{of.where} {plural(alike, 'has', 'have')} another within "
        f"{of.states.threshold:.3g}, "
        f"{NEAR:.0%} of what keeps codes apart. Usage counts them all, but the decoder hardly tells them apart: "
        f"effectively {count_of(different, 'different code')} {is_are(different)} in use."
    )
    return Finding(
        level,
        f"{count_of(alike, 'near-duplicate code')}: {of.usage.used:,} in use are {different:,} different ones"
        f"{of.where}",
        text,
        "certain",
        "Reseed on latents with a large error (instead of splitting codes, if that is done), or let codes repel each "
        "other."
        if level != "note"
        else "Few enough to live with.",
        "geometry",
        f"Does forced usage mean duplicates: {GITHUB}Neur-IO/OptVQ/issues/9; repulsion: {VISUAL}, section 6.3.2",
        of.number,
        "Near-duplicate codes",
    )


def flat(of: Evidence) -> Finding | None:
    """Latents that fill few of their dimensions."""
    if of.latents is None or of.book.codebook_dim < LEAST_DIM:
        return None
    dim, known = of.book.codebook_dim, of.latent_spectrum
    held = np.cumsum(np.square(known.singular_values))
    if not len(held) or held[-1] <= 0 or len(of.latents) < 4 * dim:
        return None
    most, needed = (int(np.searchsorted(held, share * held[-1]) + 1) for share in (MOST, NEARLY_ALL))
    thin = needed <= THIN * dim and not of.first_look
    if most > FLAT * dim and not thin:
        return None
    text = (
        f"Of {dim} dimensions {most:,} hold {MOST:.0%} of the variance of {len(of.latents):,} sampled "
        f"latents{of.where}, {needed:,} hold {NEARLY_ALL:.1%}; their effective dimension is "
        f"{known.effective_dimension:.1f} (participation ratio). A codebook of fewer dimensions could hold the same."
    )
    return Finding(
        "warning" if thin else "note",
        f"Latents fill {needed} of {dim} dimensions{of.where}" if thin else f"Latents fill few dimensions{of.where}",
        text,
        "certain" if thin else "likely",
        "Try a smaller codebook_dim (factorized codes), which often raises usage too.",
        "geometry",
        f"Dimension 256 collapses, 32 does not: {GITHUB}TencentARC/SEED-Voken/issues/59",
        of.number,
        "Latents of few dimensions",
    )
