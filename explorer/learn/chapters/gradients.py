"""How the gradient passes the nearest code: nothing, straight-through, the rotation trick, Gumbel-softmax."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.card_links import PICTURE, SIDE, card

ARRIVES, ASKED = (
    "\N{PARTIAL DIFFERENTIAL}L/\N{PARTIAL DIFFERENTIAL}z_e",
    "\N{PARTIAL DIFFERENTIAL}L/\N{PARTIAL DIFFERENTIAL}z_q",
)

STRAIGHT = (
    Term(ARRIVES, "what reaches the latent, and through it the encoder"),
    Term(" := "),
    Term(ASKED, "what the decoder asks of the code, copied as it is"),
)
ROTATION = (
    Term("z_q", "the code that the decoder gets, unchanged"),
    Term(" = "),
    Term("|z_q| / |z_e|", "how far the code is from the origin, of how far the latent is: a number that is held fixed"),
    Term(" "),
    Term("R", "the turn from the latent's direction to the code's, held fixed; on the way back it is undone"),
    Term(" "),
    Term("z_e", "the latent: the only part that a gradient goes to"),
)
GUMBEL = (
    Term("p", "weights of all codes; they sum to 1"),
    Term(" = "),
    Term("softmax", "turns scores into weights: a larger score gets a larger one"),
    Term("(("),
    Term("d", "score of each code: minus its squared distance, times a scale that is learnt"),
    Term(" + "),
    Term("g", "Gumbel noise, drawn anew each time"),
    Term(") / "),
    Term("\N{GREEK SMALL LETTER TAU}", "temperature: high mixes, low chooses"),
    Term(")"),
)

CHAPTER = Chapter(
    "gradients",
    "How the gradient passes",
    "The choice of a code has no slope. Three ways to let the decoder's wish reach the encoder all the same.",
    (
        Step(
            "The wall",
            "The decoder got code 0, and would do better with a vector further along the red arrow. Networks learn by "
            "passing such arrows back, the gradients. But taking the nearest code is a choice. Drag the latent a "
            "little: its code stays the same, so no arrow reaches it.",
            "learn",
            card("gradients", method="none"),
            (PICTURE,),
            "The arrows are minus the gradient, the way in which the loss falls. At a line between two cells the code "
            "jumps, and there is no derivative at all.",
            question=Question(
                "Why is the true gradient of taking the nearest code zero?",
                (
                    "A small move of the latent leaves the nearest code the same",
                    "The nearest code is already the best one of all",
                    "The decoder has no loss of its own",
                ),
                0,
                "z_q is a step function of z_e: flat within a cell, and the slope of what is flat is zero.",
            ),
        ),
        Step(
            "Copy it: straight-through",
            "Pretend that code and latent were one place, and copy the arrow. Drag the latent about its cell: it "
            "always gets the same, wherever it lies.",
            "learn",
            card("gradients"),
            (PICTURE,),
            "Bengio et al. 2013 (arXiv 1308.3432), used by VQ-VAE (van den Oord et al. 2017, arXiv 1711.00937). It is "
            "a biased guess: the decoder was asked at the code, not at the latent.",
            STRAIGHT,
            Question(
                "Straight-through copies the gradient from the code to the latent. When is that a good guess?",
                (
                    "Always: it is exact",
                    "When the latent lies close to its code",
                    "When the codebook is small and its cells are large",
                ),
                1,
                "Close to each other, both places ask for much the same. This is one reason for the commitment loss, "
                "which holds latents near their codes.",
            ),
        ),
        Step(
            "Turn it: the rotation trick",
            "Think of the code as the latent, turned and stretched. On the way back the arrow is turned with it: 99 "
            "degrees off the code's direction before, 99 off the latent's after. The copy made that 57.",
            "learn",
            card("gradients", method="rotation"),
            (PICTURE, SIDE),
            "Fifty et al. 2024 (arXiv 2410.06424). Arrows that push away from the code's direction push away from the "
            "latent's, too, and latents in one cell are told different things. A latent near the origin gets a long "
            "arrow.",
            ROTATION,
            Question(
                "What does the decoder get with the rotation trick?",
                (
                    "The code, turned towards the latent",
                    "The latent itself, stretched a little",
                    "Exactly the same code as before",
                ),
                2,
                "Turning and stretching the latent gives exactly its code. Only the way back is another.",
            ),
        ),
        Step(
            "Throw dice: Gumbel-softmax",
            "Give each code a score, near ones more, and add noise. A softmax turns scores into weights that sum to 1; "
            "by these the codes are mixed. The mixture moves with the latent, so a gradient passes. Each thin arrow is "
            "one draw, the thick one their mean.",
            "learn",
            card("gradients", method="gumbel"),
            (PICTURE, SIDE),
            "Jang et al. 2017 (arXiv 1611.01144), eq. 2; the discrete VAE of DALL-E was trained so. With the noise "
            "held, the latent gets (2s/\N{GREEK SMALL LETTER TAU}) times the covariance of the codes under their "
            "weights, times the gradient; s is the scale of the scores.",
            GUMBEL,
            Question(
                "Turn the temperature of Gumbel-softmax down from 1 to 0.1. What happens?",
                (
                    "Draws are nearly single codes, and their arrows differ more",
                    "Draws are nearly single codes, and their arrows agree better",
                    "Draws mix all codes alike, and their arrows nearly vanish",
                ),
                0,
                "At 1.0 the heaviest code of a draw has weight 0.84 on average, and the arrows scatter by 0.69 of "
                "their mean. At 0.1 it has 1.00, and they scatter by more than 3: most draws say almost nothing, a few "
                "shout.",
            ),
        ),
        Step(
            "Your task: twice as loud",
            "This encoder hears nothing. Choose a way for the gradient, and a place for the latent, so that it hears "
            "the decoder twice as strongly, at the same angle as the code does.",
            "learn",
            card("gradients", method="none"),
            (PICTURE, SIDE),
            task=Task(
                "Reach a strength (what arrives over what is asked) of 2 or more, with the angle kept.",
                (Fact("strength", "at least", 2.0), Fact("kept", "is", "yes", "angle kept:")),
                "Only one estimator keeps the angle, and it scales the arrow by |z_q| / |z_e|. Bring the latent to "
                "less than half of the code's distance from the origin, within the same cell.",
                "Done. The rotation trick speaks up to latents that are shorter than their code, and down to longer "
                "ones.",
            ),
        ),
    ),
)
