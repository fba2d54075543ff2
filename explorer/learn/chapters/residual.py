"""Residual quantization: arrows that add up."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Question, Step, Term
from explorer.learn.chapters.tokens import PICTURE, TOKENS

DECODE = "#inspect-view [data-panel='picture']"
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
            "Four numbers a place",
            "This tokenizer keeps four numbers for each square. Go through the levels above the picture: the first "
            "carries the most, each of the others adds what was missing.",
            "",
            {"tokenizer": "rvq-4", "picture": "coffee"},
            (PICTURE, TOKENS),
            "Four codebooks of 1,024 codes reach 1,024 to the power of 4 sums, about 1.1 million million, and need 40 "
            "bits a "
            "token. One codebook with as many codes could not be stored.",
            EQUATION,
        ),
        Step(
            "The levels are not equal",
            "Choose a later level by itself: it looks like noise around edges. It corrects; it does not tell the "
            "whole.",
            "",
            None,
            (DECODE, TOKENS),
            question=Question(
                "Leave out the first level and keep the other three. What is decoded?",
                ("Nearly the same picture", "A picture without its coarse brightness and colours", "Nothing at all"),
                1,
                "Later levels only correct the first. Without it there is nothing to correct; try it with the levels "
                "above "
                "the picture.",
            ),
        ),
        Step(
            "The same in sound, to be heard",
            "Eight levels of a voice-like sound. Play it with one level, then with two, three, up to eight: what does "
            "each add?",
            "",
            {"tokenizer": "sound-rvq-8", "picture": "vowels"},
            (),
            "SoundStream and EnCodec send as many levels as the bitrate allows. Trained with quantizer dropout, any "
            "number "
            "of levels decodes.",
        ),
    ),
)
