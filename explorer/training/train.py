"""The training loop of the zoo: one recipe, one folder of pictures, resumable at any step.

loss = mse / variance of the data + the quantizer's own loss. The reconstruction term is divided by the data's variance
(as in VQ-VAE), so that the same weights suit any data.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import mse_loss

from explorer.errors import ExplorerError
from explorer.files import write_atomically
from explorer.tokenizers.autoencoder import to_network
from explorer.tokenizers.model import TokenizerModel
from explorer.training.data import random_crops
from explorer.training.evaluate import evaluate
from explorer.training.recipes import Recipe

SAVE_SECONDS = 60.0  # between states kept for resuming
CURVE_POINTS = 40  # measurements of usage over a run
GRADIENT_CLIP = 1.0


def learning_rate(step: int, recipe: Recipe) -> float:
    """Linear warm-up, then a half cosine down to a hundredth."""
    schedule = recipe.schedule
    if step < schedule.warmup:
        return schedule.learning_rate * (step + 1) / schedule.warmup
    progress = (step - schedule.warmup) / max(1, schedule.steps - schedule.warmup)
    return schedule.learning_rate * (0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2)


class Trainer:
    """Holds what a run needs between steps: model, optimizer, curve. `run` goes on from wherever it stands."""

    def __init__(
        self,
        recipe: Recipe,
        pictures: list[np.ndarray],
        held_out: list[np.ndarray],
        state_file: Path,
        device: torch.device,
    ) -> None:
        self.recipe, self.pictures, self.held_out = recipe, pictures, held_out
        self.state_file, self.device = state_file, device
        schedule = recipe.schedule
        torch.manual_seed(schedule.seed)
        self.model = TokenizerModel(recipe.quantizer, recipe.config, schedule.channels, schedule.blocks).to(device)
        # Adam without weight decay: decay would pull unused codes to zero and hide how they died.
        parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.Adam(parameters, lr=schedule.learning_rate, betas=(0.9, 0.99), fused=True)
        sample = np.concatenate([p[::8, ::8].reshape(-1, 3) for p in pictures[:200]])
        self.variance = float((sample.astype(np.float32) / 127.5 - 1).var())
        self.step, self.seconds, self.curve, self.events = 0, 0.0, [], 0
        if state_file.exists():
            self._resume()

    def run(self, progress: Callable[[str], None]) -> None:
        """Train to the last step of the schedule, saving state on the way and when interrupted."""
        steps = self.recipe.schedule.steps
        every = max(1, steps // CURVE_POINTS)
        saved = time.monotonic()
        self.model.train()
        try:
            while self.step < steps:
                started = time.perf_counter()
                terms = self._train_step()
                self.seconds += time.perf_counter() - started
                if self.step % every == 0 or self.step == steps:
                    self._measure(terms, progress)
                if time.monotonic() - saved > SAVE_SECONDS:
                    self._save()
                    saved = time.monotonic()
        finally:
            self._save()

    def _train_step(self) -> dict[str, torch.Tensor]:
        recipe, schedule = self.recipe, self.recipe.schedule
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, recipe)
        if recipe.temperature is not None:
            first, last = recipe.temperature
            self.model.quantizer.temperature = first * (last / first) ** (self.step / schedule.steps)
        crops = random_crops(self.pictures, schedule.batch, schedule.crop_px, schedule.seed, self.step)
        pixels = to_network(crops.to(self.device, non_blocking=True))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type != "mps"):
            decoded, output = self.model(pixels)
        reconstruction = mse_loss(decoded.float(), pixels) / self.variance
        loss = reconstruction + output.loss
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), GRADIENT_CLIP)
        self.optimizer.step()
        self.step += 1
        return {"reconstruction": reconstruction.detach(), **{k: v.detach() for k, v in output.loss_terms.items()}}

    def _measure(self, terms: dict[str, torch.Tensor], progress: Callable[[str], None]) -> None:
        """One point of the curve: loss terms of this step, usage and PSNR on held-out pictures."""
        losses = {name: float(value) for name, value in terms.items()}
        if not all(math.isfinite(value) for value in losses.values()):
            broken = ", ".join(name for name, value in losses.items() if not math.isfinite(value))
            raise ExplorerError(f"training diverged at step {self.step}: {broken} is not a number")
        self.events += len(self.model.quantizer.drain_events())
        measured = evaluate(self.model, self.held_out)
        point = {"step": self.step, "seconds": round(self.seconds, 1), "losses": losses, "reseeded": self.events}
        self.curve.append(point | asdict(measured))
        usage = ", ".join(f"{share:.0%}" for share in measured.usage)
        progress(
            f"step {self.step}/{self.recipe.schedule.steps}  {self.step / max(self.seconds, 1e-9):.1f} steps/s  "
            f"{measured.psnr_db:.2f} dB  usage {usage} of {measured.tokens:,} tokens  "
            + "  ".join(f"{name} {value:.4f}" for name, value in losses.items())
        )

    def _save(self) -> None:
        """Everything that a later `run` needs, written beside and renamed."""
        self.state_file.parent.mkdir(parents=True, exist_ok=True)
        partial = self.state_file.with_suffix(".part")
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "recipe": json.dumps(asdict(self.recipe), sort_keys=True),
            "progress": json.dumps(
                {"step": self.step, "seconds": self.seconds, "curve": self.curve, "events": self.events}
            ),
        }
        torch.save(state, partial)
        partial.replace(self.state_file)

    def _resume(self) -> None:
        """Go on from the state file, if it belongs to this recipe."""
        state = torch.load(self.state_file, weights_only=True, map_location=self.device)
        if state["recipe"] != json.dumps(asdict(self.recipe), sort_keys=True):
            raise ExplorerError(f"{self.state_file} belongs to another recipe or schedule; remove it or use --fresh")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"].cpu())
        for name, value in json.loads(state["progress"]).items():
            setattr(self, name, value)


def write_curve(folder: Path, curve: list[dict]) -> None:
    """curve.json: usage, perplexity, PSNR and loss terms over training."""
    write_atomically(folder / "curve.json", json.dumps(curve, separators=(",", ":")).encode() + b"\n")
