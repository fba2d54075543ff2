"""Codes without a codebook: a lattice (FSQ)."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.card_links import PICTURE as BOARD
from explorer.learn.chapters.card_links import SIDE, card
from explorer.learn.chapters.lab_links import PLANE, lab
from explorer.learn.chapters.tokens import CARD, PICTURE

INDEX = (
    Term("index", "the token"),
    Term(" = "),
    Term(
        "d\N{SUBSCRIPT ONE}",
        "digit of the first axis, which has L\N{SUBSCRIPT ONE} values: 0 to L\N{SUBSCRIPT ONE} - 1",
    ),
    Term(" + L\N{SUBSCRIPT ONE}"),
    Term("d\N{SUBSCRIPT TWO}", "digit of the second axis"),
    Term(" + L\N{SUBSCRIPT ONE}L\N{SUBSCRIPT TWO}"),
    Term("d\N{SUBSCRIPT THREE}", "digit of the third axis, and so on: mixed radix"),
)
ROUNDING = (
    Term("q(z)", "value of an axis after quantization"),
    Term(" = round( "),
    Term("f(z)", "z, bounded, by tanh for one, so that rounding gives exactly L values"),
    Term(" )"),
)

CHAPTER = Chapter(
    "lattices",
    "Codes without a codebook",
    "FSQ rounds each axis: there is nothing to learn, and little to collapse.",
    (
        Step(
            "Bound, round, read",
            "Finite scalar quantization (FSQ) takes each number of the latent by itself: one curve for each of three. "
            "The curve squeezes it between two bounds, and the stairs round it to one of 5 values, its digit. Three "
            "digits make one index. Drag a point and follow the sum.",
            "learn",
            card("lattice"),
            (BOARD, SIDE),
            "Mentzer et al. 2023 (arXiv 2309.15505). K is the product of the values of all axes. No table is stored: "
            "the index says the place. In the survey of discrete tokenizers for language models, rounding is equation "
            "16; the bound here is the paper's, which gives exactly L values for an even L, too.",
            ROUNDING,
            Question(
                "FSQ bounds and rounds each axis. A latent moves from 2.2 to 2.9 on one. What happens to its token?",
                ("It changes: the latent has moved by more than half", "It leaves the codebook", "Most likely nothing"),
                2,
                "The bound squeezes all that is far out onto the outermost value. Nothing can leave the lattice.",
            ),
        ),
        Step(
            "A lattice while it learns",
            "The codes are the circles, one in the middle of each square; none of them ever moves. Only the encoder "
            "learns, and moves its latents (dots) among them.",
            "lab",
            lab(quantizer="fsq"),
            (PLANE,),
            "The gradient passes the rounding straight through. There is no codebook loss and no commitment: the "
            "reconstruction alone teaches the encoder.",
            question=Question(
                "A code of FSQ is not used by any token. What can bring it into use?",
                ("Reseeding, by moving it onto a latent", "The encoder, by bringing latents to its place"),
                1,
                "There is no vector to move. Only the encoder can bring latents there.",
            ),
        ),
        Step(
            "Digits of a real token",
            "Four axes here, with 8, 5, 5 and 5 values: K = 8 x 5 x 5 x 5 = 1,000 codes. The square that is marked has "
            "token 887. Its digits are 7, 0, 2 and 4: 7 + 8 x 0 + 40 x 2 + 200 x 4.",
            "",
            {"tokenizer": "fsq", "picture": "astronaut", "token": "330"},
            (PICTURE, CARD),
            "Over 240,000 tokens of held-out pictures 997 of the 1,000 codes are used, but not alike: the perplexity "
            "is 394. Nothing to collapse does not mean that all codes are worth the same.",
            INDEX,
        ),
        Step(
            "Your task: a lattice of 8 bits",
            "Choose how many values each of three axes has. Then drag the points until the index is the one that is "
            "asked for.",
            "learn",
            card("lattice"),
            (BOARD, SIDE),
            "The paper's own choice for 2 to the power of 8 codes is 8, 6 and 5 values.",
            task=Task(
                "Make at least 200 and at most 256 codes, which 8 bits can name, and bring the latent to index 100.",
                (Fact("codes", "at least", 200), Fact("codes", "at most", 256), Fact("index", "is", 100)),
                "8, 6 and 5 values make 240 codes, and digits are worth 1, 8 and 48. 100 is 2 x 48 + 0 x 8 + 4.",
                "Done. You counted in a mixed radix: each digit is worth the product of all values before it.",
            ),
        ),
    ),
)
