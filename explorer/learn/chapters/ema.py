"""EMA: decay and lag."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.lab_links import CONTROLS, CURVES, DIAGNOSIS, PLANE, TIMELINE, preset

G = "\N{GREEK SMALL LETTER GAMMA}"
EQUATION = (
    Term("N", "how many latents the code won, as a moving average"),
    Term(" \N{LEFTWARDS ARROW} "),
    Term(f"{G}N", f"most of what was: {G} is the decay"),
    Term(" + "),
    Term(f"(1 - {G})n", "a little of n, how many it won in this step"),
    Term(",   m \N{LEFTWARDS ARROW} "),
    Term(f"{G}m + (1 - {G})\N{N-ARY SUMMATION}z", "the same of the sum of these latents"),
    Term(",   "),
    Term("e = m / N", "the code is their mean"),
)

CHAPTER = Chapter(
    "ema",
    "Codes that follow by moving averages",
    "The decay says how long a code remembers: long is calm, and late.",
    (
        Step(
            "Late",
            "Five clusters of latents turn, and each has a code: the mean of its latents over many steps, in which "
            "older ones count less and less. The decay says how slowly they fade. Here it is 0.99: a code still "
            "remembers where its cluster was long ago, and trails behind.",
            "lab",
            preset("decay_too_slow"),
            (PLANE, CURVES),
            "The memory of a decay is about 1 / (1 - decay) steps: 100 for 0.99, 1,000 for 0.999. Oord et al. 2017 "
            "(arXiv 1711.00937), appendix A.1, equations 6 to 8.",
            EQUATION,
        ),
        Step(
            "In time",
            "The same clusters, with a decay of 0.9. A lower decay forgets faster, and the codes stay with their "
            "clusters.",
            "lab",
            preset("decay_too_slow", mended=True),
            (PLANE, DIAGNOSIS),
            question=Question(
                "A codebook with a lower decay forgets faster. Why not set it to 0?",
                (
                    "Every batch would have to be kept, which takes more room",
                    "Each code would be the mean of one batch, with all its noise",
                ),
                1,
                "With decay 0 a code is the mean of the latents that it won in this very step. A code that wins only "
                "two of them jumps about; one that wins none has no mean at all.",
            ),
        ),
        Step(
            "What becomes of the dead",
            "A code that wins nothing has nothing to average. Its count fades, and with a decay of 0.9 it slides to "
            "the origin, the point 0, from about step 90 on. Drag the slider at the top back to see it happen again.",
            "lab",
            preset("slide_to_origin"),
            (PLANE, TIMELINE),
            "By e = m / N alone it would stay: both fade alike. Programs add a very small number to N, so that nothing "
            "is divided by zero (Laplace smoothing). Once N has faded below it, only m goes on fading.",
        ),
        Step(
            "Your task: catch up",
            "The turning clusters again, with a decay of 0.99. The quantization error, the mean squared distance of "
            "latents to their codes, grows to about 0.7. Change one control, play on, and bring the codes back to "
            "their clusters.",
            "lab",
            preset("decay_too_slow") | {"speed": "60"},
            (PLANE, CONTROLS, CURVES),
            task=Task(
                "Reach a quantization error of 0.1 or less after step 450.",
                (Fact("error", "at most", 0.1), Fact("step", "at least", 450)),
                "The clusters turn by more than half a circle in 1,000 steps. A memory of 100 steps is too long for "
                "that: lower the decay.",
                "Done. A memory of about ten steps keeps up.",
            ),
        ),
    ),
)
