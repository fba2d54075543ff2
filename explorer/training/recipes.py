"""The zoo: for each modality one encoder and decoder, one data set, one seed, and a different quantizer each.

Everything that is the same for all of a modality stands in its schedule; everything that differs stands in ZOO.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from explorer.training.schedules import (
    OF_NETWORK,
    AdversarialSchedule,
    AdversarialSoundSchedule,
    ClipSchedule,
    LatentTokenSchedule,
    PictureSchedule,
    Schedule,
    SoundSchedule,
    TwoGridSchedule,
)

CODES = 1024
DIM = 16
NARROW_DIM = 8  # for codes that start as random directions: in 16 dimensions too few of them lie near any latent


@dataclass(frozen=True)
class Recipe:
    """One member: its words, its quantizer's id and keyword arguments.

    temperature: first and last tau for Gumbel, annealed exponentially over the run.
    healthy: whether its codebook is meant to be in use; the others are there to be diagnosed.
    """

    title: str
    summary: str
    quantizer: str
    config: Mapping
    healthy: bool = True
    temperature: tuple[float, float] | None = None
    schedule: Schedule = field(default_factory=PictureSchedule)

    @property
    def modality(self) -> str:
        """ "image", "audio" or "video"."""
        return self.schedule.modality

    @property
    def architecture(self) -> dict[str, object]:
        """What encoder and decoder are built from, as config.json holds it."""
        found = {name: getattr(self.schedule, name) for name in OF_NETWORK if hasattr(self.schedule, name)}
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}
        kind = getattr(self.schedule, "kind", "")
        return ({"kind": kind} if kind else {}) | plain


def _codebook(**options: object) -> dict:
    return {"dim": DIM, "codebook_size": CODES, "options": options}


RESEEDING = {"strategy": "random_latent", "threshold": 0.05, "every": 20}
FINE_SOUND = {"strides": (8, 5, 2), "channels": (48, 96, 128), "steps": 1200}  # 80 samples a token
FRESH = {"update": "ema", "initialization": {"name": "online"}, "reseeding": RESEEDING}
SOUND_RVQ = {"dim": 32, "codebook_size": CODES, "num_quantizers": 8, "options": FRESH}
LIST = {"dim": NARROW_DIM, "codebook_size": CODES, "fit_at": 900}
ZOO: dict[str, Recipe] = {
    "vq-ema-reseed": Recipe(
        "VQ, EMA + reseeding",
        "Vector quantization as most people train it today: EMA codebook started on latents, dead codes reseeded.",
        "vq",
        _codebook(update="ema", initialization={"name": "online"}, reseeding=RESEEDING),
    ),
    "vq-ema": Recipe(
        "VQ, EMA",
        "Vector quantization with an EMA codebook started on latents and nothing that revives a code once it died.",
        "vq",
        _codebook(update="ema", initialization={"name": "online"}),
        healthy=False,
    ),
    "vq-collapsed": Recipe(
        "VQ, collapsed",
        "An honest collapse: codebook loss, a Gaussian start far wider than the latents, no reseeding.",
        "vq",
        _codebook(update="gradient", initialization={"name": "gaussian", "scale": 1.0}),
        healthy=False,
    ),
    "vq-cosine": Recipe(
        "Cosine VQ",
        "Latents and codes on the unit sphere (ViT-VQGAN), EMA and reseeding: direction is all that counts.",
        "vq",
        _codebook(metric="cosine", update="ema", initialization={"name": "online"}, reseeding=RESEEDING),
    ),
    "kmeans": Recipe(
        "k-means tokens",
        "Codes fitted offline to the features of an autoencoder, then frozen while the rest trains on.",
        "kmeans",
        {"dim": DIM, "codebook_size": CODES, "fit_at": 2000},
    ),
    "rvq-4": Recipe(
        "RVQ, 4 levels",
        "Four levels, each quantizing what the one before left over; the picture builds up level by level.",
        "rvq",
        _codebook(update="ema", initialization={"name": "online"}, reseeding=RESEEDING) | {"num_quantizers": 4},
    ),
    "pq-4": Recipe(
        "PQ, 4 groups",
        "The 16 dimensions split into four groups, each with 1,024 codes of its own.",
        "pq",
        _codebook(update="ema", initialization={"name": "online"}, reseeding=RESEEDING) | {"num_quantizers": 4},
    ),
    "fsq": Recipe(
        "FSQ (8, 5, 5, 5)",
        "Four bounded dimensions rounded to 8, 5, 5 and 5 values: 1,000 codes without a codebook.",
        "fsq",
        {"levels": [8, 5, 5, 5]},
    ),
    "lfq": Recipe(
        "LFQ, 10 bits",
        "The sign of ten dimensions is the code: 1,024 codes, kept in use by an entropy term.",
        "lfq",
        {"bits": 10, "entropy_weight": 0.05, "diversity": 1.5, "inverse_temperature": 1.0},
    ),
    "bsq": Recipe(
        "BSQ, 10 bits",
        "Ten signs on the unit sphere: the corners of a cube inside it are the 1,024 codes.",
        "bsq",
        # 0.02 over the root of 10, as the gradient of what is decoded comes to u: so they weigh against each other.
        {"bits": 10, "entropy_weight": 0.006, "inverse_temperature": 10.0},
    ),
    "simvq": Recipe(
        "SimVQ",
        "A frozen random table times one learned matrix: every code moves at every step, so none is left behind.",
        "simvq",
        {"dim": NARROW_DIM, "codebook_size": CODES},
    ),
    "gumbel": Recipe(
        "Gumbel-softmax VQ",
        "Codes are sampled while training, at a temperature that falls; afterwards the nearest one is taken.",
        "gumbel",
        {"dim": DIM, "codebook_size": CODES, "initialization": {"name": "gaussian", "scale": 0.5}, "kl_weight": 0.02},
        temperature=(1.0, 0.3),
    ),
    "vq-vae-2": Recipe(
        "VQ-VAE-2, two grids",
        "A coarse grid of tokens, group 1, and a fine one, group 2, for what the coarse one, seen first, left out.",
        "vq",
        {"dim": DIM, "codebook_size": 512, "options": FRESH},
        schedule=TwoGridSchedule(),
    ),
    "titok-whole": Recipe(
        "TiTok, 64 tokens, in no order",
        "A whole picture of 128 px as 64 tokens without places: each may be made by, and change, all of it.",
        "kmeans",
        LIST,
        schedule=LatentTokenSchedule(),
    ),
    "titok": Recipe(
        "TiTok, 64 tokens",
        "A whole picture of 128 px as 64 tokens without places, trained on from titok-whole with the last ones dropped "
        "at random: the first say the most, and any number decodes.",
        "kmeans",
        LIST,
        schedule=LatentTokenSchedule(steps=700, warmup=50, token_dropout=0.5, sibling="titok-whole"),
    ),
    "vqgan": Recipe(
        "VQGAN",
        "vq-ema-reseed, trained on with a perceptual distance and against an adversary: sharper at the same bits, "
        "with a lower PSNR.",
        "vq",
        _codebook(update="ema", initialization={"name": "online"}, reseeding=RESEEDING),
        schedule=AdversarialSchedule(),
    ),
    "sound-rvq-8": Recipe(
        "Sound: RVQ, 8 levels",
        "Speech and music at 16 kHz in 50 steps a second; each of 8 levels adds what those before it left over.",
        "rvq",
        SOUND_RVQ,
        schedule=SoundSchedule(),
    ),
    "sound-rvq-8-gan": Recipe(
        "Sound: RVQ, 8 levels, adversarial",
        "The encoder and the codes of sound-rvq-8 with another decoder, trained on against an adversary that sees "
        "spectrograms: the same tokens, another sound.",
        "rvq",
        SOUND_RVQ,
        schedule=AdversarialSoundSchedule(),
    ),
    "sound-vq": Recipe(
        "Sound: VQ",
        "Sound at 16 kHz in 200 tokens a second of one EMA codebook with reseeding: the bits of four levels in one.",
        "vq",
        _codebook(update="ema", initialization={"name": "online"}, reseeding=RESEEDING),
        schedule=SoundSchedule(**FINE_SOUND),
    ),
    "sound-fsq": Recipe(
        "Sound: FSQ (8, 5, 5, 5)",
        "Sound at 16 kHz in 200 tokens a second: four bounded dimensions rounded, without a codebook.",
        "fsq",
        {"levels": [8, 5, 5, 5]},
        schedule=SoundSchedule(**FINE_SOUND),
    ),
    "clip-vq": Recipe(
        "Clips: VQ, EMA + reseeding",
        "Clips in causal blocks of 4 frames x 8 x 8 pixels, each the nearest of 1,024 codes of an EMA codebook, which "
        "started on latents and whose dead codes were reseeded.",
        "vq",
        _codebook(update="ema", initialization={"name": "online"}, reseeding=RESEEDING),
        schedule=ClipSchedule(),
    ),
    "clip-fsq": Recipe(
        "Clips: FSQ (8, 8, 8, 8)",
        "Clips in causal blocks of 4 frames x 8 x 8 pixels, four bounded dimensions rounded: 4,096 codes.",
        "fsq",
        {"levels": [8, 8, 8, 8]},
        schedule=ClipSchedule(),
    ),
    "clip-lfq": Recipe(
        "Clips: LFQ, 12 bits",
        "Causal blocks of 4 frames x 8 x 8 pixels as the signs of twelve dimensions; its weak entropy term leaves most "
        "of the 4,096 codes without a token.",
        "lfq",
        {"bits": 12, "entropy_weight": 0.005, "diversity": 1.5, "inverse_temperature": 1.0, "beta": 0.1},
        healthy=False,
        schedule=ClipSchedule(),
    ),
}
