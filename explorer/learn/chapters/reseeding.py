"""Reseeding, and how it goes wrong."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Question, Step
from explorer.learn.chapters.lab_links import CONTROLS, DIAGNOSIS, PLANE, preset

EVENTS = "#lab-view .lab-panel-events"

CHAPTER = Chapter(
    "reseeding",
    "Reseeding, and how it goes wrong",
    "A dead code can be given a latent. What is remembered of it must fit, and the threshold must be fair.",
    (
        Step(
            "Reseeded, and torn back",
            "Codes are put onto latents (they flash), and a step later they are back where they were. The event log "
            "fills "
            "with 'died again'.",
            "lab",
            preset("ema_overwrites"),
            (PLANE, EVENTS),
            "The EMA still holds the old sum and the old count. At the next step the code is their quotient again. "
            "Fresh "
            "statistics set both to fit the new place.",
        ),
        Step(
            "Fresh statistics",
            "The same run, with statistics that are renewed whenever a code is put elsewhere.",
            "lab",
            preset("ema_overwrites", mended=True),
            (PLANE, EVENTS),
            question=Question(
                "Full usage by reseeding: is the codebook good now?",
                ("Yes, every code is used", "Not necessarily: codes may be duplicates, or still move"),
                1,
                "Usage says that codes are chosen, not that they are needed. Look at the error and at duplicates, too.",
            ),
        ),
        Step(
            "Name the cause",
            "This run never settles: every ten steps a quarter of all codes is put elsewhere. 64 latents a step are "
            "shared "
            "by 256 codes.",
            "lab",
            preset("threshold_too_high"),
            (CONTROLS, DIAGNOSIS),
            question=Question(
                "A code counts as dead below a threshold of 2 latents a step. What is wrong?",
                (
                    "The batch is too small to train on",
                    "The threshold lies above a fair share N / K = 0.25, so healthy codes are torn away",
                    "Reseeding every ten steps is too seldom",
                ),
                1,
                "A code that gets its fair share of 0.25 is below the threshold of 2. It must lie well below N / K; "
                "the "
                "button of the preset mends it.",
            ),
        ),
    ),
)
