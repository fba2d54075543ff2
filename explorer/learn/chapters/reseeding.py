"""Reseeding, and how it goes wrong."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task
from explorer.learn.chapters.inspect_links import EXPERIMENT
from explorer.learn.chapters.lab_links import CONTROLS, DIAGNOSIS, PLANE, lab, preset

# The settings of the preset "threshold_too_high".
CHURNING = {"model": "none", "batch_size": 64, "codebook_size": 256, "threshold": 2.0, "reseeding": "random_latent"}
EVENTS = "#lab-view .lab-panel-events"

CHAPTER = Chapter(
    "reseeding",
    "Reseeding, and how it goes wrong",
    "A dead code can be given a latent. What is remembered of it must fit, and the threshold must be fair.",
    (
        Step(
            "Four ways, from one state",
            "One run has collapsed: a single code is used. It goes on five times from this very state: once as it is, "
            "and with four ways to give dead codes a new place. A random latent is one; hard examples are those "
            "latents that lie furthest from their code. See which is back soonest.",
            "experiments",
            {"experiment": "reseeding-raced"},
            (EXPERIMENT,),
            "Split a popular code puts a dead code beside one that is chosen much; the reservoir gives it a latent of "
            "past steps. The ways of the survey Discrete Visual Tokenizers for Multimodal LLMs (2025), section 4.2; "
            "three seeds, a band each. The encoder was collapsed with its codes, so it takes a while before outputs "
            "get better.",
            question=Question(
                "Dead codes put onto random latents are back at once; of those put onto hard examples fewer are, at "
                "first. Why?",
                (
                    "Hard examples are dropped from the training of the encoder",
                    "They crowd onto the few latents that are served worst",
                    "Hard examples are not latents",
                ),
                1,
                "They crowd on the worst-served 5% of the latents, where the error was largest, and share these few. "
                "After some hundred steps the difference is gone.",
            ),
        ),
        Step(
            "Reseeded, and torn back",
            "From step 100 on dead codes are put onto latents (they flash), and a step later they are back where they "
            "were. Further down, the list Reseeds fills with 'died again'.",
            "lab",
            preset("ema_overwrites"),
            (PLANE, EVENTS),
            "The EMA still holds the old sum and the old count. At the next step the code is their quotient again. "
            "Fresh statistics set both to fit the new place.",
        ),
        Step(
            "Fresh statistics",
            "A code's count and sum over past steps are its statistics. The same run, with both renewed whenever a "
            "code is put elsewhere: what is reseeded at step 100 stays, and more than 40 codes are in use, in effect.",
            "lab",
            preset("ema_overwrites", mended=True),
            (PLANE, EVENTS),
            question=Question(
                "Reseeding has brought every code into use. May the codebook still be a bad one?",
                ("Yes: codes may be duplicates, or still move", "No: a code in use is a code that is needed"),
                0,
                "Usage says that codes are chosen, not that they are needed. Look at the error and at duplicates, too.",
            ),
        ),
        Step(
            "Name the cause",
            "This run never settles: every ten steps a quarter of all codes is put elsewhere. 64 latents a step are "
            "shared by 256 codes.",
            "lab",
            preset("threshold_too_high"),
            (PLANE, CONTROLS, DIAGNOSIS),
            question=Question(
                "256 codes share 64 latents a step, and a code with fewer than 2 of them counts as dead and is put "
                "elsewhere. What is wrong?",
                (
                    "Codes are put elsewhere too seldom to come into use",
                    "The latents are too many for so few codes",
                    "The threshold lies above a fair share of N / K = 0.25",
                ),
                2,
                "A code that gets its fair share of 0.25 is below the threshold of 2. It must lie well below N / K.",
            ),
        ),
        Step(
            "Your task: calm, and nothing dead",
            "The same settings at step 0, with a threshold of 2. Change one control and press Play: codes should be "
            "reseeded where they died, and left alone where they live.",
            "lab",
            lab("full", paused=True, **CHURNING),
            (PLANE, CONTROLS, EVENTS),
            task=Task(
                "At step 400 or later, have at most 500 reseeds in all and at most 13 of 256 codes dead.",
                (
                    Fact("step", "at least", 400),
                    Fact("reseeds", "at most", 500),
                    Fact("dead", "at most", 13),
                    Fact("codes", "is", "256", "K"),
                ),
                "A fair share is N / K = 64 / 256. Below it, but not so low that the dead are found too late.",
                "Done. A threshold under half a fair share finds the dead and spares the living.",
            ),
        ),
    ),
)
