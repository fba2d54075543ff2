"""Binary spherical quantization: onto the sphere, then to a corner."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.card_links import PICTURE as BOARD
from explorer.learn.chapters.card_links import SIDE, card
from explorer.learn.chapters.lab_links import BARS, PLANE, lab

EQUATION = (
    Term("u", "the latent on the sphere, of length 1"),
    Term(f" = z / {BARS}z{BARS}, and "),
    Term("z_q", "the code, a corner of the cube inside the sphere"),
    Term(" = "),
    Term("sign(u)", "+1 or -1 on each axis"),
    Term(" / "),
    Term("\N{SQUARE ROOT}L", "L is the number of axes; so the corners lie on the sphere, too"),
)
MAP = "#codebook-view .codebook-map"

CHAPTER = Chapter(
    "sphere",
    "A sphere with corners: BSQ",
    "Signs again, but of latents that were put on a sphere first: the error has a bound.",
    (
        Step(
            "Onto the sphere, then to a corner",
            "Binary spherical quantization (BSQ): the dashed arrow is the latent z. It is cut or stretched to length "
            "1, which puts it on the sphere (u). Three cuts make eighths; its code is the corner in the middle of its "
            "eighth. Drag u; drag beside it to turn.",
            "learn",
            card("sphere"),
            (BOARD, SIDE),
            "Zhao et al. 2024 (arXiv 2406.07548). With L axes there are 2 to the power of L corners at +-1 / "
            "\N{SQUARE ROOT}L. In the survey of discrete tokenizers for language models this is equation 20. The sign "
            "of 0 is +1 there and in the paper, and -1 in the authors' code and here.",
            EQUATION,
            Question(
                "BSQ quantizes a latent. It becomes twice as long and keeps its direction. What happens to its code?",
                (
                    "Nothing: only the direction gets onto the sphere",
                    "It moves to a corner farther out",
                    "It may change any bit",
                ),
                0,
                "Only its direction gets onto the sphere. The token stays, and so does the distance there: move the "
                "slider of its length.",
            ),
        ),
        Step(
            "An error with a bound",
            "Now the latent is 2.5 long. On the sphere its corner is as near as before (first bar). LFQ leaves the "
            "latent where it is and misses it by more (last bar): the longer the latent, the more, without end.",
            "learn",
            card("sphere", length=2.5),
            (SIDE,),
            "The bars are distances. On the sphere none is above \N{SQUARE ROOT}(2 - 2 / \N{SQUARE ROOT}L): 0.919 for "
            "3 axes. LFQ has its codes at +-1, and a latent may be anywhere.",
        ),
        Step(
            "A circle with four corners",
            "In the lab there are two axes, so the sphere is a circle. Latents (small dots) are drawn on it, and the "
            "four codes are its corners: only the direction of a latent counts.",
            "lab",
            lab(quantizer="bsq"),
            (PLANE,),
            "The borders are the axes, as for LFQ, and an entropy term keeps all corners in use.",
        ),
        Step(
            "Three of ten bits",
            "The codes of a trained tokenizer with 10 axes, too many to draw. Choose three of its bits above the map, "
            "and turn the sphere: size and colour of a corner show the share of tokens with these three.",
            "codebook",
            {"tokenizer": "bsq", "audit": "val"},
            (MAP,),
            "All 1,024 codes are used on held-out pictures, with a perplexity of 784.",
        ),
        Step(
            "Your task: the worst place",
            "Where on the sphere is a latent farthest from its corner?",
            "learn",
            card("sphere"),
            (BOARD, SIDE),
            task=Task(
                "Find a place with code 6, bits 110, at a distance of 0.8 or more from its corner.",
                (Fact("index", "is", 6), Fact("distance", "at least", 0.8)),
                "Farthest is an axis, where all other numbers are 0. Go close to z\N{SUBSCRIPT ONE}, and from there a "
                "little towards z\N{SUBSCRIPT TWO}, and down.",
                "Done. Near an axis the signs of the others hang on almost nothing, and these latents change their "
                "code most easily.",
            ),
        ),
    ),
)
