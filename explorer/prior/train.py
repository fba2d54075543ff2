"""The training of a prior: cross-entropy of the next token, in bits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from explorer.foundation.errors import ExplorerError, SettingsError
from explorer.prior.model import Prior, PriorConfig
from explorer.training.schedules import cosine_rate

TOGETHER = 16  # pictures that are measured at a time
SHOWN_EVERY = 100  # steps


@dataclass(frozen=True)
class PriorRecipe:
    """rounds: squares cut out of each picture. side_px: of a square. The rest as its names say (AdamW, cosine)."""

    side_px: int = 128
    rounds: int = 12
    steps: int = 3000
    batch: int = 16
    learning_rate: float = 2e-3
    warmup: int = 100
    weight_decay: float = 0.05
    width: int = 128
    blocks: int = 3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.rounds < 1 or self.batch < 1:
            raise SettingsError(f"at least one step of one square is needed, got {self.steps} of {self.rounds}")

    def rate(self, step: int) -> float:
        """The learning rate of a step: it rises over `warmup` steps, then falls as half a cosine to nothing."""
        return cosine_rate(step, self.steps, self.warmup, self.learning_rate)


@dataclass(frozen=True)
class TrainedPrior:
    """curve: (step, bits a token of the batches since the last, held-out bits a token)."""

    model: Prior
    curve: tuple[tuple[int, float, float], ...]


def train(
    recipe: PriorRecipe,
    codebook: tuple[int, np.ndarray | None],
    tokens: np.ndarray,
    held_out: np.ndarray,
    device: torch.device,
    progress: Callable[[str], None] = lambda line: None,
) -> TrainedPrior:
    """Learn tokens (P, rows, columns) int64, measured on held_out of the same grid.

    codebook: K, and the vectors of its codes where it has some. Raises ExplorerError if the loss is no number any more.
    """
    torch.manual_seed(recipe.seed)
    size, vectors = codebook
    model = Prior(PriorConfig(size, *tokens.shape[1:], recipe.width, recipe.blocks))
    if vectors is not None:
        model.begin_with(torch.from_numpy(np.asarray(vectors, np.float32)))
    model.to(device)
    optimizer = torch.optim.AdamW(_groups(model, recipe.weight_decay), betas=(0.9, 0.95))
    read = torch.from_numpy(tokens.reshape(len(tokens), -1))
    order, curve, lately = _order(len(read), recipe), [], []
    for step in range(recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate(step)
        batch = read[order[step * recipe.batch : (step + 1) * recipe.batch]].to(device)
        loss = cross_entropy(model(batch).flatten(0, 1), batch.flatten())
        if not math.isfinite(loss.item()):
            raise ExplorerError(f"the loss is no number any more at step {step}; try a smaller learning rate")
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        lately.append(loss.item() / math.log(2))
        if (step + 1) % SHOWN_EVERY == 0 or step + 1 == recipe.steps:
            curve.append((step + 1, float(np.mean(lately)), float(token_bits(model, held_out).mean())))
            progress("step {:,}: {:.3f} bits a token, {:.3f} held out".format(*curve[-1]))
            lately.clear()
    return TrainedPrior(model.eval(), tuple(curve))


def _groups(model: Prior, decay: float) -> list[dict]:
    """Matrices decay, all else does not."""
    decayed = [p for name, p in model.named_parameters() if p.ndim == 2 and name.startswith(("blocks", "above"))]
    others = [p for p in model.parameters() if not any(p is one for one in decayed)]
    return [{"params": decayed, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


def _order(pictures: int, recipe: PriorRecipe) -> Tensor:
    """Which picture is read when: all of them once in another order, again and again."""
    random, needed = np.random.default_rng((recipe.seed, 1)), recipe.steps * recipe.batch
    passes = [random.permutation(pictures) for _ in range(-(-needed // pictures))]
    return torch.from_numpy(np.concatenate(passes)[:needed])


@torch.inference_mode()
def token_bits(model: Prior, tokens: np.ndarray) -> np.ndarray:
    """-log2 p of every token given those before it: (P, rows, columns) float64."""
    was, found = model.training, []
    model.eval()
    device = model.codes.device
    for part in torch.from_numpy(tokens.reshape(len(tokens), -1)).split(TOGETHER):
        part = part.to(device)
        nats = cross_entropy(model(part).flatten(0, 1), part.flatten(), reduction="none")
        found.append(nats.double().cpu().numpy() / math.log(2))
    model.train(was)
    return np.concatenate(found).reshape(tokens.shape)
