"""Nearest code and cells."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.card_links import PICTURE, SIDE, card
from explorer.learn.chapters.lab_links import BARS, CODEBOOK_ONLY, CONTROLS, CURVES, PLANE, SQUARED, lab

EQUATION = (
    Term("k", "the token: number of the code that wins"),
    Term(" = "),
    Term("argmin_j", "every code j is tried, and the one is taken for which what follows is smallest"),
    Term(" "),
    Term(f"{BARS}z_e - e_j{BARS}{SQUARED}", "squared distance of a latent, z_e, to code j, e_j"),
)

# From places where they do not stay, since from those of k-means there is nothing to be seen.
SCATTERED = CODEBOOK_ONLY | {"initialization": "error_driven"}

CHAPTER = Chapter(
    "cells",
    "Nearest code and cells",
    "Every code owns the places that are nearer to it than to any other code: a cell.",
    (
        Step(
            "A cell for each code",
            "Numbered discs are codes. Small dots are latents: the vectors that an encoder makes. Lines part the plane "
            "into cells, and every latent in a cell gets the number of the code inside. Drag a code, and see which "
            "latents change hands.",
            "learn",
            card("cells"),
            (PICTURE,),
            "These cells are the Voronoi diagram of the codes. In 2 dimensions you see them whole; a real codebook has "
            "them in 8 to 256 dimensions, and the map of the Codebook page is only a shadow of it.",
            EQUATION,
            Question(
                "Codes 1 and 5 are not the nearest to any latent. What moves them while a plain codebook learns?",
                (
                    "The latents that come nearest to them",
                    "The decoder, through its gradient",
                    "Nothing: only latents of its own cell move a code",
                ),
                2,
                "A code learns from the latents that chose it. Nobody chose these two, so they stay where they are, "
                "and are called dead. Later chapters show how codes die, and how to bring them back.",
            ),
        ),
        Step(
            "Nearest by angle",
            "Some tokenizers compare directions only. Then cells are wedges from the origin, the point 0 in the "
            "middle, and it does not matter how far out a latent lies. Drag one straight outwards: its number stays.",
            "learn",
            card("cells", metric="cosine"),
            (PICTURE, SIDE),
            "Cosine similarity, as in the codebooks of ViT-VQGAN (Yu et al. 2022, arXiv 2110.04627), which normalizes "
            "latents and codes to length 1.",
            question=Question(
                "A latent is made twice as long, in the same direction. Can its token change?",
                ("By angle yes, by distance no", "By distance yes, by angle no", "Neither by distance nor by angle"),
                1,
                "Its direction is the same, so by angle nothing changes. By distance it may have come into another "
                "cell.",
            ),
        ),
        Step(
            "Let it run",
            "Here a codebook learns, step by step; its codes start on single latents. Each code moves to the middle of "
            "the latents in its cell, so cells and codes settle together: this is k-means. Reset and Play show it "
            "again from the start.",
            "lab",
            lab(speed="10", **SCATTERED),
            (PLANE, CURVES),
            "Moving each code to the mean of its cell, again and again, is also known as Lloyd's algorithm (1982). The "
            "EMA of VQ-VAE does it batch by batch.",
            question=Question(
                "A codebook has learned by k-means. Where do its codes lie closest together?",
                ("Evenly, all over the plane", "In the corners", "Where latents are dense"),
                2,
                "Where many latents lie, a code that is added lowers the error most. Empty places get none.",
            ),
        ),
        Step(
            "Your task: two thirds of the error",
            "With 32 codes a quantization error of about 0.018 remains, the mean squared distance of latents to their "
            "codes. Bring it to two thirds, by one change.",
            "lab",
            lab(speed="full", **CODEBOOK_ONLY),
            (PLANE, CONTROLS, CURVES),
            task=Task(
                "Reach a quantization error of 0.012 or less.",
                (Fact("error", "at most", 0.012, "quantization error"), Fact("step", "at least", 50)),
                "More codes, smaller cells. Change K, the number of codes, under Quantizer: twice as many are enough.",
                "Done. More codes make smaller cells; the price is more bits a token, log2 of K.",
            ),
        ),
    ),
)
