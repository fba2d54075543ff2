"""What a token is."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task
from explorer.learn.chapters.inspect_links import CARD, MAP, PICTURE, TOKENS, USAGE

SHOWN = {"tokenizer": "vq-ema-reseed", "picture": "astronaut", "token": "330"}

CHAPTER = Chapter(
    "tokens",
    "What a token is",
    "A picture becomes a grid of whole numbers, each the number of a code in a codebook that all pictures share.",
    (
        Step(
            "A picture as numbers",
            "Left is a picture, and beside it what the tokenizer keeps of it: one whole number for each square of 8 x "
            "8 pixels. Point at a square: the same place lights up in both.",
            "",
            SHOWN,
            (PICTURE, TOKENS),
            "256 x 256 pixels of three bytes are 196,608 bytes. 32 x 32 numbers below 1,024 are 1,024 times 10 bits, "
            "1,280 bytes: 154 times less.",
        ),
        Step(
            "The number is the number of a code",
            "Click a square. Its number names a code: a vector that the encoder and the decoder agreed on in training. "
            "The card shows where else this code stands, and what it decodes to alone.",
            "",
            None,
            (CARD, MAP),
            "The encoder makes a vector z_e of each place. The codebook holds K vectors. The token is the number of "
            "the one that is nearest to z_e; the decoder sees nothing else of the picture.",
            question=Question(
                "Two squares have the same number. What does the decoder get at these two places?",
                ("The same vector", "Two vectors that are alike", "The pixels of both"),
                0,
                "Exactly the same vector: the number is all that is kept. That the two squares still look different in "
                "the decode is the work of their neighbours, which the decoder sees, too.",
            ),
        ),
        Step(
            "A code is not a class",
            "Look at other squares with the same code: sky, wall, cheek. A code stands for what squares have in common "
            "for the decoder, brightness and edges mostly, and not for things.",
            "",
            None,
            (CARD, PICTURE),
            question=Question(
                "This codebook has K = 1,024 codes. Does it tell 1,024 kinds of things apart?",
                ("Yes, one a code", "No: K is how many different vectors there are, whatever they mean"),
                1,
                "Nobody told the tokenizer of things. K is the size of its alphabet; meaning is made of many tokens, "
                "as words are of letters.",
            ),
        ),
        Step(
            "Your task: the commonest token",
            "1,024 numbers were written down. Some codes were needed once, some often.",
            "",
            SHOWN,
            (TOKENS, USAGE),
            task=Task(
                "Choose the code that this picture uses most often.",
                (
                    Fact("tokenizer", "is", "vq-ema-reseed"),
                    Fact("picture", "is", "astronaut"),
                    Fact("count", "at least", 23, "tokens with the chosen code"),
                ),
                "Below the picture is a bar for each code, the tallest first. A bar can be clicked as a square can.",
                "Done. 23 of 1,024 tokens are this one: even the commonest code is rare in a well used codebook.",
            ),
        ),
    ),
)
