"""How long, from what pieces and into which network a member of the zoo is trained: one schedule a kind of network."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from explorer.tokenizers.native.specs import LATENT_TOKENS, TWO_GRIDS

# What config.json tells of the network.
OF_NETWORK = ("channels", "blocks", "strides", "side", "patch", "tokens", "token_dropout")


def cosine_rate(step: int, steps: int, warmup: int, highest: float, least: float = 0.0) -> float:
    """The learning rate of a step: it rises evenly to `highest` over `warmup` steps, then falls along half a cosine to
    the share `least` of it, which it would have at `steps`."""
    if step < warmup:
        return highest * (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    return highest * (least + (1 - least) * (1 + math.cos(math.pi * progress)) / 2)


@dataclass(frozen=True)
class Schedule:
    """What all kinds have: how long, how many media a step, at which rate, and how wide and deep the network is.

    sibling: with the weights of which member training begins, "" for chance. decoder_alone: whether the encoder and the
    codes of that member stay as they are.
    """

    modality: ClassVar[str]
    kind: ClassVar[str] = ""
    sibling: ClassVar[str] = ""
    decoder_alone: ClassVar[bool] = False
    steps: int = 6000
    batch: int = 16
    learning_rate: float = 1e-3
    warmup: int = 100
    seed: int = 0
    channels: tuple[int, ...] = (32, 64, 128)
    blocks: tuple[int, ...] = (1, 2, 4)

    def rate(self, step: int) -> float:
        """The learning rate of a step: after `warmup`, down to a hundredth."""
        return cosine_rate(step, self.steps, self.warmup, self.learning_rate, least=0.01)


@dataclass(frozen=True)
class PictureSchedule(Schedule):
    """How a member for pictures is trained: `batch` crops a step."""

    modality: ClassVar[str] = "image"
    crop_px: int = 64


@dataclass(frozen=True)
class TwoGridSchedule(PictureSchedule):
    """The same into two grids; the fourth width is that of the decoder which sees both."""

    kind: ClassVar[str] = TWO_GRIDS
    steps: int = 3000
    channels: tuple[int, ...] = (32, 64, 128, 64)
    blocks: tuple[int, ...] = (1, 2, 2, 3)


@dataclass(frozen=True)
class LatentTokenSchedule(PictureSchedule):
    """Whole pictures, scaled to `side`, as `tokens` tokens without places; batches are views of different scale.

    token_dropout: share of the pictures that are decoded from their first tokens alone. sibling: with whose weights it
    begins, "" for chance: where tokens were dropped from the first step on, so short a training stayed grey.
    """

    kind: ClassVar[str] = LATENT_TOKENS
    steps: int = 2000
    batch: int = 8
    crop_px: int = 128
    warmup: int = 300
    channels: tuple[int, ...] = (128,)
    blocks: tuple[int, ...] = (4,)
    side: int = 128
    patch: int = 16
    tokens: int = 64
    token_dropout: float = 0.0
    sibling: str = ""


@dataclass(frozen=True)
class AdversarialSchedule(PictureSchedule):
    """Training that goes on from the weights of `sibling`, which has the squared error alone, with further losses.

    perceptual_weight: of the distance of local energies. adversary_from: the step from which on an adversary takes
    part, whose gradient at the decoder's last layer is made `adversary_weight` as large as that of all that compares.
    """

    steps: int = 1200
    learning_rate: float = 3e-4
    warmup: int = 50
    perceptual_weight: float = 2.0
    adversary_from: int = 0
    adversary_weight: float = 0.8
    adversary_learning_rate: float = 5e-4
    adversary_channels: tuple[int, ...] = (24, 48, 96)
    sibling: str = "vq-ema-reseed"


@dataclass(frozen=True)
class ClipSchedule(Schedule):
    """How a member for clips is trained: `batch` crops of `frames` frames a step."""

    modality: ClassVar[str] = "video"
    steps: int = 2600
    batch: int = 4
    learning_rate: float = 2e-3
    channels: tuple[int, ...] = (48, 80, 128)
    blocks: tuple[int, ...] = (1, 2, 2)
    crop_px: int = 64
    frames: int = 9


@dataclass(frozen=True)
class SoundSchedule(Schedule):
    """How a member for sounds is trained: `batch` pieces of `samples` a step.

    strides: samples folded at first, then the factors between the rates. mel_weight: of the log-mel distance beside the
    error of the waveform. dropout: the share of pieces that is decoded from its first few levels alone.
    """

    modality: ClassVar[str] = "audio"
    learning_rate: float = 2e-3
    channels: tuple[int, ...] = (48, 112, 192)
    blocks: tuple[int, ...] = (2, 3, 3)
    samples: int = 10240
    sample_rate_hz: int = 16000
    strides: tuple[int, ...] = (8, 5, 8)
    mel_weight: float = 0.15
    dropout: float = 0.5


@dataclass(frozen=True)
class AdversarialSoundSchedule(SoundSchedule):
    """How the decoder of a member for sounds is trained on against an adversary; encoder and codes stay as they are.

    Without a sibling all parts learn. waveform_weight: of the error of the waveform, which alone would leave out what
    it cannot foretell. mel_floor: power below which the log-mel distance hears nothing. adversary_from,
    adversary_weight: as of `AdversarialSchedule`. feature_weight: of the distance of what the adversary's layers see.
    """

    decoder_alone: ClassVar[bool] = True
    steps: int = 400
    batch: int = 8
    learning_rate: float = 1e-3
    waveform_weight: float = 0.1
    mel_weight: float = 1.5
    mel_floor: float = 1e-9
    dropout: float = 0.3
    sibling: str = "sound-rvq-8"
    warmup: int = 20
    adversary_from: int = 60
    adversary_weight: float = 0.1
    adversary_learning_rate: float = 2e-3
    adversary_channels: int = 8
    feature_weight: float = 1.0
