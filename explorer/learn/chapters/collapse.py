"""Collapse, and why the rich get richer."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.lab_links import CONTROLS, DIAGNOSIS, HEATMAP, PLANE, preset

EQUATION = (
    Term("perplexity", "how many codes are in use, in effect"),
    Term(" = exp("),
    Term("-\N{N-ARY SUMMATION} p_k ln p_k", "entropy of the shares of the codes"),
    Term(")  \N{LESS-THAN OR EQUAL TO} "),
    Term("min(K, N)", "its ceiling: with N tokens at most N codes can be seen"),
)

CHAPTER = Chapter(
    "collapse",
    "Collapse: the rich get richer",
    "A code that wins moves to its latents and wins again; one that loses is drawn nowhere.",
    (
        Step(
            "A collapse, as it happens",
            "All 64 codes start in the middle. The few on the outside win every latent in the first steps, and the "
            "others are never near again: a heap of hollow marks in the plane, and striped rows in Codes over time.",
            "lab",
            preset("rich_get_richer"),
            (PLANE, HEATMAP),
            "Only the code that is nearest learns. It moves towards the latents and becomes nearest to more of them.",
        ),
        Step(
            "How many are in use?",
            "The diagnosis counts the dead, and gives the perplexity: how many codes are in use, in effect. A code "
            "that is seldom chosen counts little.",
            "lab",
            None,
            (DIAGNOSIS,),
            "A perplexity of 8 of 64 may be 8 codes used alike, or 20 of which a few do most of the work.",
            EQUATION,
            Question(
                "A batch has 256 latents, the codebook 4,096 codes. What is the highest perplexity that it can show?",
                ("4,096", "256", "There is no limit"),
                1,
                "256: so many latents cannot use more codes than there are latents. A low perplexity of a small batch "
                "is no collapse yet.",
            ),
        ),
        Step(
            "Your task: revive it",
            "The same start again; it pauses itself where the fault is plain. Change one control, play on, and bring "
            "the codes back to life.",
            "lab",
            preset("rich_get_richer") | {"speed": "60"},
            (PLANE, CONTROLS, HEATMAP),
            task=Task(
                "Reach a perplexity of 40 of 64 within 500 steps of this run.",
                (Fact("perplexity", "at least", 40.0), Fact("step", "at most", 500)),
                "A dead code has no latent. Who could give it one? Look under Reseeding.",
                "Done. Reseeding puts a dead code onto a latent, where it wins at once.",
            ),
        ),
    ),
)
