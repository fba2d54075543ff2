"""Presets about training: what the weights of the losses, the learning rates and the size of a latent do to a codebook.

The settings were found by experiment; `tests/lab/test_presets.py` says how each is held to its words.
"""

from __future__ import annotations

from explorer.lab.preset import Mend, Preset, Sign
from explorer.lab.presets_codebook import PLAIN, SMALL

TRAINING_PRESETS = (
    Preset(
        id="decay_too_slow",
        title="Decay too high for drift",
        watch="Five clusters, a code each. The clusters turn and the codes trail behind, outside of them; the "
        "quantization error grows to more than ten times what k-means leaves and stays there.",
        why="With decay 0.99 a code is the mean of its latents over about 100 steps, in which the clusters turn by 25 "
        "degrees. The statistics are of a distribution that is gone.",
        source="No public report is known to us; the EMA is that of VQ-VAE (van den Oord et al. 2017, appendix A.1)",
        changes=PLAIN | {"dataset": "drift", "drift": 0.7, "codebook_size": 5, "initialization": "error_driven"},
        mend=Mend(
            "Decay 0.9",
            "The mean of about 10 steps follows the clusters; it acts on this run.",
            {"decay": 0.9},
            "The codes are back in their clusters and turn with them: they leave {error} of the latents' variance, "
            "k-means with as many {best}.",
        ),
        sign=Sign("error", 0.1, 0.03),
        pause_at=400,
        now="The five codes lie outside of their clusters, on the side that these came from: they leave {error} of the "
        "latents' variance, and k-means with as many codes leaves {best}. No code is dead.",
    ),
    Preset(
        id="beta_too_low",
        title="Commitment too low",
        watch="By step 300 the latents have swollen to 15 to 25 times the size of the codebook, and the quantization "
        "error with them. Codes that are left inside die.",
        why="The reconstruction loss pushes latents apart and only the commitment term ties them to their codes. With "
        "beta 0.001 it hardly pulls, and codes that move at their own learning rate cannot follow.",
        source="CompVis/taming-transformers/issues/219",
        changes=SMALL | {"update": "gradient", "codebook_size": 32, "beta": 1e-3},
        mend=Mend(
            "Beta 1, and reseed dead codes",
            "Beta holds the latents to their codes. It moves no code, so every 10 steps each dead one is put on a "
            "latent as well. Both act on this run.",
            {"beta": 1.0, "reseeding": "random_latent"},
            "Latents and codes are together again, at a mean length of {latent_norm}: {live} of {k} codes are in use, "
            "and leave {error} of the latents' variance, k-means with as many {best}.",
            dead_share=0.4,
        ),
        sign=Sign("error", 0.5, 0.2),
        pause_at=300,
        now="The mean length of a latent is {latent_norm}, that of a code {code_norm}: the codes lie in the middle, "
        "and leave {error} of the latents' variance.",
    ),
    Preset(
        id="beta_too_high",
        title="Commitment too high",
        watch="Reseeding brings codes into use and the quantization error goes to 0, yet for hundreds of steps, with "
        "some seeds for more than a thousand, the latents stay squeezed onto a line, and the outputs miss about half "
        "of what there is.",
        why="At beta 100 the commitment term outweighs the reconstruction: moving away from the nearest code costs "
        "more than any gain, so the encoder creeps, and for hundreds of steps it is as good as frozen.",
        source="TencentARC/SEED-Voken/issues/51 (a quantization loss that goes to 0)",
        changes=SMALL | {"beta": 100.0, "lr": 5e-4, "reseeding": "random_latent"},
        mend=Mend(
            "Beta 0.25",
            "The usual weight: latents spread and codes go with them; it acts on this run.",
            {"beta": 0.25},
            "The latents have spread, mean length {latent_norm}, and the outputs miss {missed} of the inputs' "
            "variance in training ({trained}).",
        ),
        sign=Sign("missed", 0.3, 0.05),
        pause_at=400,
        fades="The encoder was slow rather than frozen: by now its latents have crept apart, mean length "
        "{latent_norm}, and the outputs miss {missed} of the inputs' variance in training ({trained}).",
        now="The codes leave only {error} of the latents' variance, and the outputs miss {missed} of the inputs' in "
        "training ({trained}): the latents, of mean length {latent_norm}, say too little.",
    ),
    Preset(
        id="cat_and_mouse",
        title="Codebook slower than the encoder",
        watch="Latents race outwards, the codes stay a cluster in the middle and do not catch up. (It is the "
        "latents that turn back, before step 300; after that their length goes up and down for thousands of steps.)",
        why="The encoder learns at 0.01, the codes at 0.000001. By the time a code has moved, its latents are "
        "elsewhere.",
        source="No public report is known to us; the survey Discrete Visual Tokenizers for Multimodal LLMs: Bridging "
        "Vision and Language (2025), section 3.4.3, names it",
        changes=SMALL
        | {
            "update": "gradient",
            "codebook_size": 16,
            "lr": 1e-2,
            "codebook_lr": 1e-6,
            "initialization": "uniform",
            "init_scale": 0.3,
        },
        mend=Mend(
            "Codebook rate 0.03, and reseed dead codes",
            "At that learning rate the codes in use catch up with their latents. No gradient reaches the dead, so "
            "every 10 steps each of them is put on a latent. Both act on this run.",
            {"codebook_lr": 3e-2, "reseeding": "random_latent"},
            "The codes in use, {live} of {k}, have caught up: they leave {error} of the latents' variance, k-means "
            "with {k} codes {best}.",
            dead_share=0.4,
        ),
        sign=Sign("error", 0.6, 0.25),
        pause_at=300,
        fades="The codes have hardly moved, and the latents are coming back to them, mean length {latent_norm}: the "
        "commitment term pulls for thousands of steps. Codes leave {error} of the latents' variance.",
        now="The codes are the small heap in the middle, mean length {code_norm}; the latents around it have a mean "
        "length of {latent_norm}. Codes leave {error} of the latents' variance.",
    ),
    Preset(
        id="lfq_sign",
        title="LFQ entropy with the wrong sign",
        watch="Bits freeze one after the other until one or two of 16 codes take everything, and all outputs fall onto "
        "as many points.",
        why="The entropy of the mean assignment should be raised, so that all codes are used. With its sign turned the "
        "loss lowers it, and collapse is what the optimizer is asked for.",
        source="lucidrains/vector-quantize-pytorch/issues/154",
        changes={
            "batch_size": 256,
            "dataset": "mixture",
            "quantizer": "lfq",
            "dim": 4,
            "lr": 3e-3,
            "entropy_weight": 1.0,
            "diversity": -1.0,
            "inverse_temperature": 1.0,
        },
        mend=Mend(
            "Diversity 1",
            "The right sign: the mean assignment is spread; it acts on this run.",
            {"diversity": 1.0},
            "{live} of {k} codes are in use now, and the outputs miss {missed} of the inputs' variance in training "
            "({trained}).",
        ),
        sign=Sign("dead_share", 0.8, 0.4),
        pause_at=300,
        now="{dead} of {k} codes are dead, perplexity {perplexity} of at most {ceiling}: the latents have gone "
        "to the codes that are left, {live} of {k}. The outputs miss {missed} of the inputs' variance (both over "
        "batches of training, {batches}).",
    ),
    Preset(
        id="entropy_too_strong",
        title="Usage forced too hard",
        watch="No code is dead and the perplexity is near its ceiling, yet outputs miss many times more than they need "
        "to: see that curve. (The picture of outputs takes the nearest code; training samples one.)",
        why="The entropy term rewards even usage of a batch, at weight 10 more than any reconstruction. The cheapest "
        "way to be even is to choose nearly at random, and then a code says little of its latent. (The sharpness is "
        "learned too: choices grow surer, and outputs miss ever less, by about step 2,000 a tenth of the variance: "
        "still several times what the mended run misses.)",
        source="No public report is known to us; our own small photo runs met it (LFQ, 10 bits)",
        changes={
            "batch_size": 256,
            "quantizer": "gumbel",
            "lr": 3e-3,
            "codebook_lr": 3e-3,
            "sharpness": 1.0,
            "kl_weight": 10.0,
        },
        mend=Mend(
            "KL weight 0.01",
            "Choices may be uneven, and become sure: outputs miss less and less; it acts on this run.",
            {"kl_weight": 0.01},
            "The outputs miss {missed} of the inputs' variance in training, at perplexity {perplexity} of at most "
            "{ceiling} (both: {batches}).",
        ),
        sign=Sign("missed", 0.1, 0.07),  # as the diagnosis asks of usage without fidelity
        pause_at=400,
        fades="The sharpness of the choice is learned too, and has grown: choices are surer, in spite of the "
        "weight. The outputs miss {missed} of the inputs' variance in training ({trained}).",
        now="{dead} of {k} codes are dead, perplexity {perplexity} of at most {ceiling}, and the outputs miss "
        "{missed} of the inputs' variance in training (both: {batches}): codes are used, and say little.",
    ),
    Preset(
        id="wide_latents",
        title="Too many latent dimensions",
        watch="The ring in 256 latent dimensions: more than 50 of 64 codes die within 100 steps, and hardly one comes "
        "back.",
        why="Codes are sampled by a softmax over squared distances, and these grow with the number of dimensions. In "
        "256 the softmax is sure from the first step: a few codes take everything, and no other gets a gradient.",
        source="TencentARC/SEED-Voken/issues/59",
        changes={
            "batch_size": 256,
            "quantizer": "gumbel",
            "dim": 256,
            "lr": 3e-3,
            "codebook_lr": 3e-3,
            "init_scale": 0.3,
            "sharpness": 3.0,
            "kl_weight": 0.1,
        },
        mend=Mend(
            "D = 32",
            "The same run in 32 dimensions: it starts anew, with the same seed.",
            {"dim": 32},
            "{live} of {k} codes are in use in 32 dimensions, perplexity {perplexity} of at most {ceiling} "
            "({batches}). They come to their latents slowly: they leave {error} of the latents' variance, k-means with "
            "as many {best}.",
        ),
        sign=Sign("dead_share", 0.7, 0.25),
        pause_at=200,
        now="{dead} of {k} codes are dead, perplexity {perplexity} of at most {ceiling} ({batches}): the hollow dots, "
        "{away} spreads of the latents away from them. The plane is a projection of 256 dimensions.",
    ),
)
