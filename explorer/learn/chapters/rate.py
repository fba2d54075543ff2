"""Rate and distortion: what a bit buys."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.inspect_links import DECODED, EXPERIMENT, RATES
from explorer.learn.chapters.lab_links import CONTROLS, CURVES, PLANE, lab

EQUATION = (
    Term("bits a pixel", "the rate"),
    Term(" = "),
    Term("log\N{SUBSCRIPT TWO} K", "bits of one token, if all codes are sent alike"),
    Term(" \N{MULTIPLICATION SIGN} "),
    Term("levels", "tokens at one place"),
    Term(" / "),
    Term("pixels a token", "8 x 8 = 64 for most pictures here, 4 x 4 = 16 in the lab"),
)

CHAPTER = Chapter(
    "rate",
    "Rate and distortion",
    "How many bits are spent, how much is lost, and which of K, D, levels and patch size moves which.",
    (
        Step(
            "Every tokenizer is a point",
            "The chart is below the pictures. Each mark is a tokenizer on the same picture: to the right it costs more "
            "bits, higher up it loses less. A residual one is a whole curve, a point a level. "
            "Grey: JPEG (dashed) and WebP (dotted).",
            "compare",
            {"tokenizers": "vq-ema-reseed,rvq-4,titok,vq-vae-2", "media": "sample:coffee"},
            (RATES,),
            "Bits are nominal: log2 K for each index. Codes that are not used alike could be sent in fewer; the "
            "figures give both. One of the four takes only 128 x 128 pixels, so here all of them see that part: their "
            "numbers for the whole picture differ.",
            EQUATION,
        ),
        Step(
            "K buys slowly",
            "Doubling K does not halve what is lost: it adds one bit to every token, and buys a little.",
            "experiments",
            {"experiment": "rate-distortion"},
            (EXPERIMENT,),
            "Small networks, trained briefly, two seeds: the marks of one colour at one rate show how far chance alone "
            "moves a result. Differences smaller than that say nothing.",
            question=Question(
                "D, the dimensions of a code, is raised from 2 to 32, and K stays. How does the rate change?",
                ("It stays: only K sets it", "16 times as many bits"),
                0,
                "Only the number of the code is sent, and there are still K of them. D decides how the codes can lie, "
                "and how easily they are all used.",
            ),
        ),
        Step(
            "Levels buy more",
            "The same bits as one large codebook or as several small ones in a row: see what each loses.",
            "experiments",
            {"experiment": "vq-against-rvq"},
            (EXPERIMENT,),
            question=Question(
                "Two residual levels of 32 codes, or one codebook of 1,024: which sends more bits?",
                ("The two levels", "The one codebook", "Neither of them"),
                2,
                "2 times log2 32 = 10 = log2 1,024. What differs is how well they are trained and used.",
            ),
        ),
        Step(
            "Your task: the best for 0.2 bits a pixel",
            "Four levels at 0.625 bits a pixel are too dear. Choose another tokenizer above, or fewer levels. PSNR, in "
            "decibels (dB), says how near the picture is: higher is nearer.",
            "",
            {"tokenizer": "rvq-4", "picture": "coffee"},
            (DECODED,),
            task=Task(
                "Reach 24.5 dB on the cup with at most 0.2 bits a pixel.",
                (
                    Fact("picture", "is", "coffee", "picture:"),
                    Fact("bpp_uniform", "at most", 0.2, "bits a pixel"),
                    Fact("psnr_db", "at least", 24.5, "PSNR, dB"),
                ),
                "One level of 1,024 codes on 8 x 8 pixels is 10 / 64 = 0.156 bits. Many here cost that; one of them "
                "spends its codes best, since none of them are dead.",
                "Done. At equal bits a codebook that is used to the full loses least.",
            ),
        ),
        Step(
            "Your task: choose K yourself",
            "In the lab a token is 4 x 4 pixels of a photograph. This run spends 6 bits on it, 0.375 a pixel.",
            "lab",
            lab(
                "full", dataset="patches", model="conv", dim=8, codebook_size=64, batch_size=64, initialization="kmeans"
            ),
            (PLANE, CONTROLS, CURVES),
            "log2 K / 16 must be at most 0.2, so K is at most 2 to the power of 3.2, which is 9.2. D does not enter.",
            task=Task(
                "Choose K and D for at most 0.2 bits a pixel, and have at least six codes' worth of use (perplexity 6) "
                "after 300 steps.",
                (
                    Fact("codes", "at most", 9, "K"),
                    Fact("perplexity", "at least", 6.0),
                    Fact("step", "at least", 300),
                ),
                "K is under Quantizer. Which K still costs no more than 0.2 x 16 bits?",
                "Done. 8 codes are 3 bits, 0.1875 a pixel.",
            ),
        ),
    ),
)
