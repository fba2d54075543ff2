"""Words of the tour: what each means, for a reader who knows school mathematics, and which of them a step uses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """words: plain sentences. forms: how else it is written in a text, as regular expressions."""

    term: str
    words: str
    forms: tuple[str, ...] = ()


WORDS: tuple[Word, ...] = (
    # What a tokenizer is made of.
    Word("token", "The whole number that is kept of one place: the number of a code.", ("tokens",)),
    Word("code", "One vector of the codebook; the decoder gets it wherever its number stands.", ("codes",)),
    Word(
        "codebook", "The numbered list of all codes. K is how many there are, D how many numbers one has.", ("table",)
    ),
    Word(
        "latent",
        "The vector that an encoder makes of one place of a picture or sound, before a code takes its place. In "
        "equations z_e, or z.",
        ("latents", "z_e"),
    ),
    Word(
        "vector",
        "A row of numbers: an arrow to a point. With two numbers, a point of the plane.",
        ("vectors",),
    ),
    Word("encoder", "The network that makes latents of a picture or sound.", ("encoders",)),
    Word("decoder", "The network that makes a picture or sound of codes.", ("decoders",)),
    Word("quantizer", "What puts a code in the place of a latent; to do so is to quantize.", ("quanti[sz]\\w+",)),
    Word(
        "tokenizer",
        "Encoder, quantizer and decoder together. One for sound is called a codec.",
        ("tokenizers", "codecs?"),
    ),
    Word("VQ", "Vector quantization: the nearest code of a codebook takes the place of a latent."),
    Word("RVQ", "Residual vector quantization: each level quantizes what those before it left over."),
    Word(
        "IBQ", "Index backpropagation quantization: the gradient reaches all codes, through the choice of the number."
    ),
    Word("CVQ", "Clustering vector quantization: codes in little use are drawn onto latents."),
    Word(
        "level",
        "One of several codebooks whose numbers make a token together; in residual quantization each adds to what "
        "those before it gave.",
        ("levels",),
    ),
    Word("origin", "The point where all numbers are 0; in a plane, its middle."),
    Word(
        "norm",
        "The length of a vector, written with bars around it.",
        ("\N{DOUBLE VERTICAL LINE}[^\N{DOUBLE VERTICAL LINE}]+\N{DOUBLE VERTICAL LINE}",),
    ),
    # How it learns.
    Word(
        "loss",
        "One number that says how badly the network does. Learning is to make it smaller; a loss may be a sum of "
        "terms, each with a weight.",
        ("losses", "L_rec"),
    ),
    Word(
        "gradient",
        "For each number in the network, how the loss changes when that number grows a little: its slope. Learning "
        "takes a small step against it.",
        ("gradients", "slopes?"),
    ),
    Word(
        "training step",
        "One round of learning: a batch goes through, and codes and network are changed a little.",
        (r"steps? \d[\d,]*", r"[\d,]+ steps", "each step", "a step", "step by step"),
    ),
    Word("batch", "The latents, or pictures, that are looked at together in one step of learning.", ("batches",)),
    Word("seed", "The number that chance begins from: the same seed gives the same run again.", ("seeds",)),
    Word("reconstruction", "What the decoder makes of the codes: the picture or sound that comes back."),
    Word(
        "quantization error",
        "How far latents lie from their codes: the mean squared distance. It is lost before the decoder begins.",
    ),
    Word(
        "commitment",
        "A term of the loss that keeps latents near their codes; \N{GREEK SMALL LETTER BETA}, beta, is its weight.",
    ),
    Word("sg", "Stop gradient: the value passes unchanged, and what stands in it is not moved by this term."),
    Word(
        "estimator", "A stand-in for a gradient that does not exist, since choosing a code has no slope.", ("stand-in",)
    ),
    Word(
        "EMA",
        "Exponential moving average: a mean over past steps, in which old ones count less and less.",
        ("moving averages?",),
    ),
    Word("decay", "The share of a moving average that is kept at each step: 0.99 remembers about 100 steps."),
    Word("k-means", "Put each code in the middle of the latents nearest to it, and repeat."),
    Word(
        "regularizer",
        "A term that is added to the loss to ask for something else than a good reconstruction.",
        ("regularizers",),
    ),
    # How codes are used.
    Word("dead", "Of a code: not chosen by any latent for many steps.", ("die", "dies", "died")),
    Word("collapse", "Most codes are dead, and a few do all the work.", ("collapsed",)),
    Word("reseeding", "Putting a dead code in a new place, mostly onto a latent.", ("reseed\\w*",)),
    Word("threshold", "A code that gets fewer latents than this, on average, counts as dead."),
    Word(
        "perplexity",
        "How many codes are in use, in effect: so many that are used alike would tell as much. 8 alike are 8; with one "
        "that takes nearly all it is near 1.",
        ("in effect",),
    ),
    Word(
        "entropy",
        "How uncertain a choice is, in bits: 0 where all is certain, highest where everything is equally likely.",
    ),
    # What is written in equations.
    Word("argmin", "The one for which what follows is smallest; below it stands what is tried.", ("argmin_\\w*",)),
    Word("softmax", "Turns scores into weights that are above 0 and sum to 1; a larger score gets a larger weight."),
    Word(
        "temperature",
        "What scores are divided by before a softmax: high makes weights alike, low leaves one.",
        ("\N{GREEK SMALL LETTER TAU}",),
    ),
    Word("index", "The number of a code, which is the token.", ("indices",)),
    # What is measured.
    Word(
        "bit",
        "One answer of yes or no. A number below 1,024 takes 10 bits, as 2 to the power of 10 is 1,024.",
        ("bits", "log\N{SUBSCRIPT TWO}", "log2"),
    ),
    Word("kbit/s", "A thousand bits for each second of sound.", ("bitrates?",)),
    Word("dB", "Decibel: 10 dB is ten times the strength, 20 dB a hundred times.", ("decibels?",)),
    Word(
        "PSNR",
        "How near a picture is to the original, in decibels: higher is nearer.",
    ),
    Word("SI-SDR", "How much stronger the sound is than its error, in decibels: higher is nearer."),
    Word("held-out", "Kept apart: not among what was learned from."),
    Word(
        "transformer",
        "A network in which each part of a row looks at all others; language models are made so.",
        ("attention",),
    ),
    Word("language model", "A network that guesses the next token from those before it.", ("language models",)),
)


def _pattern(word: Word) -> re.Pattern[str]:
    """A name in capitals is looked for as it is written, such as EMA."""
    forms = "|".join((re.escape(word.term), *word.forms))
    return re.compile(rf"(?<![\w-])(?:{forms})(?!\w)", 0 if word.term.isupper() else re.IGNORECASE)


PATTERNS: Mapping[str, re.Pattern[str]] = {word.term: _pattern(word) for word in WORDS}


def words_of(text: str) -> Sequence[Word]:
    """The words that a text uses, in the order in which they first stand in it."""
    found = ((PATTERNS[word.term].search(text), word) for word in WORDS)
    return [
        word for _, word in sorted(((place.start(), word) for place, word in found if place), key=lambda one: one[0])
    ]
