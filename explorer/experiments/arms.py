"""The trainings of an experiment, one after another: each is an arm, a recipe under a condition."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from explorer.audit.run import run_audit
from explorer.experiments.held_out import source_of, tensors_of
from explorer.experiments.train import CURVES, train
from explorer.joints.audit import Audit
from explorer.joints.experiment import Condition, ExperimentRun
from explorer.joints.record import Codebook
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.native.codec import NativeCodec
from explorer.tokenizers.native.model import TokenizerModel
from explorer.tokenizers.native.networks import NETWORKS
from explorer.tokenizers.native.specs import spec_of
from explorer.training.command import config_of
from explorer.training.media import MediaSplit
from explorer.training.recipes import Recipe

Judge = Callable[[Audit, Sequence[Codebook]], Sequence[Mapping[str, object]]]
Probe = Callable[[TokenizerModel, Recipe], Mapping[str, float]]


@dataclass(frozen=True)
class Arm:
    """probe: what else is measured of the model that was trained; None for nothing."""

    condition: Condition
    recipe: Recipe
    split: MediaSplit
    probe: Probe | None = None


def carry_out(
    arms: Sequence[Arm], census: int, device: torch.device, judge: Judge, progress: Callable[[str], None]
) -> tuple[ExperimentRun, ...]:
    """Train and measure every arm. census: tokens that usage is counted over. judge: of the findings on an audit."""
    runs = []
    for arm in arms:
        runs.append(_run(arm, census, device, judge))
        progress(_line(runs[-1], arm.condition))
    return tuple(runs)


def tokens_of(split: MediaSplit, recipe: Recipe) -> int:
    """Tokens a level of what is held out."""
    network = NETWORKS[recipe.modality]
    step, time_step = network.downsampling(recipe.architecture), network.time_step
    sizes = [tuple(one.shape[2:]) for one in tensors_of(split.held_out, recipe)]
    if recipe.modality == "video":
        return sum((1 + (frames - 1) // time_step) * (h // step) * (w // step) for frames, h, w in sizes)
    return sum(math.prod(side // step for side in size) for size in sizes)


def _run(arm: Arm, census: int, device: torch.device, judge: Judge) -> ExperimentRun:
    recipe, split, quantized = arm.recipe, arm.split, arm.condition.quantized
    media = tensors_of(split.held_out, recipe)
    trained = train(recipe, split.media, media, device, quantized, census)
    findings: Sequence[Mapping[str, object]] = ()
    if quantized:
        tokenizer = _tokenizer_of(trained.model, recipe)
        audit = run_audit(tokenizer, source_of(split.held_out, recipe, split.held_named), title=split.held_named)
        findings = judge(audit, tokenizer.codebooks())
    probed = {} if arm.probe is None else dict(arm.probe(trained.model, recipe))
    return ExperimentRun(
        recipe.modality,
        arm.condition.id,
        recipe.schedule.seed,
        trained.steps,
        {name: trained.curves[name] for name in CURVES if name in trained.curves},
        trained.measured.figures | {"held_out": len(media)} | probed,
        trained.measured.counts,
        split.named,
        split.held_named,
        trained.seconds,
        tuple(findings),
    )


def _tokenizer_of(model: TokenizerModel, recipe: Recipe) -> AdaptedTokenizer:
    config = config_of("experiment", recipe, model, "not stated", {})
    codec = NativeCodec(model, model.network.reach(recipe.architecture))
    return AdaptedTokenizer(codec, spec_of(config), "cpu")


def _line(run: ExperimentRun, condition: Condition) -> str:
    """For a line of progress."""
    figures = run.measured
    used = f", {figures['usage']:.1%} of codes used by {figures['tokens']:,} tokens" if condition.quantized else ""
    return f"{run.name}: {figures['media_error']:.1%} of the variance lost{used}, {run.seconds:.0f} s"
