"""Extra loss terms: what each asks of the codes, and what it does not."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.lab_links import CONTROLS, CURVES, DIAGNOSIS, HEATMAP, PLANE, lab, preset

# Codes that learn by the gradient and start close together: few are ever chosen.
CROWDED = {"update": "gradient", "init_scale": 0.1, "codebook_lr": 0.01}
P = "p\N{COMBINING MACRON}_k"
ENTROPY = (
    Term("loss", "added to the others, times its weight"),
    Term(" = "),
    Term(f"\N{N-ARY SUMMATION} {P} ln {P}", "minus the entropy of the shares: least where all codes get the same"),
    Term(",   "),
    Term(P, "share of code k in the batch, on average over its latents"),
    Term(" = "),
    Term(
        "mean softmax(-|z - e_k|\N{SUPERSCRIPT TWO} / \N{GREEK SMALL LETTER TAU})",
        "soft choice, which has a gradient; \N{GREEK SMALL LETTER TAU}, its temperature, is 1 here",
    ),
)
GEOMETRY = (
    Term("norm", "how far lengths of codes are from 1"),
    Term(" = mean(|e_k| - 1)\N{SUPERSCRIPT TWO},   "),
    Term("repulsion", "how near codes are to each other; \N{GREEK SMALL LETTER TAU} is 1 here"),
    Term(" = mean exp(-|e_i - e_j|\N{SUPERSCRIPT TWO} / \N{GREEK SMALL LETTER TAU}),   "),
    Term("orthogonality", "how far codes point in the same or in opposite directions"),
    Term(" = mean cos\N{SUPERSCRIPT TWO}(e_i, e_j),   "),
    Term("variance", "how far the codes' variance falls short of 1"),
    Term(" = max(0, 1 - Var e)"),
)

CHAPTER = Chapter(
    "regularizers",
    "Entropy and the other regularizers",
    "A regularizer adds a wish to the loss. Know what it wishes for, and what it does not.",
    (
        Step(
            "A crowd in the middle",
            "The codes start close together and learn by the gradient. After 400 steps about 7 of 64 are in use, in "
            "effect: only chosen codes are moved.",
            "lab",
            lab("60", **CROWDED),
            (PLANE, HEATMAP),
        ),
        Step(
            "Entropy: give every code its share",
            "Entropy is largest where all codes are used alike. The same start, with soft entropy at weight 0.03 in "
            "the loss: it pulls at codes that are not chosen, too. After 400 steps more than 40 are in use, in effect.",
            "lab",
            lab("60", **CROWDED, soft_entropy=0.03),
            (PLANE, CONTROLS),
            "Section 6.1 of the survey Discrete Visual Tokenizers for Multimodal LLMs (2025). KL to uniform is log K "
            "minus the same entropy: the same gradient. More is not better: weight 1 ends with fewer codes in use than "
            "0.03.",
            ENTROPY,
            Question(
                "There are two entropies: of the average over a batch, and of a single latent's own choice. Which is "
                "to be high?",
                (
                    "That of the single choice: latents are unsure",
                    "That of the average: all codes are used",
                    "Both: the more entropy, the more is told",
                ),
                1,
                "Spread over the batch, but sure for each latent. LFQ and BSQ lower the second and raise the first. If "
                "each latent is undecided, usage is even as well, and tokens say nothing.",
            ),
        ),
        Step(
            "Geometry: where codes lie",
            "This run has norm control at weight 1. Codes are pulled to length 1, and latents of length 2 are served "
            "worse: fewer are in use than with entropy, and the error is larger.",
            "lab",
            lab("60", **CROWDED, norm=1.0),
            (PLANE, CURVES),
            "Sections 6.3, 6.4.1 and 6.4.2. None of these terms looks at a latent, so none asks that codes be used; "
            "they help where codes lie on each other.",
            GEOMETRY,
            Question(
                "64 codes in two dimensions, orthogonality at a high weight. Can the term reach 0?",
                (
                    "Yes: with a high weight and a long training",
                    "No: in a plane only two directions are at right angles",
                ),
                1,
                "In D dimensions at most D directions are at right angles to each other. With K far above D the term "
                "only spreads directions.",
            ),
        ),
        Step(
            "Forced too hard",
            "Here the weight is 10. No code is dead and the perplexity is near its ceiling; and yet the outputs miss "
            "much, because choices are nearly at random.",
            "lab",
            preset("entropy_too_strong"),
            (DIAGNOSIS, CURVES),
            question=Question(
                "The perplexity of a tokenizer is at 95% of its ceiling. What do you know?",
                (
                    "The reconstructions are good",
                    "Codes are used alike, and no more than that",
                    "K is too small for what is to be said",
                ),
                1,
                "The ceiling, min(K, latents of a batch), is a property of the count. Random tokens reach it, too.",
            ),
        ),
        Step(
            "Your task: one weight",
            "The crowd in the middle again, at step 0, drawn large, since all still lies close together. Choose one "
            "regularizer and its weight, then press Play. No reseeding, no EMA.",
            "lab",
            lab("60", paused=True, **CROWDED),
            (PLANE, CONTROLS, CURVES),
            task=Task(
                "Reach a perplexity of 40 of 64 at a quantization error of 0.02 or less, within 1,000 steps.",
                (
                    Fact("perplexity", "at least", 40.0),
                    Fact("error", "at most", 0.02),
                    Fact("step", "at most", 1000),
                    Fact("codes", "is", "64", "K"),
                    Fact("reseeding", "is", "none", "Reseeding, Strategy:"),
                    Fact("update", "is", "gradient", "Codebook update:"),
                ),
                "Which of them asks that codes be used? A small weight is enough, such as 0.03.",
                "Done. Soft entropy draws codes to latents that they do not win yet.",
            ),
        ),
    ),
)
