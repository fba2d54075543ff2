"""What a token is."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task
from explorer.learn.chapters.inspect_links import CARD, PICTURE, TOKENS, USAGE

SHOWN = {"tokenizer": "vq-ema-reseed", "picture": "astronaut", "token": "330"}

CHAPTER = Chapter(
    "tokens",
    "What a token is",
    "A picture becomes a grid of whole numbers, each the number of a code in a codebook that all pictures share.",
    (
        Step(
            "A picture as numbers",
            "First a picture, and then what a tokenizer keeps of it: one whole number for each square of 8 x 8 "
            "pixels. Each number has a colour; zoom in to read it. One square is chosen, and all with its number are "
            "marked.",
            "",
            SHOWN,
            (PICTURE, TOKENS),
            "256 x 256 pixels of three bytes are 196,608 bytes. 32 x 32 numbers below 1,024 are 1,024 times 10 bits, "
            "1,280 bytes: 154 times less.",
        ),
        Step(
            "The number is the number of a code",
            "A codebook is a numbered list of vectors, the codes. One network, the encoder, makes a vector of each "
            "square, and the nearest code gives the number. Another, the decoder, paints from codes. Click a square: "
            "the card under the pictures tells of its code.",
            "",
            None,
            (TOKENS, CARD),
            "The encoder makes a vector z_e of each place. The codebook holds K vectors. The token is the number of "
            "the one that is nearest to z_e; the decoder sees nothing else of the picture. In the map each dot is a "
            "code, and those that are alike lie close together.",
            question=Question(
                "Two squares have the same number. What does the decoder get at these two places?",
                ("The same vector", "Two vectors that are alike", "The pixels of both"),
                0,
                "Exactly the same vector: the number is all that is kept. If the two squares look different when they "
                "are painted again, that is the work of their neighbours, which the decoder sees, too.",
            ),
        ),
        Step(
            "A code is not a class",
            "Code 505 stands six times in this picture: in the collar, on the stand of the shuttle, in the helmet. "
            "These are three things, and all six squares are nearly black. A code stands for a look, such as "
            "brightness and edges, and not for a thing.",
            "",
            SHOWN,
            (PICTURE,),
            question=Question(
                "A codebook has K = 1,024 codes. Can pictures made of them show more kinds of things?",
                ("No: each kind of thing takes a code", "Yes: K counts vectors, not things"),
                1,
                "Nobody told the tokenizer of things. K is the size of its alphabet; meaning is made of many tokens, "
                "as words are of letters.",
            ),
        ),
        Step(
            "Your task: the commonest token",
            "This picture took 1,024 tokens, and the codebook happens to have 1,024 codes as well. Yet some codes were "
            "needed often, and more than half of them not at all.",
            "",
            SHOWN,
            (TOKENS, USAGE),
            task=Task(
                "Choose the code that this picture uses most often.",
                (
                    Fact("tokenizer", "is", "vq-ema-reseed"),
                    Fact("picture", "is", "astronaut", "picture:"),
                    Fact("count", "at least", 23, "tokens with the chosen code"),
                ),
                "Below the picture, under Usage, is a bar for each code, the tallest first. A bar can be clicked as a "
                "square can.",
                "Done. 23 of 1,024 tokens are this one: even the commonest code is rare in a well used codebook.",
            ),
        ),
    ),
)
