"""How a language model reads tokens."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term

PICTURE, NEXT, CONTROLS, SENTENCE = (
    f"#language-view [data-panel='{name}']" for name in ("text", "next", "controls", "sentence")
)
WORDS = "#language-view [data-panel='words']"
HALF = {"picture": "flower", "given": "8"}
READ = (
    Term("p(s)", "how probable the whole picture is"),
    Term(" = \N{N-ARY PRODUCT} "),
    Term("p(s_i", "of the token at place i"),
    Term(" | "),
    Term("s_1 \N{HORIZONTAL ELLIPSIS} s_{i-1})", "given all tokens before it, row by row"),
)
SURPRISE = (
    Term("bits", "how surprising a token is: what it costs to send it"),
    Term(" = -log\N{SUBSCRIPT TWO} "),
    Term("p", "what the model gave to it before it was seen: 1/2 costs 1 bit, 1/1024 costs 10"),
)

CHAPTER = Chapter(
    "language",
    "How a language model reads tokens",
    "Once a picture is a row of numbers, a language model can read it, be surprised by it, and write on.",
    (
        Step(
            "A picture is a sentence",
            "Read row by row, this picture is a sentence of 256 words out of 1,024. Half of it is given. The same as "
            "numbers is all that the model sees: it knows no pixels.",
            "language",
            HALF,
            (PICTURE, SENTENCE),
            "The tokenizer was trained first and stays as it is; the model learns its tokens alone. So did VQ-VAE with "
            "a PixelCNN (van den Oord et al. 2017, arXiv 1711.00937) and VQGAN with a transformer (Esser et al. 2021, "
            "arXiv 2012.09841).",
            READ,
        ),
        Step(
            "What comes next?",
            "The bars are what the model expects at the marked place, each code with what it decodes to alone. Dark "
            "blues and greens: it guesses that the background goes on. Click a bar to write that code.",
            "language",
            HALF,
            (NEXT, PICTURE),
            "Entropy is the surprise to be expected. 5 bits are as if 32 codes were equally likely, of 1,024 that "
            "could come: half of the 10 bits are known before.",
            question=Question(
                "A model of picture tokens gives its most probable next code 19%. Can it be a good model all the same?",
                ("Yes: many codes would do well there", "No: a good model gives the right code nearly 100%"),
                0,
                "The real picture is only one of many that could go on from here. A good model spreads its guess over "
                "all that could come, and is judged by the surprise at what does.",
            ),
        ),
        Step(
            "Where is it surprised?",
            "Each real token by its surprise: dark was expected, bright was not. The sky is dark; where the roof "
            "begins, the model could not know. Click a bright square that it gave less than 1 in 4,096.",
            "language",
            {"picture": "china", "view": "surprise"},
            (PICTURE, NEXT),
            "The sum over all places is the length of the picture in bits, as an arithmetic coder would send it: 1,678 "
            "bits here, where 256 tokens of log2 K = 10 bits are 2,560.",
            SURPRISE,
            task=Task(
                "Find a token with at least 12 bits of surprise.",
                (Fact("view", "is", "surprise"), Fact("surprise", "at least", 12.0)),
                "The top of the roof, in the second row: the model saw only sky before it.",
                "Found. Nothing that came before told of it; what is new costs bits.",
            ),
        ),
        Step(
            "Words of a language",
            "Rank and frequency: how often is each code used? Bits a token: what does one token tell of the next? In "
            "What memory is worth, the model knows more of what came before from bar to bar, and needs fewer bits.",
            "language",
            HALF | {"text": "samples"},
            (WORDS,),
            "Words of a language have an exponent of about 1: a few are everywhere, most are rare. Codes of a balanced "
            "codebook are flatter, which is what the tokenizer's training wants.",
            question=Question(
                "Pairs of neighbours were counted: a token needs 4.5 bits once its left neighbour is known. On "
                "held-out pictures it needs 8.6. Which is true?",
                (
                    "4.5: it was counted, and so it is exact",
                    "Both, of different codebooks",
                    "Nearer to 8.6: far too few pairs were counted",
                ),
                2,
                "1,024 times 1,024 pairs are possible. Of some 59,000 that were counted most were seen once, and what "
                "was seen once looks certain. A count over too little always flatters.",
            ),
        ),
        Step(
            "Your task: cooler, not frozen",
            "Temperature says how much is left to chance. At 0 the most probable code is always taken: try it, and "
            "press Continue to the end. Little happens in that half. At 1 codes are drawn as often as the model says, "
            "and every unlucky draw is read on as if it were true.",
            "language",
            HALF,
            (CONTROLS, NEXT, PICTURE),
            "Temperature T draws by p to the power of 1/T. Below 1 the probable becomes more so. Top-k forbids all but "
            "k codes; here all stay allowed.",
            task=Task(
                "Leave 3 bits or less to chance (the number above the bars) at the first place, with all codes allowed "
                "and a temperature of 0.5 or more.",
                (
                    Fact("place", "is", "129"),
                    Fact("chance", "at most", 3.0),
                    Fact("allowed", "at least", 1024),
                    Fact("temperature", "at least", 0.5),
                ),
                "Clear what was written, let top-k allow all codes, and bring the temperature a little above 0.5.",
                "Done. Continue to the end, and press Another seed: the pictures differ, and each holds together.",
            ),
        ),
    ),
)
