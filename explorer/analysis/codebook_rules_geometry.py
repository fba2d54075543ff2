"""Rules of the diagnosis on code vectors and latents: why codes died, scale, metric, duplicates, dimensions."""

from __future__ import annotations

import numpy as np

from explorer.analysis.codebook_evidence import Evidence
from explorer.analysis.codebook_findings import GITHUB, LI, VISUAL, Finding, percent
from explorer.analysis.duplicates import NEAR
from explorer.analysis.states import NEAR_DUPLICATE

TOGETHER = 0.5  # share of dead codes that lie on another dead one
FAR = 2.0  # typical distances of a latent to its code that dead codes are away from the nearest latent
EXPLAINED, NEAREST = 0.95, 0.9  # share of latents that a metric explains; below the second something is wrong
ALIKE_BAD, ALIKE_WARN = 0.5, 0.1  # share of the codes in use that have a near-duplicate
MISSED = 1.0  # quantization error as a share of the variance: the mean alone would do as well
FLAT, LEAST_DIM = 0.25, 8  # share of D that latents fill; only said from so many dimensions on


def why_dead(of: Evidence) -> Finding | None:
    """Dead codes in one heap, far from all latents, or among them."""
    count = len(of.unused)
    if of.dead_together >= TOGETHER:
        return Finding(
            "warning",
            f"Dead codes have run together{of.where}",
            f"{percent(of.dead_together)} of {count:,} dead codes lie within {of.states.threshold:.3g} of another dead "
            "one: they have drifted to one place, where no latent picks them.",
            "certain",
            "Reseed them on latents, with fresh statistics: an EMA keeps pulling a code that nothing is assigned to.",
            "geometry",
            f"Unused codes decay to 0: {GITHUB}zalandoresearch/pytorch-vq-vae/issues/10; the EMA overwrites reseeded "
            f"codes: {GITHUB}facebookresearch/encodec/issues/61",
            of.number,
        )
    if of.dead_away >= FAR:
        return Finding(
            "warning",
            f"Dead codes lie where no latent comes{of.where}",
            f"Half of the {count:,} dead codes are at least {of.dead_away:.1f} typical distances ({of.scale:.3g}, of a "
            f"latent to its code) from the nearest of {len(of.latents):,} sampled latents. They are out of reach: a "
            "start of the wrong scale, or latents that moved away.",
            "likely",
            "Start the codes on latents (k-means on the first batches), normalise the latents, or reseed on latents.",
            "geometry",
            f"Initialization and its failure: {VISUAL}, section 5; uniform after k-means, collapsed at step 2: "
            f"{GITHUB}lucidrains/vector-quantize-pytorch/issues/66",
            of.number,
        )
    return Finding(
        "note",
        f"Dead codes lie among the latents{of.where}",
        f"Half of the {count:,} dead codes are within {of.dead_away:.1f} typical distances of a sampled latent: they "
        "lost to codes nearby rather than being out of reach.",
        "possible",
        "Reseed earlier, with a threshold well under N/K tokens a batch, or use an update that moves all codes.",
        "map",
        f"Rich get richer: {VISUAL}, section 3.4.2; thresholds against N/K: {GITHUB}jishengpeng/WavTokenizer/issues/82",
        of.number,
    )


def metric(of: Evidence) -> Finding | None:
    """Tokens whose code is not the nearest one by the codebook's metric."""
    if of.latents is None or (of.codebook.vectors is not None and not of.learned):
        return None
    own = of.codebook.metric
    share = of.nearest
    if share >= NEAREST:
        return None
    count = len(of.compared)
    text = f"Only {percent(share)} of {count:,} sampled latents have the code nearest by the {own} metric{of.where}. "
    others = of.nearest_by_others
    other = max(others, key=others.get, default=own)
    if others.get(other, 0.0) >= EXPLAINED:
        title = f"Tokens follow the {other} metric, not the {own} one{of.where}"
        text += f"By the {other} metric it is {percent(others[other])}: the codes were chosen by that one."
        advice = f"Declare the metric as {other}, or normalise latents and codes alike before comparing them."
    elif own != "implicit" and of.rescaled[1] >= EXPLAINED:
        factor, fits = of.rescaled
        title = f"The codebook is scaled{of.where}"
        text += f"Multiplied by {factor:.3g} its codes would be nearest for {percent(fits)}."
        advice = "Look for a normalisation of latents or codes that is done on one side only."
    else:
        title = f"Codes and tokens do not belong together{of.where}"
        text += (
            "No metric or scale explains the choice: another checkpoint's codebook, permuted codes, or sampled tokens."
        )
        advice = "Check that the codebook is the one that made these tokens; sampling or beam search also do this."
    source = f"Cosine against Euclidean codes: https://arxiv.org/abs/2110.04627; norms: {VISUAL}, sections 5 and 6.3.1"
    return Finding("bad", title, text, "certain", advice, "geometry", source, of.number)


