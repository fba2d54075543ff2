"""Where codes start, and why a start on latents may not last."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.card_links import PICTURE, SIDE, card
from explorer.learn.chapters.inspect_links import EXPERIMENT
from explorer.learn.chapters.lab_links import CONTROLS, CURVES, DIAGNOSIS, PLANE, lab, preset

STARTED_ON_LATENTS = {"codebook_size": 32, "initialization": "kmeans"}
KMEANS = (
    Term("e_k", "code k"),
    Term(" \N{LEFTWARDS ARROW} "),
    Term("\N{GREEK SMALL LETTER MU}_k", "the mean of cluster k"),
    Term(" = "),
    Term("1 / |S_k|", "divided by how many latents the cluster has"),
    Term(" "),
    Term("\N{N-ARY SUMMATION} z", "the sum of the latents that are nearest to code k"),
)

CHAPTER = Chapter(
    "initialization",
    "Where codes start",
    "A code that starts far from all latents may never be chosen. A start on latents lasts if the latents stay.",
    (
        Step(
            "Far away",
            "All 64 codes start to the right of the data. The few that are nearest win everything; the others are "
            "never chosen, so nothing moves them.",
            "lab",
            preset("far_init"),
            (PLANE, DIAGNOSIS),
            "The codebook loss and the EMA move chosen codes only.",
        ),
        Step(
            "k-means, half a step at a time",
            "Latents take their nearest code, then codes move to the middle of their latents. Choose a start, then "
            "press Assign and Move in turn.",
            "learn",
            card("lloyd", start="kmeans"),
            (PICTURE, SIDE),
            "Lloyd's algorithm. k-means++ draws each start with a chance in proportion to its squared distance to the "
            "nearest of those before it (Arthur and Vassilvitskii 2007).",
            KMEANS,
            Question(
                "k-means runs to its end from a start far away. What becomes of a code that no latent takes?",
                ("It moves to the nearest latent", "It stays where it is", "It is removed"),
                1,
                "It has no latents whose middle it could move to. That is a dead code.",
            ),
        ),
        Step(
            "Five starts, raced",
            "Same model, same data, and dead codes are left dead: only the start differs. Look at the first steps, "
            "then at the end.",
            "experiments",
            {"experiment": "initialization-raced"},
            (EXPERIMENT,),
            "The model has 8 latent dimensions and learns handwritten digits; three seeds, a band each. The starts are "
            "those of the survey Discrete Visual Tokenizers for Multimodal LLMs (2025), section 5.",
            question=Question(
                "Codes are put onto the first latents: more than 30 are used at step 1, and one a little later. Why?",
                (
                    "k-means was not run to its end",
                    "The batch was too small for so many codes",
                    "The encoder moved its latents",
                ),
                2,
                "Early latents are those of an untrained encoder. It soon moves them, and codes that were put onto "
                "them are left behind; some are caught later. Codes that were never near recover least.",
            ),
        ),
        Step(
            "Your task: a start that lasts",
            "This run starts by k-means on its first latents. Yet after 300 steps its perplexity is about 6: as if "
            "only 6 of 32 codes were in use. Change one control, and leave Reseeding off.",
            "lab",
            lab("full", **STARTED_ON_LATENTS),
            (PLANE, CONTROLS, CURVES),
            "A feature-based start: the survey's fifth way is to put codes onto the latents of a trained encoder.",
            task=Task(
                "Reach a perplexity of 20 of 32 after at least 300 steps, without reseeding.",
                (
                    Fact("perplexity", "at least", 20.0),
                    Fact("codes", "is", "32", "K"),
                    Fact("step", "at least", 300),
                    Fact("reseeding", "is", "none", "Reseeding, Strategy:"),
                ),
                "Let the encoder learn before codes are put onto its latents. Look under Model for steps in which the "
                "quantizer is passed by.",
                "Done. k-means on trained features lasts, since they hardly move any more.",
            ),
        ),
    ),
)
