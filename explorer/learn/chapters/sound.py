"""Sound: a failure that is heard first, then levels one by one on the same clip."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.inspect_links import COMPARED, DECODED, LEVELS, PLAYER

SHOWN = {"tokenizer": "sound-rvq-8", "picture": "vowels"}
EQUATION = (
    Term("bits a second", "the bitrate"),
    Term(" = "),
    Term("16,000 / 320", "samples a second over samples a token: 50 places a second"),
    Term(" \N{MULTIPLICATION SIGN} "),
    Term("levels", "tokens at one place"),
    Term(" \N{MULTIPLICATION SIGN} "),
    Term("log\N{SUBSCRIPT TWO} 1,024", "10 bits a token"),
)

CHAPTER = Chapter(
    "sound",
    "Sound, level by level",
    "A codec that fails is heard before any number says so; then each level mends a part of it.",
    (
        Step(
            "Listen first",
            "Three seconds of a synthetic voice, decoded from the first of eight levels: 500 bits a second (0.5 "
            "kbit/s). Play it with Original chosen, then with Reconstruction. Do the pitch and the vowels hold?",
            "",
            SHOWN | {"mode": "cumulative", "level_no": "1"},
            (PLAYER, LEVELS, DECODED),
            "SI-SDR, the strength of the sound over that of the error, is about -0.7 dB: below 0 dB there is more "
            "error than sound. Each place of 20 ms has one of 1,024 codes, for pitch, timbre and loudness together.",
        ),
        Step(
            "Four levels",
            "The same clip with four levels, 2 kbit/s. The pitch holds better now; much of what is left of the fault "
            "is noise.",
            "",
            SHOWN | {"mode": "cumulative", "level_no": "4"},
            (PLAYER, LEVELS, DECODED),
            "Under the sound, beside Level, press Up to and then 1 to 8. Added by level plays only what that one adds.",
            EQUATION,
        ),
        Step(
            "Each level adds less",
            "SI-SDR compares the strength of the sound with that of the error, in decibels: higher is better. From one "
            "level to two it rises by 3.1 dB, from seven to eight by 0.2 dB. Each level costs the same bits.",
            "",
            SHOWN,
            (PLAYER, LEVELS, DECODED),
            "SoundStream (Zeghidour et al. 2021, arXiv 2107.03312) trains with a random number of levels, so that one "
            "codec serves every bitrate.",
            question=Question(
                "A codec has eight residual levels of 0.5 kbit/s, and a line carries 2 kbit/s. What does one send?",
                ("The first four levels", "The last four levels", "Every fourth token of all levels"),
                0,
                "The first levels carry most. Without them the later ones correct what is not there.",
            ),
        ),
        Step(
            "Two numbers that disagree",
            "The same network twice. The second also had to fool a judge network that tells real sound from decoded "
            "sound (adversarial). Its waveform is farther from the original, its spectrum, the strength of each pitch, "
            "nearer. Press Blind, listen, and choose.",
            "compare",
            {"tokenizers": "sound-rvq-8,sound-rvq-8-gan", "media": "sample:vowels"},
            (COMPARED,),
            "On this clip: SI-SDR 6.4 and 5.4 dB (higher is nearer), log-mel distance 10.6 and 8.6 dB (of the spectra; "
            "lower is nearer).",
            question=Question(
                "Of two codecs one has the higher SI-SDR, the other the nearer spectrum. Which is better?",
                ("It depends on what is asked: wave or ear", "The one whose waveform is nearer, by its SI-SDR"),
                0,
                "A phase that is shifted is not heard, and costs SI-SDR dearly. Listening tests decide, and numbers of "
                "both kinds belong beside each other.",
            ),
        ),
        Step(
            "Your task: just enough",
            "All eight levels are 4 kbit/s. Spend less.",
            "",
            SHOWN,
            (PLAYER, LEVELS, DECODED),
            task=Task(
                "Reach an SI-SDR of 5 dB on this clip with at most 2.5 kbit/s.",
                (
                    Fact("picture", "is", "vowels", "sound:"),
                    Fact("si_sdr_db", "at least", 5.0, "SI-SDR, dB"),
                    Fact("kbps_uniform", "at most", 2.5, "kbit/s"),
                ),
                "A level is 0.5 kbit/s. Under the sound, beside Level, press Up to, and then a level.",
                "Done. Five levels reach it; the other three would cost 1.5 kbit/s for 1 dB.",
            ),
        ),
    ),
)
