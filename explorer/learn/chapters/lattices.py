"""Codes without a codebook: FSQ, LFQ, BSQ."""

from __future__ import annotations

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.lab_links import CONTROLS, PLANE, lab

EQUATION = (
    Term("index", "the token"),
    Term(" = "),
    Term("d\N{SUBSCRIPT ONE}", "digit of the first axis, 0 to L\N{SUBSCRIPT ONE} - 1"),
    Term(" + L\N{SUBSCRIPT ONE}"),
    Term("d\N{SUBSCRIPT TWO}", "digit of the second axis"),
    Term(" + L\N{SUBSCRIPT ONE}L\N{SUBSCRIPT TWO}"),
    Term("d\N{SUBSCRIPT THREE}", "digit of the third axis, and so on: mixed radix"),
)
FACTS = "#codebook-view .codebook-facts"

CHAPTER = Chapter(
    "lattices",
    "Codes without a codebook",
    "FSQ rounds each axis, LFQ and BSQ take signs: there is nothing to learn, and little to collapse.",
    (
        Step(
            "A lattice",
            "FSQ bounds each axis and rounds it to a few values. The codes are the crossings; none of them ever "
            "moves. Only "
            "the encoder learns to spread its latents over them.",
            "lab",
            lab(quantizer="fsq"),
            (PLANE,),
            "Mentzer et al. 2023 (arXiv 2309.15505). K is the product of the values of all axes, and needs no table.",
            EQUATION,
            Question(
                "A code of FSQ is not used by any token. Can reseeding revive it?",
                ("Yes, as any other code", "No: it has its place on the lattice and cannot be moved"),
                1,
                "There is no vector to move. Only the encoder can bring latents there.",
            ),
        ),
        Step(
            "Signs",
            "LFQ takes the sign of each axis: with 2 axes there are 4 codes, with 10 there are 1,024. The audit of a "
            "trained one shows how balanced its bits are.",
            "codebook",
            {"tokenizer": "lfq", "audit": "val"},
            (FACTS,),
            "Yu et al. 2023 (arXiv 2310.05737). An entropy term asks that every token be sure of its signs and all "
            "codes be "
            "used alike.",
        ),
        Step(
            "Your task: sixteen signs in use",
            "Here LFQ's entropy term has the wrong sign, and bits freeze one after the other. Put it right.",
            "lab",
            {"preset": "lfq_sign"},
            (CONTROLS, PLANE),
            task=Task(
                "Bring the perplexity to 8 or more of 16.",
                (Fact("perplexity", "at least", 8.0), Fact("step", "at least", 50)),
                "The term has two parts: each token sure of its signs, and all codes alike. The weight of the second, "
                "its "
                "diversity, is below 0.",
                "Done. With the right sign the term keeps every bit in use.",
            ),
        ),
    ),
)
