"""Soft assignment, and how it is made hard."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.card_links import PICTURE, SIDE, card
from explorer.learn.chapters.lab_links import BARS, SQUARED

WEIGHTS = (
    Term("w_k", "weight of code k; all of them sum to 1"),
    Term(" = "),
    Term("softmax", "turns scores into weights: a larger score gets a larger one"),
    Term("("),
    Term(f"-{BARS}z_e - e_k{BARS}{SQUARED}", "the nearer a code, the larger its score"),
    Term(" / "),
    Term("\N{GREEK SMALL LETTER TAU}", "temperature: high shares the latent out, low gives it to the nearest code"),
    Term(")"),
)

CHAPTER = Chapter(
    "soft",
    "Soft assignment and annealing",
    "A latent can be shared among codes while training, if it is made hard in time.",
    (
        Step(
            "A mixture of all codes",
            "Why choose one code at once? Here the decoder gets a mixture: every code counts, near ones more. The "
            "thicker a line, the larger the weight. Drag the latent.",
            "learn",
            card("soft"),
            (PICTURE,),
            "Soft VQ; soft-to-hard vector quantization (Agustsson et al. 2017, arXiv 1704.00648). In the survey of "
            "discrete visual tokenizers it is section 2.2.2, with any score for minus the distance. The mixture moves "
            "smoothly with the latent, so the gradient passes without a trick, and every code gets its share of it.",
            WEIGHTS,
            Question(
                "Codes span the grey area. Drag the latent far out of it: where does the mixture of codes stay?",
                ("It follows the latent", "On the nearest code", "Within the grey area"),
                2,
                "Weights are never negative and sum to 1, so the mixture lies between the codes, in the area that they "
                "span.",
            ),
        ),
        Step(
            "Hot and cold",
            "At temperature 5 all five codes share the latent almost alike, and every latent looks nearly the same to "
            "the decoder. Turn it down until one code is left.",
            "learn",
            card("soft", tau=5),
            (PICTURE, SIDE),
            "Codes in effect: the exponential of the entropy of the weights, which is 5 where they are equal and 1 "
            "where one code has everything.",
            question=Question(
                "Soft assignment is annealed from hot to cold. Why not begin as cold as possible?",
                (
                    "A softmax cannot be computed at low temperatures",
                    "Only the nearest code would learn",
                    "Tokens would take more bits than at the end",
                ),
                1,
                "When it is cold the nearest code takes nearly all of the weight, and learns alone. Heat lets every "
                "code learn before the choice is made.",
            ),
        ),
        Step(
            "Anneal",
            "In use there is one token, so one code. Press Anneal: the temperature falls in even ratios, as in "
            "training. The decoder is trained on the mixture, and will get the nearest code: the gap between the two "
            "goes from 0.53 to 0.00.",
            "learn",
            card("soft", tau=1),
            (PICTURE, SIDE),
            "Without annealing, the decoder is trained on mixtures and then given single codes: training and use do "
            "not match. The lab has it as soft VQ, annealed from 1 to 0.01.",
        ),
        Step(
            "Your task: neither too hot nor too cold",
            "Find a temperature at which others still learn, one and a half codes in effect, while the mixture is "
            "already close to the code that will be used.",
            "learn",
            card("soft", tau=1),
            (PICTURE, SIDE),
            task=Task(
                "Keep 1.5 codes or more in effect, with a gap of 0.1 or less.",
                (Fact("shared", "at least", 1.5, "codes in effect:"), Fact("gap", "at most", 0.1)),
                "Lower the temperature in small steps: the gap closes faster than the other codes are silenced. Look "
                "between 0.1 and 0.15.",
                "Done. Annealing passes through this range: long enough there, and codes find their places.",
            ),
        ),
    ),
)
