"""What a linear classifier reads from tokens of VQ, RVQ and LFQ, against raw pixels.

Jia et al. 2025 (arXiv 2502.12448), its third next check. Handwritten digits of scikit-learn (Alpaydin and Kaynak 1998,
UCI), 8 x 8 pixels, enlarged to 32: sixteen tokens a digit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from explorer.experiments.arms import Judge, Probe
from explorer.experiments.held_out import tensors_of
from explorer.experiments.options import Options
from explorer.experiments.pictures import BARE, Choice, Question, answer, codebook
from explorer.joints.experiment import Condition, Experiment
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.media import MediaSplit
from explorer.training.recipes import PictureSchedule, Recipe

ENLARGED, FULL = 4, 16  # times; the value of ink in the set
STRENGTH = 1.0  # of the regularization, 1 / C, the same for every input
CHOICES = (
    Choice(Condition("vq", "VQ, 8 bits", "One code of 256 a token, one-hot."), "vq", codebook(256, 8)),
    Choice(
        Condition("rvq", "RVQ, 4 levels of 8 bits", "Four codes of 256 a token, one-hot each."),
        "rvq",
        codebook(256, 8) | {"num_quantizers": 4},
    ),
    Choice(
        Condition("lfq", "LFQ, 8 bits", "Eight signs a token, one-hot as a code of 256."),
        "lfq",
        {"bits": 8, "entropy_weight": 0.05, "diversity": 1.5, "inverse_temperature": 1.0},
    ),
    BARE,
)


def digits() -> tuple[list[np.ndarray], np.ndarray]:
    """1,797 digits, uint8 (32, 32, 3) each, and their classes (1797,)."""
    from sklearn.datasets import load_digits  # a second of imports, for this experiment alone

    found = load_digits()
    grey = np.round(found.images * (255 / FULL)).astype(np.uint8)
    large = grey.repeat(ENLARGED, 1).repeat(ENLARGED, 2)
    return [np.repeat(one[..., None], 3, -1) for one in large], found.target


def split_of_digits() -> MediaSplit:
    """Every fifth digit is held out."""
    made, _ = digits()
    named = "handwritten digits of scikit-learn (Alpaydin and Kaynak 1998), enlarged four times"
    return MediaSplit([p for i, p in enumerate(made) if i % 5], made[::5], named, "every fifth of the same", 32)


def accuracy(train: np.ndarray, classes: np.ndarray, test: np.ndarray, truth: np.ndarray) -> float:
    """Share of the rows of `test` (m, f) that a logistic regression on `train` (n, f) puts into their class."""
    from sklearn.linear_model import LogisticRegression

    return float(LogisticRegression(C=1 / STRENGTH, max_iter=300).fit(train, classes).score(test, truth))


@torch.no_grad()
def one_hot_tokens(model: TokenizerModel, recipe: Recipe, media: list[np.ndarray]) -> np.ndarray:
    """Every token of every level one-hot: (n, tokens * Q * K) float32."""
    size = model.quantizer.codebook_size
    codes = [model.quantizer(model.encode(model.network.to_network(one))).indices for one in tensors_of(media, recipe)]
    flat = torch.cat(codes).flatten(1)  # (n, tokens * Q)
    return torch.nn.functional.one_hot(flat, size).flatten(1).float().cpu().numpy()


def probe_of(split: MediaSplit) -> Probe:
    """Accuracy from tokens; without a quantizer from raw pixels, and from latents."""
    _, classes = digits()
    held = np.arange(len(classes)) % 5 == 0

    def probe(model: TokenizerModel, recipe: Recipe) -> dict[str, float]:
        if recipe.title != BARE.condition.title:
            train, test = (one_hot_tokens(model, recipe, list(part)) for part in (split.media, split.held_out))
            return {"accuracy": accuracy(train, classes[~held], test, classes[held]), "classes": 10}
        raw = [
            np.stack([p[::ENLARGED, ::ENLARGED, 0].ravel() / 255 for p in part])
            for part in (split.media, split.held_out)
        ]
        latents = [_latents(model, recipe, list(part)) for part in (split.media, split.held_out)]
        return {
            "accuracy": accuracy(raw[0], classes[~held], raw[1], classes[held]),
            "accuracy_of_latents": accuracy(latents[0], classes[~held], latents[1], classes[held]),
            "classes": 10,
        }

    return probe


@torch.no_grad()
def _latents(model: TokenizerModel, recipe: Recipe, media: list[np.ndarray]) -> np.ndarray:
    """(n, tokens * D) float32."""
    found = [model.encode(model.network.to_network(one)).flatten(1) for one in tensors_of(media, recipe)]
    return torch.cat(found).float().cpu().numpy()


QUESTION = Question(
    "linear-probe",
    "What a linear classifier reads from tokens",
    "Tokens are made to decode pictures. How much of what a picture is of can a linear classifier read from them?",
    CHOICES,
    ("accuracy_of_runs", "usage_of_runs", "losses_of_runs"),
    probe=probe_of,
    schedule=PictureSchedule(
        batch=48, crop_px=32, channels=(24, 48, 96), blocks=(1, 1, 2), learning_rate=1e-3, warmup=50
    ),
    media=split_of_digits,
)


def run(options: Options, judge: Judge, progress: Callable[[str], None]) -> Experiment:
    """See `pictures.answer`."""
    return answer(QUESTION, options, judge, progress)