def scale(of: Evidence) -> Finding | None:
    """Codes that reach much farther than latents, or not nearly as far."""
    if not of.learned or of.codebook.metric != "euclidean":  # the others do not compare sizes
        return None
    codes, latents = of.sizes
    large = float(np.median(codes)) > float(np.quantile(latents, 0.99))
    small = float(np.quantile(codes, 0.99)) < float(np.median(latents))
    if not large and not small:
        return None
    ratio = float(np.median(codes) / max(np.median(latents), 1e-30))
    text = (
        f"From the mean of {len(latents):,} sampled latents, half of the codes{of.where} are {np.median(codes):.3g} "
        f"away or more, and half of the latents {np.median(latents):.3g}: {ratio:.2g} times as far. "
    )
    if large:
        title = f"Codes are far larger than latents{of.where}"
        text += "The distances are ruled by the size of the codes, so the few smallest ones win."
    else:
        title = f"Codes are far smaller than latents{of.where}"
        text += "The codes fill only the middle of the cloud, so outer latents all share the outermost few."
    return Finding(
        "bad",
        title,
        text,
        "certain",
        "Start the codes on latents, normalise both (cosine metric), or hold the norms by a penalty.",
        "geometry",
        f"Random initialization and its failure: {VISUAL}, section 5; norm control: section 6.3.1",
        of.number,
    )


def error(of: Evidence) -> Finding | None:
    """Codes that say no more about their latents than the mean of all would."""
    if not of.learned or of.codebook.metric == "dot" or of.relative_error < MISSED:
        return None
    text = (
        f"The mean squared distance of {len(of.latents):,} sampled latents to their codes{of.where} is "
        f"{of.relative_error:.0%} of the latents' variance; the mean of all latents alone would give 100%."
    )
    return Finding(
        "bad",
        f"Codes miss their latents{of.where}",
        text,
        "certain",
        "Raise the commitment weight or the codebook's rate, and check that codes and latents have one scale.",
        "geometry",
        f"Information loss: {LI}, section 6; encoder and codebook out of step: {VISUAL}, section 3.4.3",
        of.number,
    )


def duplicates(of: Evidence) -> Finding | None:
    """Codes in use that lie on each other."""
    alike = of.states.count(NEAR_DUPLICATE)
    if not alike or not of.learned:
        return None
    share = alike / of.usage.used
    level = "bad" if share >= ALIKE_BAD else "warning" if share >= ALIKE_WARN else "note"
    text = (
        f"{alike:,} of {of.usage.used:,} codes in use{of.where} have another within {of.states.threshold:.3g}: "
        f"{NEAR:.0%} of the median distance of a latent to its code ({of.scale:.3g}). Usage counts them, but the "
        "decoder hardly tells them apart."
    )
    return Finding(
        level,
        f"{alike:,} near-duplicate codes{of.where}",
        text,
        "certain",
        "Reseed on latents with a large error instead of splitting codes, or let codes repel each other.",
        "geometry",
        f"Does forced usage mean duplicates: {GITHUB}Neur-IO/OptVQ/issues/9; repulsion: {VISUAL}, section 6.3.2",
        of.number,
    )


def flat(of: Evidence) -> Finding | None:
    """Latents that fill few of their dimensions."""
    if of.latents is None or of.codebook.codebook_dim < LEAST_DIM:
        return None
    dim = of.codebook.codebook_dim
    if of.latent_dimension > FLAT * dim:
        return None
    text = (
        f"The variance of {len(of.latents):,} sampled latents{of.where} fills {of.latent_dimension:.1f} of {dim} "
        "dimensions (exp of the entropy of its shares): a codebook of fewer dimensions could hold the same."
    )
    return Finding(
        "note",
        f"Latents fill few dimensions{of.where}",
        text,
        "likely",
        "Try a smaller codebook_dim (factorized codes), which often raises usage too.",
        "geometry",
        f"Dimension 256 collapses, 32 does not: {GITHUB}TencentARC/SEED-Voken/issues/59",
        of.number,
    )
