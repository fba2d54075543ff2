"""The formula of each measure of the table, and what was read for it; `equation_of` finds that of any row.

As in `equations.py` no formula is called a paper's that was not read in it: most measures are formulas in common use,
which their tests hold by hand or by a library. Experiments and media compute nothing of their own.
"""

from __future__ import annotations

from collections.abc import Mapping

from explorer.learn.methods.equations import EQUATIONS, HELD, Equation


def _common(formula: str, differs: str = "") -> Equation:
    return Equation("common", formula, differs=differs)


def _own(formula: str) -> Equation:
    return Equation("own", formula)


MEASURED: Mapping[str, Equation] = {
    "Usage, used codes": _own("Codes with a token, over K and over min(K, N) for N tokens"),
    "Dead": _common(
        "Chao2, bias-corrected (Chao 1987): (T - 1) / T times Q1 (Q1 - 1) / (2 (Q2 + 1)) codes are still to come, with "
        "Q1 and Q2 codes in one and in two of T media",
        "An upper limit of it is taken, by constants that are set on codebooks of which it is known; where many codes "
        "are rare, one that carries the ratios of Q1, 2 Q2 and 6 Q3 on by a step, as likely.",
    ),
    "Unseen": _own("No token, where too few media were counted to call a code dead"),
    "Perplexity": _common("2^H = exp(- sum p ln p), p the share of the tokens of each code"),
    "Entropy": _common("H = - sum p log2 p, p the share of the tokens of each code"),
    "Gini of code counts": _common("Mean absolute difference of all pairs of counts, over twice their mean"),
    "KL to uniform": _common("log2 K - H"),
    "Per level and joint": _own("The formulas above, of each level's counts and of those of tuples of codes"),
    "Gradient through the bottleneck": _own("|dL/dz_e| over |dL/dz_q|, means of the lengths a token; their cosine"),
    "Quantization error": Equation(
        "paper",
        "Jegou et al. 2011, eq. 3: the mean of |z_e - z_q|^2",
        differs="Of a token by itself it is the square; a codebook of the cosine has vectors of length 1.",
    ),
    "PSNR": _common("10 log10(1 / MSE), of all pixels and channels, whose peak is 1"),
    "SSIM": Equation(
        "paper",
        "Wang et al. 2004, eqs 13 to 17",
        differs="The mean of all channels, where their experiments take the luminance, at half the size.",
    ),
    "MS-SSIM": _common(
        "Wang et al. 2003: contrast and structure of five scales, each half the one before, and the luminance of the "
        "last, to powers that sum to 1, multiplied"
    ),
    "SI-SDR": _common("Le Roux et al. 2019: 10 log10(|a x|^2 / |a x - y|^2) with a = x.y / |x|^2"),
    "Log-mel distance": _own("Mean absolute difference in dB of two mel spectrograms of 80 bands"),
    "PSNR a frame": _common("The PSNR of each frame, and their mean"),
    "Bits a token, a pixel, a second": _common("Sum of log2 K over the indices, for each token, pixel or second"),
    "Empirical against uniform entropy": _common("H of the counts of each index, beside its log2 K"),
    "Rate-distortion curve": Equation("none", "Points of two rows above: bits a pixel or a second, and quality"),
    "Encoder drift, lag of codes": _own(
        "Root mean square way of a fixed batch's latents in a step; mean distance of codes to the mean of what each "
        "last won; both over the latents' spread"
    ),
    "Effective dimension over time": _common("(sum l)^2 / sum l^2, l the variances along the principal axes"),
    "Token collapse, embedding collapse": _own(
        "Shares of codes in use, and the spread of chosen codes over that of the latents, against limits set here; the "
        "two kinds are named by Zhao et al. 2024 (arXiv 2411.16550)"
    ),
    "Ceiling without a quantizer": _own("z_q = z_e, in training and after it"),
    "Decode under wrong tokens": _own(
        "Squared error of outputs over the variance of inputs, with codes drawn at random"
    ),
    "Linear probe": _common("Share of held-out items whose class logistic regression tells from their tokens, one-hot"),
}

_WITHOUT: Mapping[str, Equation] = {
    "Experiments": Equation("none", "A question put to methods of this table; what it counts are rows of Measures"),
    "Modalities": Equation("none", "A medium that is read, and no method"),
}

# Group of the table -> name of a row -> its equation.
_GROUPS: Mapping[str, Mapping[str, Equation]] = {group: EQUATIONS for group in HELD} | {"Measures": MEASURED}


def equation_of(group: str, name: str) -> Equation:
    """Of the row of that name in a group of the table. Raises KeyError where it has none."""
    return _WITHOUT[group] if group in _WITHOUT else _GROUPS[group][name]
