"""Tokens without a place: a picture as a short list, TiTok."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.inspect_links import CARD, DECODED, EDITOR, PICTURE, TOKENS

SHOWN = {"tokenizer": "titok", "picture": "astronaut"}
EQUATION = (
    Term("z", "64 vectors, wherever in the picture they looked"),
    Term(" = Enc("),
    Term("patches", "the picture, cut into patches"),
    Term(" , "),
    Term("queries", "64 learnt vectors that are read out after the attention: each becomes one token"),
    Term("),   x\N{COMBINING CIRCUMFLEX ACCENT} = Dec("),
    Term("q(z)", "their codes"),
    Term(" , "),
    Term("masks", "one learnt placeholder for each patch that is to be filled in"),
    Term(")"),
)

CHAPTER = Chapter(
    "onedim",
    "One-dimensional tokens",
    "64 tokens that belong to no place: each may say something about the whole picture.",
    (
        Step(
            "A list instead of a grid",
            "This tokenizer keeps 64 numbers of a picture of 128 x 128 pixels. They are drawn in rows only to fit: "
            "token 1 is not the corner at the top left.",
            "",
            SHOWN,
            (PICTURE, TOKENS),
            "TiTok (Yu et al. 2024, arXiv 2406.07550; both steps are equations 1 and 2 of TA-TiTok, arXiv 2501.07730): "
            "a transformer reads patches and learnable queries together, and only the queries are kept. Ours is small "
            "and was trained for minutes: the idea shows, the sharpness does not.",
            EQUATION,
        ),
        Step(
            "Few bits, and what they buy",
            "64 tokens of 10 bits are 640 bits, 0.039 a pixel. With a token of 10 bits for each 8 x 8 pixels it would "
            "be four times as much. What comes back keeps the layout and loses the detail.",
            "",
            None,
            (DECODED,),
            question=Question(
                "With a grid, a picture of twice the side gets four times the tokens. What decides how many TiTok "
                "gives?",
                ("The number of queries that it was trained with", "The size of the picture, as with a grid"),
                0,
                "The list is as long as there are queries: 64 for ours. That is why it suits a language model, whose "
                "cost grows with the length, and why detail must go somewhere else.",
            ),
        ),
        Step(
            "The first say the most",
            "The token editor is framed. In it only the first 16 of the 64 tokens are decoded, the others are left "
            "out. The blue of the sky is there already. The rocket is not.",
            "",
            {"tokenizer": "titok", "picture": "rocket", "edits": "d.0.2-0-6-8"},
            (EDITOR,),
            "Nested dropout over tokens: for half of the pictures the decoder was given a beginning of the list, and "
            "zero vectors for the rest. On this picture all tokens give 20.8 dB, the first 16 alone 18.3, the last 16 "
            "alone 13.1. Over 100 held-out pictures the first 16 give 14.76 dB, where they gave 12.07 before such "
            "training; with all 64 it costs 0.16 dB. FlexTok (Bachmann et al. 2025, arXiv 2502.13967).",
        ),
        Step(
            "Where does a token act?",
            "A tokenizer with a grid again, in the token editor. One token was painted with another code: the picture "
            "changes around it, and nowhere else. Paint one yourself: choose a code, click a token.",
            "",
            {"tokenizer": "vq-ema-reseed", "picture": "astronaut", "edits": "p.0.0.528"},
            (EDITOR,),
            "Token 528 was given code 0. Of 65,536 pixels some 2,600 differ, all within the decoder's reach.",
        ),
        Step(
            "Your task: one token, half the picture",
            "Now the list of 64. Open Edit the tokens, paint a single token with another code, and see where the "
            "picture changes.",
            "",
            SHOWN,
            (EDITOR, CARD),
            task=Task(
                "Change exactly one token so that at least half of the 16,384 pixels differ.",
                (
                    Fact("tokenizer", "is", "titok"),
                    Fact("changed", "is", 1, "tokens changed"),
                    Fact("pixels", "at least", 8192, "pixels that differ"),
                ),
                "In the token editor choose a code, and click one token. Undo, and try another token or code, if it "
                "changes too little: the first half of the list changes more than the second.",
                "Done. No token has a place of its own, so hardly a pixel is safe from any of them.",
            ),
        ),
    ),
)
