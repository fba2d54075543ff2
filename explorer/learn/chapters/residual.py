"""Residual quantization: arrows that add up."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.card_links import PICTURE as BOARD
from explorer.learn.chapters.card_links import SIDE, card
from explorer.learn.chapters.inspect_links import DECODED, LEVELS, PICTURE, PLAYER, TOKENS

EQUATION = (
    Term("z_q", "what the decoder gets"),
    Term(" = "),
    Term("e\N{SUPERSCRIPT ONE}", "code of the first level, nearest to the latent"),
    Term(" + "),
    Term("e\N{SUPERSCRIPT TWO}", "code of the second level, nearest to what the first left over"),
    Term(" + \N{HORIZONTAL ELLIPSIS}"),
)

CHAPTER = Chapter(
    "residual",
    "Residual quantization",
    "Each level quantizes what those before it left over: few codes each, many sums.",
    (
        Step(
            "Arrows that add up",
            "Drag the latent. The first arrow goes to the nearest code. Raise the number of levels: each further arrow "
            "is the code nearest to what is still left over.",
            "learn",
            card("residual", levels=1),
            (BOARD, SIDE),
            "This is algorithm 1 of SoundStream (Zeghidour et al. 2021, arXiv 2107.03312). It is greedy: a level never "
            "changes what those before it chose. A beam carries several sums on, and is sometimes better.",
            EQUATION,
            Question(
                "Two levels of 8 codes each. How many places can the sum of two arrows reach?",
                ("8, as the second only corrects", "16, as many as are stored", "64, one for each pair"),
                2,
                "64: every code of the second level can follow every code of the first. Stored are only 8 + 8. Switch "
                "on Show all sums to see them.",
            ),
        ),
        Step(
            "Four numbers a place",
            "This tokenizer keeps four numbers for each square. Press 1, 2, 3, 4 beside Level, above the picture, to "
            "see the numbers of each level. The first carries the most; each of the others adds what was missing.",
            "",
            {"tokenizer": "rvq-4", "picture": "coffee"},
            (LEVELS, PICTURE, TOKENS),
            "Four codebooks of 1,024 codes reach 1,024 to the power of 4 sums, about 1.1 million million, and need 40 "
            "bits a token. One codebook with as many codes could not be stored.",
        ),
        Step(
            "The levels are not equal",
            "Right of the line is the second level by itself. It has little but edges and noise. It corrects; it does "
            "not tell the whole.",
            "",
            {"tokenizer": "rvq-4", "picture": "coffee", "mode": "solo", "level_no": "2"},
            (DECODED,),
            question=Question(
                "Of four residual levels the first is left out. What is decoded?",
                (
                    "A picture without its coarse brightness and colours",
                    "Nearly the same picture, a little less sharp",
                    "Nothing at all",
                ),
                0,
                "Later levels only correct the first. Without it there is nothing to correct; try it: press Mute and 1 "
                "beside Level, above the picture.",
            ),
        ),
        Step(
            "The same in sound, to be heard",
            "Eight levels of a voice-like sound. Choose Reconstruction above it, and below it, beside Level, Up to and "
            "1. Play it; then with 2, 3, up to 8. What does each level add?",
            "",
            {"tokenizer": "sound-rvq-8", "picture": "vowels"},
            (PLAYER, LEVELS),
            "SoundStream and EnCodec send as many levels as the bitrate allows. Trained with quantizer dropout, any "
            "number of levels decodes.",
        ),
        Step(
            "Your task: split sixteen codes",
            "Sixteen stored codes can be one codebook of 16, two of 8, or four of 4. The memory is the same. Which "
            "split leaves the least error?",
            "learn",
            card("residual"),
            (BOARD, SIDE),
            task=Task(
                "Reach a quantization error of 0.005 or less with at most 16 stored codes.",
                (Fact("error", "at most", 0.005), Fact("stored", "at most", 16)),
                "What is stored is levels times codes a level. Take fewer codes a level, and more levels.",
                "Done. Four levels of 4 leave 0.0032, two of 8 leave 0.0076, one of 16 leaves 0.0215. The price is "
                "bits: 8 a token instead of 6 or 4.",
            ),
        ),
    ),
)
