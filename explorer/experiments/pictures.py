"""What the experiments on pictures share: one network, one data set, one schedule; only the quantizer differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from explorer.experiments.arms import Arm, Judge, Probe, carry_out, tokens_of
from explorer.experiments.measure import CENSUS
from explorer.experiments.options import Options, split_of
from explorer.foundation.device import device_label, pick_device
from explorer.joints.experiment import Condition, Experiment
from explorer.training.media import MediaSplit
from explorer.training.recipes import PictureSchedule, Recipe

SCHEDULE = PictureSchedule(batch=12, crop_px=64, channels=(24, 48, 96), blocks=(1, 1, 2), warmup=50)
RESEEDING = {"strategy": "random_latent", "threshold": 0.05, "every": 20}
ALIVE = {"update": "ema", "initialization": {"name": "online"}, "reseeding": RESEEDING}  # options of a codebook


@dataclass(frozen=True)
class Choice:
    """A condition and the quantizer that makes it. temperature: first and last, for Gumbel. fit_share: of the steps
    after which codes are fitted offline."""

    condition: Condition
    quantizer: str
    config: Mapping
    temperature: tuple[float, float] | None = None
    fit_share: float | None = None

    def recipe(self, schedule: PictureSchedule) -> Recipe:
        """How it is trained."""
        config = dict(self.config)
        if self.fit_share is not None:
            config["fit_at"] = max(1, round(self.fit_share * schedule.steps))
        title = self.condition.title
        return Recipe(title, self.condition.about, self.quantizer, config, True, self.temperature, schedule)


def codebook(size: int, dim: int, **options: object) -> dict:
    """The config of a quantizer with a learned codebook."""
    return {"dim": dim, "codebook_size": size, "options": options or ALIVE}


BARE = Choice(
    Condition("none", "No quantizer", "Latents go to the decoder as they are: what the network alone reaches.", False),
    "vq",
    codebook(256, 8),
)


@dataclass(frozen=True)
class Question:
    """An experiment on pictures. charts: names of the figures that show it. probe: what else is measured of a model.

    schedule: None for the one of all; media: None for the pictures of the options."""

    id: str
    title: str
    question: str
    choices: Sequence[Choice]
    charts: tuple[str, ...]
    probe: Callable[[MediaSplit], Probe] | None = None
    schedule: PictureSchedule = SCHEDULE
    media: Callable[[], MediaSplit] | None = None


def answer(asked: Question, options: Options, judge: Judge, progress: Callable[[str], None]) -> Experiment:
    """Train every choice with every seed. Raises as `split_of` and `carry_out` do."""
    device = pick_device(options.device)
    first = asked.choices[0].recipe(replace(asked.schedule, steps=options.steps))
    split = split_of(first, options) if asked.media is None else asked.media()
    census = min(CENSUS, tokens_of(split, first))
    probe = None if asked.probe is None else asked.probe(split)
    arms = [
        Arm(choice.condition, choice.recipe(replace(asked.schedule, steps=options.steps, seed=seed)), split, probe)
        for seed in range(options.seeds)
        for choice in asked.choices
    ]
    tokens = asked.schedule.batch * (asked.schedule.crop_px // 8) ** 2
    rates = {"learning_rate": asked.schedule.learning_rate, "warmup": asked.schedule.warmup}
    return Experiment(
        asked.id,
        asked.title,
        asked.question,
        tuple(choice.condition for choice in asked.choices),
        carry_out(arms, census, device, judge, progress),
        settings={**rates, "steps": options.steps, "tokens_a_step": tokens, "census": census},
        hardware=device_label(device),
        command=options.command_of(asked.id),
        charts=asked.charts,
    )
