"""Codebook loss and commitment: who moves whom."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.lab_links import BARS, CONTROLS, CURVES, DIAGNOSIS, PLANE, SQUARED, preset

EQUATION = (
    Term("L = "),
    Term("L_rec", "what the decoder misses of the input; its gradient reaches the encoder past the codes"),
    Term(" + "),
    Term(f"{BARS}sg[z_e] - e{BARS}{SQUARED}", "codebook loss: no gradient reaches the latent, only the code moves"),
    Term(" + "),
    Term("\N{GREEK SMALL LETTER BETA}", "weight of the commitment, 0.25 in the paper"),
    Term(
        f"{BARS}z_e - sg[e]{BARS}{SQUARED}",
        "commitment loss: no gradient reaches the code, only the encoder moves",
    ),
)

CHAPTER = Chapter(
    "commitment",
    "Codebook loss and commitment",
    "Two losses with the same value: one moves the codes to the latents, the other the latents to the codes.",
    (
        Step(
            "Too little commitment",
            "While an encoder learns, its latents move, and they must stay near the codes. A term of the loss (what "
            "training makes small), the commitment, holds them. Here it is weak: the latents fly apart, and the codes "
            "do not catch up. By step 300 they are a small heap in the middle.",
            "lab",
            preset("beta_too_low"),
            (PLANE, DIAGNOSIS),
            "The codebook may be moved by this loss or by a moving average (EMA). The commitment loss is needed either "
            "way: it is the only term that holds the encoder near the codes. Oord et al. 2017 (arXiv 1711.00937), "
            "equation 3.",
            EQUATION,
        ),
        Step(
            "Too much commitment",
            "Here it is strong, and the latents do not dare to leave the codes. They stay squeezed onto a line, and "
            "the decoder has too little to tell inputs apart by.",
            "lab",
            preset("beta_too_high"),
            (PLANE, DIAGNOSIS),
        ),
        Step(
            "Mended",
            "The first run again, with the commitment put right: \N{GREEK SMALL LETTER BETA} is 1. Compare the plane "
            "with what you saw there: the latents stay among the codes. Codes that win nothing are put on latents "
            "again (reseeded); a later chapter says more of that.",
            "lab",
            preset("beta_too_low", mended=True),
            (PLANE, DIAGNOSIS),
            "The best known case is taming-transformers, the code of VQGAN (Esser et al. 2021, arXiv 2012.09841): with "
            "legacy on, which is its default, \N{GREEK SMALL LETTER BETA} weighs the codebook loss. The fault was kept "
            "so that older checkpoints stay what they were.",
            question=Question(
                "In some published programs \N{GREEK SMALL LETTER BETA} stands before the wrong term. Which one must "
                "it weigh?",
                ("The commitment loss", "The codebook loss", "The reconstruction loss"),
                0,
                "The commitment loss. With 0.25 before the codebook loss instead, codes are pulled at a quarter, and "
                "the encoder is held four times as hard.",
            ),
        ),
        Step(
            "Equal values, different work",
            "The same run. Among its curves, look at the loss terms: with \N{GREEK SMALL LETTER BETA} = 1 the line of "
            "the codebook loss and that of the commitment lie on one another.",
            "lab",
            None,
            (CURVES,),
            "Both are the same squared distance. What differs is where the gradient is stopped, and that is not seen "
            "in the value.",
            question=Question(
                "Codebook loss and commitment loss show the same number. Can both be right?",
                ("Yes: only their gradients differ", "No: one of them was computed twice"),
                0,
                "It is how it should be. sg stops a gradient and changes no value. One loss moves the codes, the other "
                "the encoder.",
            ),
        ),
        Step(
            "Your task: hold them",
            "The latents run away again. After 300 steps the quantization error, their mean squared distance to the "
            "codes, is above 1,000.",
            "lab",
            preset("beta_too_low") | {"speed": "60"},
            (PLANE, CONTROLS),
            task=Task(
                "Bring the quantization error to 1 or less, at step 300 or later.",
                (Fact("error", "at most", 1.0, "quantization error"), Fact("step", "at least", 300)),
                "One weight holds the encoder near its codes: \N{GREEK SMALL LETTER BETA}, Commitment beta further "
                "down under Quantizer. It is 0.001 here; try 1.",
                "Done. The commitment pulls the latents back to the codes, however the codes are moved.",
            ),
        ),
    ),
)
