"""A course assignment: a small VQ-VAE on digits of 28 x 28 pixels."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.lab_links import CONTROLS, CURVES, PLANE, lab

PICTURES, EXPORT = "#lab-view .lab-panel-pictures", "#lab-view .lab-menu"
DIGITS = {
    "dataset": "digits28",
    "model": "conv",
    "dim": 8,
    "batch_size": 16,
    "lr": 2e-3,
    "initialization": "kmeans",
}
REVIVED = DIGITS | {"codebook_size": 64, "reseeding": "random_latent"}

EQUATION = (
    Term("bits a digit", "what it takes to send the tokens of one digit"),
    Term(" = "),
    Term("7 \N{MULTIPLICATION SIGN} 7", "tokens of a digit: 28 pixels, halved twice, on each side"),
    Term(" \N{MULTIPLICATION SIGN} "),
    Term("log\N{SUBSCRIPT TWO} K", "bits of one token, the number of one of K codes"),
)

CHAPTER = Chapter(
    "assignment",
    "A course assignment: VQ-VAE on digits",
    "Train a VQ-VAE on digits of 28 x 28 pixels, read its curves, take the run home, and keep to a budget of bits.",
    (
        Step(
            "A digit in 49 tokens",
            "The framed originals are digits of 28 x 28 pixels. The encoder "
            "halves each side twice: 28, 14, 7. So a digit becomes 7 x 7 = 49 tokens. The run stands at its start: "
            "nothing is learned yet, and the reconstructions are dark.",
            "lab",
            lab("full", paused=True, **REVIVED),
            (PICTURES,),
            "They are the 1,797 digits of 8 x 8 pixels of scikit-learn, drawn at 28 x 28 by bicubic interpolation: as "
            "large as those of MNIST, and softer, since the drawing adds no detail.",
            EQUATION,
            Question(
                "A digit is 49 tokens. K is doubled, from 32 codes to 64. How many more bits does it cost?",
                ("1 bit", "49 bits", "Twice as many as before"),
                1,
                "Each token costs one bit more, and a digit has 49 tokens: 245 bits become 294.",
            ),
        ),
        Step(
            "Train it and watch",
            "Now it learns. The reconstructions turn into digits. Two of the curves tell how it goes: "
            "Missed by the output, further down, falls, since the digits come out better. Perplexity says how many of "
            "the 64 codes are in use, in effect.",
            "lab",
            lab("full", **REVIVED),
            (PICTURES, CURVES),
            "Missed by the output is the squared error as a share of the variance of the batch: 1 where each digit "
            "comes out as the mean of all, 0 for a perfect copy. This run revives dead codes by reseeding.",
        ),
        Step(
            "Read it, and take it home",
            "Open Export at the top. Curves is a table for a spreadsheet. Frames is for a notebook: the codebook and "
            "the tokens of ten digits, at each kept moment. Link opens the same run again.",
            "lab",
            None,
            (EXPORT, CURVES),
            "numpy.load opens the frames: l0_indices are the tokens, 49 a digit, and l0_vectors the codes. Without the "
            "page, python -m explorer lab, with --settings, --steps and --out, writes the same two files. With the "
            "same seed and settings the run is the same.",
            question=Question(
                "A batch is 16 digits of 49 tokens, and K is 64. What is the highest perplexity that it can show?",
                ("16", "64", "784"),
                1,
                "A batch has 16 x 49 = 784 tokens, more than there are codes. So the ceiling is K: 64 codes, all used "
                "alike.",
            ),
        ),
        Step(
            "Your task: a budget of 245 bits",
            "This run spends 294 bits on a digit, and most of its codes are not used: nothing revives them. Spend "
            "less, and use more.",
            "lab",
            lab("full", codebook_size=64, **DIGITS),
            (PLANE, CONTROLS, CURVES),
            "245 / 49 = 5 bits a token. D and the batch size do not enter.",
            task=Task(
                "Spend at most 245 bits a digit, with plain VQ, and have at least 16 codes in use, in effect "
                "(perplexity 16), after at least 200 steps.",
                (
                    Fact("codes", "at most", 32, "K"),
                    Fact("quantizer", "is", "vq", "Quantizer:"),
                    Fact("perplexity", "at least", 16.0),
                    Fact("step", "at least", 200),
                ),
                "49 log\N{SUBSCRIPT TWO} K is 245 for K = 32. That alone leaves codes dead: look under Reseeding, too.",
                "Done. 32 codes that are used say more than 64 of which most are dead.",
            ),
        ),
    ),
)
