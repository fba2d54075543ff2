"""Multi-head quantization: projected views of a latent, each with a codebook of its own."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.card_links import PICTURE as BOARD
from explorer.learn.chapters.card_links import SIDE, card
from explorer.learn.chapters.lab_links import PLANE, lab

EQUATION = (
    Term("z_q", "what the decoder gets"),
    Term(" = "),
    Term("W_o", "output: puts the codes of all heads together"),
    Term(" g( "),
    Term(
        "Q\N{SUPERSCRIPT ONE}(W\N{SUBSCRIPT ONE} z_e)", "the first head: its view of the latent, and the nearest code"
    ),
    Term(", "),
    Term("Q\N{SUPERSCRIPT TWO}(W\N{SUBSCRIPT TWO} z_e)", "the second head, with a view and a codebook of its own"),
    Term(", \N{HORIZONTAL ELLIPSIS} )"),
)

CHAPTER = Chapter(
    "multihead",
    "Multi-head quantization",
    "Several heads look at the same latent, each from a side of its own and with a codebook of its own.",
    (
        Step(
            "Two views of one latent",
            "A head is a line, and sees only how far along it the latent lies. It takes the nearest of its codes "
            "there. The dotted lines are all places with these codes; the decoded place is where they cross. Drag the "
            "latent, then the knob of a head.",
            "learn",
            card("multihead"),
            (BOARD, SIDE),
            "As in the survey of discrete visual tokenizers (section 7.3). g puts codes side by side or sums them. "
            "With views that are cut out of the latent, side by side, this is product quantization.",
            EQUATION,
        ),
        Step(
            "Two heads that see the same",
            "Both heads look almost the same way here. Each does well on its own view (short bars), and together they "
            "are bad (long bar): what lies across the two lines, neither of them saw.",
            "learn",
            card("multihead", looks="40;50;65"),
            (BOARD, SIDE),
            question=Question(
                "Two heads of 4 codes each look at latents in the same direction. How many different tokens are there?",
                ("4, as both agree", "8, as many as are stored", "16, all pairs of two"),
                0,
                "They see the same and choose the same. 4 bits are sent where 2 would say it all. So heads are trained "
                "to differ.",
            ),
        ),
        Step(
            "Side by side or summed",
            "There are two ways to make one place of the two codes. Here they are added as arrows: summed. Choose side "
            "by side, which takes the crossing of the dotted lines: the same tokens, and the error falls to a quarter.",
            "learn",
            card("multihead", looks="40;70;65", compose="sum"),
            (BOARD, SIDE),
            "A sum counts twice what both views have in common. Side by side the output can undo that, as it sees each "
            "code by itself. With views at right angles there is nothing to undo, and both give the same.",
        ),
        Step(
            "Views that are learned",
            "In the lab the directions are learned, together with the codes. The heads are called levels there: Level "
            "1 and Level 2 above the plane show what each head sees, a line with its codes.",
            "lab",
            lab(quantizer="multihead", model="none", codebook_size=8, initialization="kmeans", dataset="moons"),
            (PLANE,),
        ),
        Step(
            "Your task: look from different sides",
            "The same two heads once more, almost side by side.",
            "learn",
            card("multihead", looks="40;50;65"),
            (BOARD, SIDE),
            task=Task(
                "Reach a quantization error of 0.035 or less with at most 8 stored codes.",
                (Fact("error", "at most", 0.035), Fact("stored", "at most", 8)),
                "Drag the knob of one head until the two look at right angles to each other.",
                "Done. The same 8 codes, less than a twentieth of the error: each head tells what the other misses.",
            ),
        ),
    ),
)
