"""Product quantization: a grid of cells, and a grid that is turned (OPQ)."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.card_links import PICTURE as BOARD
from explorer.learn.chapters.card_links import SIDE, card
from explorer.learn.chapters.inspect_links import LEVELS, PICTURE, TOKENS
from explorer.learn.chapters.lab_links import PLANE, lab

EQUATION = (
    Term("z_q", "what the decoder gets"),
    Term(" = [ "),
    Term("c\N{SUPERSCRIPT ONE}", "code nearest to the first part of the latent, from the first codebook"),
    Term(", "),
    Term("c\N{SUPERSCRIPT TWO}", "code nearest to the second part, from the second codebook"),
    Term(", \N{HORIZONTAL ELLIPSIS} ]"),
)

CHAPTER = Chapter(
    "products",
    "Product quantization",
    "A latent is cut into parts, and each part has a codebook of its own: a grid of cells, which can be turned.",
    (
        Step(
            "A grid of cells",
            "Four codes on each axis make 16 cells. The token of a latent is a pair of numbers, one from each axis. "
            "Drag the latent from cell to cell.",
            "learn",
            card("product"),
            (BOARD,),
            "Jegou et al. 2011 (IEEE TPAMI 33), equations 8 to 10. A part is several numbers there, and one number "
            "here, so that you can see the grid. Cutting into M parts with K codes each stores M times K codes and "
            "makes K to the power of M cells. In the survey of discrete tokenizers for language models this is "
            "equation 14.",
            EQUATION,
            Question(
                "8 codes on each of two axes. How many codes are stored, and how many cells are there?",
                ("16 stored, 64 cells", "16 stored, 16 cells", "64 stored, 64 cells"),
                0,
                "8 + 8 are stored, and 8 x 8 pairs can be made of them.",
            ),
        ),
        Step(
            "While it learns",
            "In the lab each part is shown by itself: a line with its codes, and latents as they fall on it. Choose "
            "Level 2 above the plane for the second part. Neither knows of the other.",
            "lab",
            lab(quantizer="pq", model="none", codebook_size=8, initialization="kmeans", dataset="moons"),
            (PLANE,),
            "Because parts do not know of each other, there are cells where no latent ever is. After 300 steps "
            "the error is 0.033 here; a residual quantizer with 8 + 8 codes leaves 0.021.",
        ),
        Step(
            "No part is the first",
            "This tokenizer has four groups. Above the picture, press Mute and a group, one after the other. What is "
            "lost is seen in the reconstruction, further down.",
            "",
            {"tokenizer": "pq-4", "picture": "coffee"},
            (LEVELS, PICTURE, TOKENS),
            question=Question(
                "The first level of a residual quantizer alone shows the picture. Does the first group of a product "
                "quantizer, too?",
                ("No: groups lie side by side, without an order", "Yes: the first number always matters most"),
                0,
                "Groups are parts, not corrections. In this tokenizer the second and the fourth carry the most; nobody "
                "chose that, it came out of the training.",
            ),
        ),
        Step(
            "Does turning help?",
            "A long, tilted cloud. Turn the grid by the knob of its first axis and watch the curve of the error.",
            "learn",
            card("product", cloud="long"),
            (BOARD, SIDE),
            "Optimized product quantization (Ge et al. 2013, CVPR) turns the latents before they are cut, and shares "
            "out the spread among the parts, too.",
            question=Question(
                "A long cloud, and 4 codes on each of two axes: the error hardly changes, however they are "
                "turned. Why?",
                (
                    "The codes have not yet been fitted to the cloud as it is turned",
                    "A rotation never changes anything",
                    "What one axis gains the other loses: both have 4 codes",
                ),
                2,
                "With 8 codes on the first axis and 2 on the second, still 16 cells, a turn by 30 degrees leaves less "
                "than half of the error. Codes must go where the spread is.",
            ),
        ),
        Step(
            "Your task: turn the grid",
            "These latents stand on a grid themselves, but a tilted one. Sixteen cells would be enough for sixteen "
            "clusters.",
            "learn",
            card("product"),
            (BOARD, SIDE),
            "Turn as OPQ does repeats two steps: codes to the latents, rotation to the codes. It only goes downhill: "
            "from 0 degrees it stops at -3, from 10 degrees it arrives.",
            task=Task(
                "Reach a quantization error of 0.006 or less with at most 8 stored codes.",
                (Fact("error", "at most", 0.006), Fact("stored", "at most", 8)),
                "The curve shows the error at each angle. Drag the knob until the mark is at the lowest place, near 27 "
                "degrees, or press Best of all angles.",
                "Done. Not one code more, and a ninth of the error: the axes now lie as the data does.",
            ),
        ),
    ),
)
