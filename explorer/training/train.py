"""The training loop of the zoo: one recipe, media of one modality, resumable at any step.

loss = the terms that compare with the original, which the modality's task gives, + the quantizer's own loss.
"""

from __future__ import annotations

import io
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from pickle import UnpicklingError  # the name of what torch.load raises; nothing is unpickled
from typing import Any

import torch

from explorer.foundation.errors import ExplorerError, SettingsError
from explorer.foundation.files import make_folder, write_atomically
from explorer.tokenizers.native.model import build_model
from explorer.training.descent import Descent
from explorer.training.losses.adversary import last_weight
from explorer.training.ranks import ALONE, Ranks, any_of_ranks, average, share_start
from explorer.training.recipes import Recipe
from explorer.training.siblings import begin_with
from explorer.training.tasks import task_of

SAVE_SECONDS = 60.0  # between states kept for resuming
CURVE_POINTS = 40  # measurements of usage over a run
TOGETHER = 20  # steps after which ranks ask each other whether to save or to stop
PRECISIONS = ("bf16", "float32")


class Trainer:
    """Holds what a run needs between steps: model, optimizer, curve. `run` goes on from wherever it stands.

    start: the checkpoint whose weights a run begins with that was never saved. ranks: those that train together; each
    takes its part of a batch, and the first alone measures and writes. precision: one of PRECISIONS, of the network;
    losses and codebooks are float32. points: of the curve.
    """

    def __init__(
        self,
        recipe: Recipe,
        media: Sequence[Any],
        held_out: Sequence[Any],
        state_file: Path,
        device: torch.device,
        start: Path | None = None,
        ranks: Ranks = ALONE,
        precision: str = "bf16",
        points: int = CURVE_POINTS,
    ) -> None:
        if precision not in PRECISIONS:
            raise SettingsError(f"--precision must be one of {', '.join(PRECISIONS)}, got {precision!r}")
        self.recipe, self.state_file, self.device, self.ranks = recipe, state_file, device, ranks
        self.precision, self.points = precision, points
        self._task = task_of(recipe, media, held_out)
        schedule = recipe.schedule
        self._items = ranks.part(schedule.batch)
        torch.manual_seed(schedule.seed)
        model = build_model(recipe.quantizer, recipe.config, recipe.architecture, recipe.modality)
        self.model = model.to(device)
        if start is not None:
            begin_with(self.model, start)
        self.descent = Descent(recipe, self.model, self._task.learning(self.model), ranks, fused=True)
        self.adversary = self._task.adversary(device)
        if self.adversary is not None:
            self.adversary.ranks = ranks
        self.step, self.seconds, self.curve, self.events = 0, 0.0, [], 0
        self._diverged: dict[str, torch.Tensor] = {}  # term -> its first step that was not finite, 0 for none
        if state_file.exists():
            self._resume()
        share_start(self.model, ranks)
        if not ranks.first:  # ranks draw apart; the first as one that trains alone
            torch.manual_seed(schedule.seed + 1000 * ranks.rank + self.step)

    def run(self, progress: Callable[[str], None]) -> None:
        """Train to the last step of the schedule; Ctrl-C ends the step, saves, and raises KeyboardInterrupt.

        A run that diverges or fails leaves the state of its last save, at most SAVE_SECONDS old, as it is.
        """
        steps = self.recipe.schedule.steps
        every = max(1, steps // self.points)
        saved = self._clock = time.monotonic()
        self.model.train()
        with stop_requests() as stop:
            stopped = False
            while self.step < steps and not stopped:
                terms = self.take_step()
                if self.step % every == 0 or self.step == steps:
                    self._measure(terms, progress)
                if self.ranks.world > 1 and self.step % TOGETHER:
                    continue
                late = time.monotonic() - saved > SAVE_SECONDS
                stopped, due = any_of_ranks((stop.is_set(), late), self.ranks, self.device)
                if due:
                    self._save()
                    saved = time.monotonic()
            self._save()
        if stopped:
            raise KeyboardInterrupt

    def take_step(self) -> dict[str, torch.Tensor]:
        """One step of the optimizer; the terms of the loss of this rank's part, and what the adversary lowers."""
        self.descent.prepare(self.step)
        target = self.model.network.to_network(self._task.part(self.step, self._items, self.device))
        narrow = self.precision == "bf16" and self.device.type != "mps"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=narrow):
            decoded, output = self._task.reconstruct(self.model, target)
        decoded = decoded.float()
        compared = self._task.losses(decoded, target)
        loss = sum(compared.values())
        if self.adversary is not None:
            compared |= self.adversary.fool(self.step, decoded, target, loss, last_weight(self.model.decoder))
            loss = sum(compared.values())
        norm = self.descent.take(loss + output.loss)
        terms = {name: value.detach() for name, value in (compared | dict(output.loss_terms)).items()}
        if self.adversary is not None:
            terms |= self.adversary.learn(self.step, target, decoded)
        self.step += 1
        self._watch(terms | {"gradient norm": norm})
        return terms

    def _watch(self, terms: dict[str, torch.Tensor]) -> None:
        """Note the first step at which a term is not finite, on the device, so that no step waits for a GPU."""
        for name, value in terms.items():
            first = self._diverged.get(name, torch.zeros((), dtype=torch.long, device=self.device))
            self._diverged[name] = torch.where((first == 0) & ~value.isfinite(), self.step, first)

    def _settle(self) -> None:
        """Wait for the device, count the time, and raise ExplorerError if anything has diverged."""
        noted = {name: int(first) for name, first in self._diverged.items()}
        broken = {name: first for name, first in noted.items() if first}
        self.seconds += time.monotonic() - self._clock
        self._clock = time.monotonic()
        if broken:
            step = min(broken.values())
            names = ", ".join(name for name, first in broken.items() if first == step)
            raise ExplorerError(f"training diverged at step {step}: {names} is not a finite number")

    def _measure(self, terms: dict[str, torch.Tensor], progress: Callable[[str], None]) -> None:
        """One point of the curve: loss terms of this step, usage and fidelity on held-out media."""
        self._settle()
        means = average(torch.stack([value.float() for value in terms.values()]), self.ranks).tolist()
        if not self.ranks.first:
            self._clock = time.monotonic()
            return
        losses = dict(zip(terms, means, strict=True))
        self.events += len(self.model.quantizer.drain_events())
        measured = self.look()
        point = {"step": self.step, "seconds": round(self.seconds, 1), "losses": losses, "reseeded": self.events}
        self.curve.append(point | asdict(measured))
        usage = ", ".join(f"{share:.0%}" for share in measured.usage)
        progress(
            f"step {self.step}/{self.recipe.schedule.steps}  {self.step / max(self.seconds, 1e-9):.1f} steps/s  "
            f"{measured.words}  usage {usage} of {measured.tokens:,} tokens  "
            + "  ".join(f"{name} {value:.4f}" for name, value in losses.items())
        )
        self._clock = time.monotonic()  # measuring is not training

    def look(self) -> object:
        """What is measured at a point of the curve."""
        return self._task.evaluate(self.model)

    def _save(self) -> None:
        """Everything that a later `run` needs, written beside and renamed; a state that diverged is not kept."""
        self._settle()
        if not self.ranks.first:
            return
        self.events += len(self.model.quantizer.drain_events())
        progress = {"step": self.step, "seconds": self.seconds, "curve": self.curve, "events": self.events}
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.descent.optimizer.state_dict(),
            "adversary": self.adversary.state_dict() if self.adversary else None,
            "random": torch.get_rng_state(),
            "cuda_random": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None,
            "recipe": json.dumps(asdict(self.recipe), sort_keys=True),
            "data": self._task.digest(),
            "progress": json.dumps(progress),
        }
        content = io.BytesIO()
        torch.save(state, content)
        make_folder(self.state_file.parent)
        write_atomically(self.state_file, content.getbuffer())

    def _resume(self) -> None:
        """Go on from the state file, if it belongs to this recipe and these media."""
        try:
            state = torch.load(self.state_file, weights_only=True, map_location=self.device)
            recipe, progress = state["recipe"], json.loads(state["progress"])
        except (OSError, EOFError, RuntimeError, LookupError, TypeError, ValueError, UnpicklingError) as error:
            raise ExplorerError(f"{self.state_file} cannot be read; remove it or use --fresh") from error
        if recipe != json.dumps(asdict(self.recipe), sort_keys=True):
            raise ExplorerError(f"{self.state_file} belongs to another recipe or schedule; remove it or use --fresh")
        digest = self._task.digest()
        if state.get("data", digest) != digest:  # runs begun before the digest was kept have none
            raise ExplorerError(f"{self.state_file} was trained on other media; remove it or use --fresh")
        self.model.load_state_dict(state["model"])
        self.descent.optimizer.load_state_dict(state["optimizer"])
        if self.adversary is not None:
            self.adversary.load_state_dict(state["adversary"])
        torch.set_rng_state(state["random"].cpu())
        if state.get("cuda_random") is not None and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["cuda_random"].cpu(), self.device)
        for name, value in progress.items():
            setattr(self, name, value)


def steps_of_state(state_file: Path) -> int:
    """The steps of the schedule that a state file belongs to; 0 without one, or where it cannot be read."""
    try:
        state = torch.load(state_file, weights_only=True, map_location="cpu")
        return int(json.loads(state["recipe"])["schedule"]["steps"])
    except (OSError, EOFError, RuntimeError, LookupError, TypeError, ValueError, UnpicklingError):
        return 0


@contextmanager
def stop_requests() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets, so that a step is never cut in two; a second one stops at once.

    Only the main thread may handle signals; in any other the event stays unset.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(signum: int, frame: object) -> None:
        stop.set()
        for one, handler in before.items():
            signal.signal(one, handler)

    before = {one: signal.signal(one, ask) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def write_curve(folder: Path, curve: list[dict]) -> None:
    """curve.json: usage, perplexity, fidelity and loss terms over training."""
    write_atomically(folder / "curve.json", json.dumps(curve, separators=(",", ":")).encode() + b"\n")
