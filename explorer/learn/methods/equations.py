"""What the equation of each method was read in: the paper itself, a text that quotes it, the authors' code, a survey.

So that nobody takes a formula here for the paper's where the paper was not at hand. The docstrings say more of what
differs; the tests of the table hold the formulas. `formulas.py` has the same of what is measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

Reading = Literal["paper", "quoted", "code", "survey", "common", "own", "none"]
READINGS: Mapping[Reading, str] = {
    "paper": "The paper's own text was read.",
    "quoted": "The paper's equation was read where another text quotes it.",
    "code": "The paper was not at hand: its authors' code or page was read.",
    "survey": "The equation is that of a survey.",
    "common": "A formula in common use, of which no paper was read: its test holds it by hand or by a library.",
    "own": "No paper's equation: what is done is defined here.",
    "none": "There is nothing to compute.",
}
LI = "Li et al. 2025 (arXiv 2507.22920)"
VISUAL = "Discrete Visual Tokenizers for Multimodal LLMs, 2025"


@dataclass(frozen=True)
class Equation:
    """source: the paper, with the numbers of its equations where they are certain; of no paper the formula itself, or
    why there is none. at: where it was read, if that is not the paper, or those of several papers that were not to be
    had. differs: what is other here, if anything is."""

    reading: Reading
    source: str
    at: str = ""
    differs: str = ""

    def as_json(self) -> dict[str, str]:
        """Plain values for the page."""
        return asdict(self)


def _visual(section: str, differs: str = "") -> Equation:
    return Equation("survey", f"{VISUAL}, section {section}", differs=differs)


_QUANTIZERS: Mapping[str, Equation] = {
    "VQ, Euclidean": Equation(
        "paper",
        "van den Oord et al. 2017, eqs 1 to 3",
        differs="Both losses are means over the axes, where eq. 3 has squared lengths.",
    ),
    "VQ, cosine": Equation(
        "quoted",
        "Yu et al. 2022 (ViT-VQGAN): the distance of normalized latents and codes",
        "TCSinger, appendix A.2, eq. 6, which takes the loss over; github.com/cfifty/rotation_trick, which quotes the "
        "paper's sentence",
        "The losses are means over the axes.",
    ),
    "k-means tokens": Equation(
        "paper",
        "Jegou et al. 2011, eqs 4 and 5: Lloyd's two conditions; Hsu et al. 2021 cluster so",
    ),
    "RVQ, greedy": Equation(
        "paper",
        "Zeghidour et al. 2021, algorithm 1; Lee et al. 2022",
        differs="The commitment is the mean over levels, not the sum; each level has a codebook of its own.",
    ),
    "RVQ, beam search": Equation("own", "What is searched is the error of RVQ; a beam is a way to search"),
    "PQ, grouped VQ": Equation(
        "paper",
        "Jegou et al. 2011, eqs 8 to 11",
        differs="Codebooks learn as those of VQ and not by k-means of their slices.",
    ),
    "OPQ": Equation(
        "paper",
        "Ge et al. 2013, eqs 4 to 7 and algorithm 1",
        differs="Latents are rows: the rotation is the transpose of theirs.",
    ),
    "AQ, LSQ": Equation(
        "paper",
        "Martinez et al. 2016, eqs 2 to 4 and section 3; AQ, Babenko and Lempitsky 2014; LSQ++, Martinez et al. 2018",
        "AQ in the first of these and in Vali 2025 (doctoral thesis), section 2.7.3; LSQ++ in its code, "
        "github.com/una-dinosauria/Rayuela.jl",
        "The beam takes levels in order; local search starts from it, and what is perturbed is not drawn; the ridge "
        "holds codes where they are.",
    ),
    "Multi-head VQ": _visual("7.3"),
    "VQ-VAE-2, hierarchical": Equation(
        "paper",
        "Razavi et al. 2019, algorithm 1 and eq. 2",
        "pictures of both from its pages, github.com/DeepPaperStudy/DPS-2nd, vqvae2.pdf",
        "Losses are means over the axes and over the grids.",
    ),
    "FSQ": Equation(
        "paper",
        "Mentzer et al. 2023, section 3.1 and appendix A.1",
        differs="The shift is atanh where the listing has tan; the outermost level is not overstepped.",
    ),
    "LFQ": Equation(
        "quoted",
        "Yu et al. 2023, eqs 3 to 5",
        "Luo et al. 2024 (arXiv 2409.04410), eqs 1 to 3, and its code, github.com/TencentARC/SEED-Voken",
        "Bits are numbered from the other end; of many bits the second entropy is a sum over groups.",
    ),
    "BSQ": Equation(
        "quoted",
        "Zhao et al. 2024: u, its sign over the root of L, the product over bits (eq. 5 or 7, by version)",
        "stellacustodis.github.io/posts/binary-spherical-quantization; Zhao et al. 2025 (arXiv 2502.05178), eq. 1",
        "The sign of 0 is -1; tau is twice the inverse temperature; the second entropy is of groups of bits.",
    ),
    "GART, NodePiece": Equation(
        "survey",
        f"Galkin et al. 2022; {LI}, section 2.8",
        "also Li et al. 2023 (Random entity quantization), section 2.2.1; github.com/migalkin/NodePiece",
    ),
    "Compact 1-D tokens, TiTok": Equation(
        "quoted",
        "Yu et al. 2024, section 3.2",
        "TA-TiTok, by the same group, eqs 1 and 2; its code, github.com/bytedance/1d-tokenizer",
        "One stage that is trained on pixels; other layers at the ends.",
    ),
    "Gumbel-softmax VQ": Equation(
        "paper",
        "Jang et al. 2017, eqs 1 and 2",
        differs="The logits are minus squared distances, scaled; the KL is that of the mean over a batch.",
    ),
    "Soft VQ, soft-to-hard": Equation(
        "code",
        "Agustsson et al. 2017",
        "github.com/fab-jul/imgcomp-cvpr, quantizer.py, of a later paper of theirs; notes on DeepJSCC-Q (Tung et al. "
        "2022); not so in github.com/fab-jul/phd-thesis, imgcomp.tex, whose distances are not squared",
        "A commitment is added; the cost of the codes' entropy is not.",
    ),
    "SimVQ": Equation("paper", "Zhu et al. 2024, algorithm 1", differs="No bias, as there; their code has one."),
    "Affine reparameterization": Equation(
        "quoted",
        "Huh et al. 2023: c_mean + c_std times each code",
        "StableVQ (Tang et al.), section 3.2; minyoungg.github.io/vqtorch; github.com/minyoungg/vqtorch",
        "The spread is exp(s), there 1 + s; beta weighs the commitment alone.",
    ),
    "CVQ-VAE, online clustering": Equation(
        "quoted",
        "Zheng and Vedaldi 2023: average use, decay, update",
        "github.com/ricolxwz/note, cvq-vae.md; github.com/lyndonzheng/CVQ-VAE",
        "No contrastive loss.",
    ),
    "IBQ": Equation(
        "quoted",
        "Shi et al. 2024, eq. 10",
        "github.com/TencentARC/SEED-Voken, issues 50 and 60, and its code",
        "Codes are scored by distance, there by product; the same for codes of one length.",
    ),
    "NSVQ": Equation(
        "quoted",
        "Vali and Backstrom 2022",
        "Vali 2025 (doctoral thesis), section 5.2 and figure 5.2; kexue.fm/archives/11328; "
        "github.com/MHVali/Noise-Substitution-in-Vector-Quantization",
        "No replacement of unused codes.",
    ),
    "DiVeQ": Equation(
        "quoted",
        "Vali et al. 2025",
        "kexue.fm/archives/11328; github.com/zhaoyang97/Paper-Notes-en; github.com/AaltoML/DiVeQ",
        "Sigma is 0.001, as in the code, where the paper has the square of it.",
    ),
    "Curriculum of code activation": Equation("own", f"{LI} names it and gives no schedule"),
    "Nested dropout over levels": Equation(
        "paper",
        "Zeghidour et al. 2021, section III-C",
        differs="Each latent has its own number of levels, and levels that are left out go on learning.",
    ),
    "Nested dropout over 1-D tokens": Equation(
        "paper",
        "Rippel et al. 2014, section 2 and eqs 1 to 3",
        differs="Any number of tokens is as likely, where theirs is geometric; a share of the pictures keeps all.",
    ),
}

_GRADIENTS: Mapping[str, Equation] = {
    "Straight-through": Equation("paper", "van den Oord et al. 2017, section 3.2"),
    "Gumbel-softmax": Equation("paper", "Jang et al. 2017, eqs 1 and 2"),
    "Rotation trick": Equation("paper", "Fifty et al. 2024, sections 4.1 and 4.2"),
    "The bottleneck, measured": Equation("own", "Length and angle of two gradients"),
}

_LIFE: Mapping[str, Equation] = {
    "Gaussian": _visual("5"),
    "Uniform in [-a, a]": _visual("5"),
    "k-means on early latents, ++ start": _visual(
        "5", "The start is the greedy k-means++ of scikit-learn: the best of a few draws."
    ),
    "Online bootstrapping": _visual("5", "No noise is added."),
    "Error-driven": _visual("5", "Codes are drawn in rounds, from the 5% of latents that are served worst."),
    "Feature-based: on a trained encoder": _visual("5"),
    "Codebook loss": Equation(
        "paper", "van den Oord et al. 2017, eq. 3", differs="A mean over the axes, not a squared length."
    ),
    "EMA with Laplace smoothing": Equation(
        "paper",
        "van den Oord et al. 2017, eqs 6 to 8",
        differs="The smoothing is that of Sonnet; the paper has none.",
    ),
    "Soft EM": Equation(
        "paper",
        "Roy et al. 2018, section 3.2",
        differs="The expectation and not samples of it; a temperature; the nearest code is decoded.",
    ),
    "Autoencoder warm-up": Equation("own", "The first steps have no quantizer"),
    "EMA count under a threshold": _visual("4.2"),
    "Steps since the last assignment": _visual("4.2"),
    "Perplexity over recent batches": _visual("4.2", "Named there; the rule is defined here."),
    "Entropy of the histogram": _visual("4.2", "Named there; the rule is defined here."),
    "Random latent and noise": _visual("4.2", "The noise is a share of the latents' spread."),
    "Hard example": _visual("4.2", "Noise is added here, too."),
    "Split and perturb a popular code": _visual("4.2"),
    "Reservoir buffer": _visual("4.2", "Noise is added here, too."),
}

_LOSSES: Mapping[str, Equation] = {
    "Reconstruction, l1 or l2": Equation("own", "Mean absolute or squared difference"),
    "Commitment, beta": Equation(
        "paper", "van den Oord et al. 2017, eq. 3", differs="A mean over the axes, not a squared length."
    ),
    "Soft-assignment entropy": _visual("6.1", "Its last formula has a minus sign too many; the text is followed."),
    "KL to uniform": _visual("6.1"),
    "Norm control": _visual("6.3.1", "A mean over codes, not a sum."),
    "Repulsion": _visual("6.3.2", "A mean over pairs, not a sum."),
    "Orthogonality": _visual("6.4.1", "A mean over pairs, not a sum."),
    "Variance": _visual("6.4.2"),
    "Contrastive": _visual("6.4.3"),
    "VICReg": _visual("6.4.4"),
    "Perceptual": Equation("own", "Stands where VQGAN has LPIPS"),
    "PatchGAN, adaptive weight": Equation(
        "paper",
        "Esser et al. 2021, eq. 7",
        differs="As in the authors' code: all of the reconstruction loss, delta 1e-4, and the hinge.",
    ),
}

# Name of a method -> its equation, in these groups of the table.
EQUATIONS: Mapping[str, Equation] = {**_QUANTIZERS, **_GRADIENTS, **_LIFE, **_LOSSES}
HELD = (
    "Quantizers",
    "Gradients",
    "Where codes start",
    "What moves codes",
    "When a code is dead",
    "Reseeding",
    "Losses",
)
