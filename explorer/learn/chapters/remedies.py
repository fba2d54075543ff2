"""Other ways to keep codes in use: each acts on codes that no latent chooses, and none of them reseeds."""

from __future__ import annotations

import json

from explorer.learn.chapter import Chapter, Fact, Question, Step, Task, Term
from explorer.learn.chapters.lab_links import BARS, CONTROLS, CURVES, HEATMAP, PLANE, lab

# All codes begin in the middle of eight clusters: of 64 codes 57 are dead within 150 steps of plain VQ.
MIDDLE = {"batch_size": 256, "threshold": 0.4, "model": "none", "initialization": "uniform", "init_scale": 1 / 64}
EARLY = {
    "batch_size": 256,
    "threshold": 0.4,
    "initialization": "kmeans",
}  # of an encoder that knows nothing yet
FASTER = {"codebook_lr": 0.05}
EQUATION = (
    Term("e_k", "a code, also one that no latent chose"),
    Term(" \N{LEFTWARDS ARROW} (1 - "),
    Term("a_k", "near 0 for a code in use, near 1 for one that is not"),
    Term(") e_k + a_k "),
    Term("anchor_k", "a latent of this batch that the code is drawn to"),
    Term(",   a_k = exp(-10 K "),
    Term(
        "N_k", "the moving average of the share of latents that chose the code, with decay \N{GREEK SMALL LETTER GAMMA}"
    ),
    Term(" / (1 - \N{GREEK SMALL LETTER GAMMA}) - "),
    Term("\N{GREEK SMALL LETTER EPSILON}", "a very small number, here 0.001"),
    Term(")"),
)


def against(base: dict[str, object], **changes: object) -> dict[str, str]:
    """Run A with `base`, and beside it run B with `changes`."""
    return lab(**base) | {"b": json.dumps(changes)}


CHAPTER = Chapter(
    "remedies",
    "Other ways to keep codes in use",
    "A code that no latent chooses learns nothing. Each remedy lets it learn from something else.",
    (
        Step(
            "A gradient for every code",
            "Two runs, A and B, from the same bad start, all codes in the middle. A is plain VQ, B is IBQ. In IBQ "
            "each latent pulls at all codes, the near ones most, so that far codes are drawn in, too.",
            "lab",
            against(MIDDLE, quantizer="ibq", **FASTER),
            (PLANE, HEATMAP),
            "IBQ: Shi et al. 2024 (arXiv 2412.02692), where codes are scored by the product with the latent and not by "
            "its distance. Soft VQ and soft EM share the idea: a latent counts for every code by its distance. Choose "
            "them under Quantizer and Update. A moves its codes by EMA, so its codebook learning rate plays no part.",
            question=Question(
                "In plain VQ, what does a latent do to its second nearest code?",
                ("It pulls at it half as much", "Nothing at all"),
                1,
                "Only the nearest code learns. That is why the rich get richer.",
            ),
        ),
        Step(
            "Drawn to latents, the less used the more",
            "Run B is CVQ. A code in use is left alone; one in little use is drawn onto a latent of the batch, a share "
            "of the way at each step.",
            "lab",
            against(MIDDLE, quantizer="cvq", anchor="random", **FASTER),
            (PLANE, HEATMAP),
            "Zheng and Vedaldi 2023 (arXiv 2307.15139); the equation was read where notes quote it and in its "
            "code. Nothing is called dead and nothing jumps: reseeding without a rule.",
            EQUATION,
        ),
        Step(
            "Codes that move together",
            "Run B shares a mean and a spread among all codes, which follow those of the latents. Codes that won "
            "nothing move along with the rest.",
            "lab",
            against(MIDDLE, quantizer="affine", affine="running"),
            (PLANE, HEATMAP),
            "Affine reparameterization: Huh et al. 2023 (arXiv 2305.08842), after the authors' code. SimVQ goes "
            "further: a frozen table times one learned matrix, through which every gradient moves all codes.",
        ),
        Step(
            "Few first, more later",
            "Run B begins with a few codes. Each that joins takes half of the latents of the busiest one, until all 64 "
            "have joined.",
            "lab",
            against(MIDDLE, quantizer="gradual"),
            (PLANE, HEATMAP),
            "A survey (Li et al. 2025, arXiv 2507.22920) names such a curriculum and gives no schedule; here the "
            "number grows in equal ratios.",
        ),
        Step(
            "First the encoder, then the codes",
            "Both runs start their codes by k-means. In A that is at step 0, before the encoder has learnt anything. B "
            "trains it for 200 steps without a quantizer, and starts the codes then.",
            "lab",
            against(EARLY, warm_up=200),
            (PLANE, CURVES),
            "That is also why a codebook starts well on features of a trained network. Another remedy is to pass the "
            f"gradient differently: NSVQ and DiVeQ give the decoder z + {BARS}z - e{BARS} times a fixed direction, and "
            "the length is changed by latent and code, so that both learn.",
            question=Question(
                "Codes are put onto latents before the encoder has learnt anything. Why does that not last?",
                (
                    "The encoder learns and moves its latents, and codes stay behind",
                    "k-means finds no good places among so few latents",
                    "The decoder has no use for codes from k-means",
                ),
                0,
                "k-means fits the codes to the latents of an encoder that has learnt nothing. As it learns, its "
                "latents move away.",
            ),
        ),
        Step(
            "Your task: no reseeding",
            "Plain VQ from the middle again, at step 0, and reseeding stays off. Change one setting, and let it run.",
            "lab",
            lab("60", paused=True, **MIDDLE),
            (PLANE, CONTROLS, HEATMAP),
            task=Task(
                "Reach a perplexity of 40 of 64 within 500 steps, without reseeding.",
                (
                    Fact("perplexity", "at least", 40.0),
                    Fact("step", "at most", 500),
                    Fact("reseeding", "is", "none", "Reseeding, Strategy:"),
                    Fact("codes", "at least", 64, "K"),
                ),
                "Choose another quantizer: one of those that you have just seen begins with few codes.",
                "Done. Whatever reaches the codes that nobody chooses keeps them alive.",
            ),
        ),
    ),
)
