"""Lookup-free quantization: the sign of each axis is a bit."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.card_links import PICTURE as BOARD
from explorer.learn.chapters.card_links import SIDE, card
from explorer.learn.chapters.lab_links import CONTROLS, PLANE, preset

INDEX = (
    Term("index", "the token"),
    Term(" = \N{N-ARY SUMMATION} "),
    Term(
        "2\N{SUPERSCRIPT LATIN SMALL LETTER N}",
        "what a bit is worth: n is 0 on the last axis, so the first is worth most",
    ),
    Term(" "),
    Term("[z > 0]", "1 where the latent is above 0 on this axis, else 0"),
)
ENTROPY = (
    Term("L = "),
    Term("mean H(p)", "entropy of each token's soft bits: low if every token is sure of its signs"),
    Term(" - "),
    Term("H(mean p)", "entropy of the mean over the batch: high if all codes are used alike"),
)
FACTS = "#codebook-view .codebook-facts"

CHAPTER = Chapter(
    "bits",
    "Bits: LFQ",
    "The sign of each axis is a bit, and the bits are the number of the code: nothing is looked up.",
    (
        Step(
            "A sign is a bit",
            "Lookup-free quantization (LFQ) keeps only the sign of each number of the latent. Each column is one "
            "number: above the middle its bit is 1, below it 0. The bits together are read as one index. Drag the "
            "points of the line.",
            "learn",
            card("bits"),
            (BOARD, SIDE),
            "Yu et al. 2023 (MAGVIT-v2, arXiv 2310.05737). Here the first axis is worth the most; the paper counts the "
            "other way round in its equation 4, and so does the survey of discrete tokenizers for language models in "
            "equation 19. Both are found in code, so look before you compare indices. The sign of 0 is -1, bit 0.",
            INDEX,
            Question(
                "LFQ gets one axis more, from 4 to 5. What happens to the number of codes?",
                ("It doubles, from 16 to 32", "It grows by one", "It stays the same"),
                0,
                "D axes make 2 to the power of D codes: 16, 32, 64. 18 axes make 262,144, and no table is stored.",
            ),
        ),
        Step(
            "Every bit is even, and yet",
            "The small dots are a batch of latents. On each axis half of them are above the middle, so every bit is 1 "
            "as often as 0. Yet only 2 of the 16 codes are used, 0000 and 1111: all axes say the same. Entropy, H, is "
            "high where much is evenly possible, and 0 where all is certain.",
            "learn",
            card("bits", link=1, sharpness=10),
            (BOARD, SIDE),
            "So the loss asks for the entropy of whole codes and not of single bits. Equation 5 of the paper, equation "
            "3 of Luo et al. 2024 (arXiv 2409.04410); p are soft bits, sharper with larger t. Here t is 10, so that "
            "each token is nearly sure.",
            ENTROPY,
            Question(
                "The loss of LFQ has two parts: H of each token, and H of their mean. All axes say the same. Which "
                "part is bad?",
                ("The first: each token is unsure of its signs", "The second: on average only few codes are used"),
                1,
                "The tokens are as sure as before. Lower Axes alike, and watch the bars rise to the dashed line.",
            ),
        ),
        Step(
            "First task: balance the batch",
            "The batch stands too high on one axis and too low on another, so these bits hardly ever change. "
            "Perplexity is as how many codes are in even use.",
            "learn",
            card("bits", means="1.1;0;-1.1;0;0;0"),
            (BOARD, SIDE),
            task=Task(
                "Bring the perplexity to 14 or more of 16 codes.",
                (Fact("perplexity", "at least", 14.0), Fact("codes", "is", 16)),
                "A diamond is the middle of the batch on its axis. Drag the first one down and the third one up, onto "
                "the line in the middle.",
                "Done. This is what the second part of the entropy loss does to an encoder.",
            ),
        ),
        Step(
            "Ten bits of a real tokenizer",
            "The codes of a trained LFQ with 10 axes, counted over 240,000 tokens of pictures. All 1,024 codes are "
            "used, as evenly as 867 codes in equal use would be (perplexity).",
            "codebook",
            {"tokenizer": "lfq", "audit": "val"},
            (FACTS,),
            "An entropy term asked for that in training: that every token be sure of its signs and all codes be used "
            "alike. A learned codebook of as many codes, with EMA and reseeding, has a perplexity of 562 on the same "
            "pictures.",
        ),
        Step(
            "Your task: sixteen codes in use",
            "Four signs make 16 codes. Here the entropy term of LFQ, which should spread them, has the wrong sign, and "
            "bits freeze one after the other. Put it right.",
            "lab",
            preset("lfq_sign"),
            (PLANE, CONTROLS),
            task=Task(
                "Bring the perplexity to 8 or more of 16.",
                (Fact("perplexity", "at least", 8.0), Fact("step", "at least", 50)),
                "The term has two parts: each token sure of its signs, and all codes alike. The weight of the second, "
                "Diversity, is below 0: set it to 1 under Quantizer.",
                "Done. With the right sign the term keeps every bit in use.",
            ),
        ),
    ),
)
