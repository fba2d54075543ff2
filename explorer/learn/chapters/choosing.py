"""Choosing a quantizer: a map, what a survey says, and what our own runs show."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task
from explorer.learn.chapters.inspect_links import COMPARED

MAP, CHOSEN, CLAIMS = "#methods-view .me-map", "#methods-view .me-chosen", "#methods-view .me-claims"

CHAPTER = Chapter(
    "choosing",
    "Choosing a quantizer",
    "Two questions place every method; evidence, and not its name, chooses among them.",
    (
        Step(
            "A map of methods",
            "Explicit quantizers have a table of learned codes; of codebook-free ones the codes follow from a rule. "
            "Hard: one code is chosen, which has no slope to learn by, so the gradient is a stand-in. Soft: a mixture "
            "of codes passes the true one. Choose a few.",
            "learn",
            {"show": "methods"},
            (MAP, CHOSEN),
            "The two axes are those of the survey Discrete Visual Tokenizers for Multimodal LLMs (2025), section 2. A "
            "soft method is hard where tokens are needed: in use it sends one number, too.",
            question=Question(
                "A language model reads the tokens of a soft method. What does it get for a place?",
                ("Weights of all codes, as in its training", "Whole numbers, as from every method that is trained"),
                1,
                "Soft is how it learns. A token is always one whole number; a place has one, or several where there "
                "are levels.",
            ),
        ),
        Step(
            "Collapse: what is said and what is seen",
            "Where codes follow from a rule there is no code to tend, and a survey says that this mitigates (lessens) "
            "collapse. Look at how many of its codes each of our runs used.",
            "learn",
            None,
            (CLAIMS,),
            "Our runs are short: 200 steps, two seeds, small networks. They show what happens without care, not what "
            "the best recipe reaches.",
            question=Question(
                "FSQ has no table in which codes could die. How many of its 256 codes were used in our short runs?",
                ("All of them, as none can die", "Fewer than two thirds of them"),
                1,
                "A code that no latent comes near is not used, whether it is learned or follows from a rule. The "
                "encoder must spread its latents.",
            ),
        ),
        Step(
            "Bits first",
            "The bits are under each picture. RVQ loses least here, and spends four times the bits of the other three. "
            "Methods are compared at equal bits, or not at all.",
            "compare",
            {"tokenizers": "vq-ema-reseed,fsq,lfq,rvq-4", "media": "sample:coffee"},
            (COMPARED,),
        ),
        Step(
            "Your task: no table, least lost",
            "You want no codebook to tend, 8 bits a token, and as little lost as possible.",
            "learn",
            {"show": "methods"},
            (MAP, CHOSEN),
            task=Task(
                "Choose the codebook-free method that lost least in our runs at 8 bits a token.",
                (Fact("chosen", "is", "fsq", "your choice:"),),
                "Press each of the codebook-free ones, and compare decibels (higher is better) at equal bits.",
                "Done. At 8 bits FSQ kept about one decibel more than the two that take signs; k-means tokens kept a "
                "little more still, with a table.",
            ),
        ),
    ),
)
