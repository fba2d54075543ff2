"""Additive quantization: all codes of a sum are searched together."""

from __future__ import annotations

import json

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.card_links import PICTURE as BOARD
from explorer.learn.chapters.card_links import SIDE, card
from explorer.learn.chapters.lab_links import BARS, PLANE, SQUARED, VERSUS, lab

EQUATION = (
    Term("i, j, \N{HORIZONTAL ELLIPSIS}", "the token: one number of each codebook"),
    Term(" = "),
    Term("argmin_{i, j, \N{HORIZONTAL ELLIPSIS}}", "those for which what follows is smallest"),
    Term(" "),
    Term(f"{BARS}z_e - (", "squared distance of the latent to the sum"),
    Term("a_i", "code i of the first codebook"),
    Term(" + "),
    Term("b_j", "code j of the second codebook"),
    Term(f" + \N{HORIZONTAL ELLIPSIS}){BARS}{SQUARED}"),
)
MOONS = {"model": "none", "codebook_size": 8, "initialization": "kmeans", "dataset": "moons"}

CHAPTER = Chapter(
    "additive",
    "Additive quantization",
    "A sum of codes again, but no codebook comes first: the codes are searched together, and learned together.",
    (
        Step(
            "The nearest first is not the best",
            "A token is a sum of two codes: an arrow a from the middle, then an arrow b from its tip. Greedy search "
            "(dashed) takes the a nearest to the latent, a0, and then the best b: it ends 0.40 away. Another pair, a1 "
            "and b0, adds up to the latent itself.",
            "learn",
            card("additive", at="-0.4;0.3", beam=2),
            (BOARD, SIDE),
            "Babenko and Lempitsky 2014 (CVPR); the same sum is equation 1 of Martinez et al. 2016 (ECCV). Residual "
            "codebooks shrink from level to level, so greedy search does "
            "well there. Here all codebooks are of like size, and it often does not: switch on Where greedy is wrong.",
            EQUATION,
            Question(
                "An encoder searched longer for its sum of codes. What must the decoder know of that?",
                ("Nothing: it adds the codes that it gets", "How wide the search was, in order to undo it"),
                0,
                "A token is still one number a codebook. Searching longer costs time when encoding, and not a bit more "
                "to send.",
            ),
        ),
        Step(
            "How long to search",
            "Greedy search keeps only its best first code. A beam of 2 keeps the two best and tries to go on from "
            "both. Here even that misses the nearest sum. Raise Beam to 3: it is found. Local search, another way, "
            "begins with greedy and changes one code at a time.",
            "learn",
            card("additive", at="0.05;0.05", beam=2),
            (BOARD, SIDE),
            "A beam of B carries the B best sums on from codebook to codebook. Local search (LSQ, Martinez et al. "
            "2016, ECCV) settles each code beside the others, shakes some of them, settles again, and keeps the "
            "better; there it begins with codes drawn at random. Neither is sure to find the best.",
            question=Question(
                "Two codebooks of 4 codes make 16 sums, which could all be tried. Why is that not done in practice?",
                (
                    "Trying all sums gives worse codes than a search",
                    "Four codebooks of 1,024 codes have a million million sums",
                    "The decoder could not follow",
                ),
                1,
                "About a million million: 1,024 to the power of 4. So one searches well rather than everywhere.",
            ),
        ),
        Step(
            "Learned together",
            "Two runs on the same latents, each with 2 codebooks of 8. A is residual: the second codebook learns what "
            "the first left over. B learns the codes of both at once and searches them together. B leaves less over: "
            "see Quantization error in the table on top.",
            "lab",
            lab(quantizer="rvq", **MOONS) | {"b": json.dumps({"quantizer": "additive"})},
            (VERSUS, PLANE),
            "After 300 steps the quantization error is 0.021 for A and 0.019 for B. All codes are one least-squares "
            "problem: which vectors, added up as they were chosen, come nearest to the latents?",
        ),
        Step(
            "Your task: catch greedy out",
            "Find a place where greedy search is far from the best, and a small beam is not.",
            "learn",
            card("additive"),
            (BOARD, SIDE),
            task=Task(
                "Drag the latent to where greedy misses by 0.3 or more (gap), and let a beam of at most 2 find the "
                "nearest sum (missed 0).",
                (Fact("gap", "at least", 0.3), Fact("missed", "at most", 0.001), Fact("beam", "at most", 2)),
                "Switch on Where greedy is wrong, and drag to a shaded place between codes, such as below and right of "
                "a0. Then raise the beam to 2.",
                "Done. Two partial sums instead of one, and what looked worse at first turned out best.",
            ),
        ),
    ),
)
