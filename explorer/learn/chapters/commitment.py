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
            "With a weak commitment nothing holds the latents: they swell, and the codes run after them without "
            "catching up. Watch the numbers at the axes.",
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
            "With a strong commitment the latents do not dare to leave the codes. They stay squeezed together, and the "
            "decoder has too little to tell inputs apart by.",
            "lab",
            preset("beta_too_high"),
            (PLANE, DIAGNOSIS),
        ),
        Step(
            "Equal values, different work",
            "In the curves the two losses often lie on one another.",
            "lab",
            None,
            (CURVES,),
            "Both are the same squared distance. What differs is where the gradient is stopped, and that is not seen "
            "in the value.",
            question=Question(
                "Codebook loss and commitment loss (before its weight) show the same number. Is that a bug?",
                ("Yes, one of them is computed twice", "No: they differ in their gradient, not in their value"),
                1,
                "It is how it should be. sg[.] changes nothing going forward; going backward one moves codes and the "
                "other the encoder.",
            ),
        ),
        Step(
            "Mended",
            "The same run with the commitment put right. Compare the plane and the diagnosis with what you saw before.",
            "lab",
            preset("beta_too_low", mended=True),
            (PLANE, DIAGNOSIS),
            question=Question(
                "Beta stands before the wrong term in some code that people copy. Which term must it weigh?",
                ("The codebook loss", "The commitment loss", "The reconstruction"),
                1,
                "The commitment loss. With 0.25 before the codebook loss instead, codes move four times too slowly.",
            ),
        ),
        Step(
            "Your task: hold them",
            "The latents run away again. After 300 steps their distance to the codes is a thousand times their spread.",
            "lab",
            preset("beta_too_low") | {"speed": "60"},
            (CONTROLS, PLANE),
            task=Task(
                "Bring the quantization error to 0.1 or less, at step 300 or later.",
                (Fact("error", "at most", 0.1, "quantization error"), Fact("step", "at least", 300)),
                "One weight holds the encoder near its codes. It is 0.001 here.",
                "Done. The commitment pulls the latents back to the codes, however the codes are moved.",
            ),
        ),
    ),
)
