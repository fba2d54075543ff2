"""Presets about the codebook: where codes start, how they die, what the EMA does to the dead and the reseeded.

The settings were found by experiment; `tests/lab/test_presets.py` says how each is held to its words.
"""

from __future__ import annotations

from explorer.lab.preset import Mend, Preset, Sign

SMALL = {"batch_size": 256, "threshold": 0.4}  # N/K = 4 tokens a code; dead below a tenth of that
PLAIN = SMALL | {"model": "none"}  # the latents are the data: only the codebook moves
RESEED = Mend(
    "Reseed dead codes",
    "Every 10 steps, each dead code is put on a latent of the batch; it acts on this run.",
    {"reseeding": "random_latent"},
    "{live} of {k} codes are in use now, spread over the latents: each dead one was put on a latent. Codes leave "
    "{error} of the latents' variance, k-means with as many {best}.",
)
_FRESH = Mend(
    "Fresh statistics",
    "A reseeded code gets a sum and a count that agree with its new vector; it acts on this run.",
    {"fresh_statistics": True},
    "Reseeded codes stay where they were put: {live} of {k} codes are in use, and the last {window} steps needed this "
    "many reseeds: {reseeds}.",
)

CODEBOOK_PRESETS = (
    Preset(
        id="far_init",
        title="Gaussian start, far away",
        watch="All codes start six units to the right of the data. One to four of 64 are ever chosen; the rest stay "
        "hollow, and stay where they are.",
        why="The codebook loss moves only the code nearest to a latent. From far away the same few codes are nearest "
        "to every latent, so nothing ever pulls at the others.",
        source="No public report is known to us; the survey Discrete Visual Tokenizers for Multimodal LLMs: Bridging "
        "Vision and Language (2025), section 5, names it",
        changes=PLAIN | {"init_offset": 6.0, "update": "gradient", "codebook_lr": 1e-2},
        mend=RESEED,
        sign=Sign("dead_share", 0.85, 0.1),
        pause_at=300,
        now="{dead} of {k} codes are dead: the hollow dots to the right, {away} spreads of the latents away from them. "
        "The few that were chosen take everything, and {arrival}.",
    ),
    Preset(
        id="rich_get_richer",
        title="The rich get richer",
        watch="All codes start in the middle. Seven or so on the outside of the crowd win every latent in the first "
        "steps; the heatmap shows a few bright rows and hatched ones that never light again.",
        why="A code that is chosen moves to its latents and is chosen again; one that is not chosen is not drawn to "
        "any latent. Without reseeding a dead code stays dead.",
        source="LatentActionPretraining/LAPA/issues/17",
        changes=PLAIN | {"initialization": "uniform", "init_scale": 1 / 64},
        mend=RESEED,
        sign=Sign("dead_share", 0.8, 0.1),
        pause_at=150,
        now="{dead} of {k} codes are dead: the heap of hollow dots in the middle. Codes that share the "
        "eight clusters: {live}; perplexity of a batch {perplexity} of at most {ceiling} ({batches}).",
    ),
    Preset(
        id="slide_to_origin",
        title="Dead codes slide to the origin",
        watch="Codes start all over the inside of the ring, and those that win nothing turn hollow where they are. "
        "From about step 90 on they move again, all at once and to one place: the origin, where there is no latent.",
        why="The EMA divides a code's sum by its count. While a code wins nothing, both fade by the same factor and "
        "their quotient stays. Laplace smoothing adds epsilon to the count: once the count is down to epsilon (0.9^109 "
        "= 0.00001; at decay 0.99 it takes 1,146 steps), the sum fades alone, and the code with it.",
        source="zalandoresearch/pytorch-vq-vae/issues/10 (unused codes decay to 0); it follows from the EMA of "
        "VQ-VAE (van den Oord et al. 2017, arXiv 1711.00937), appendix A.1. 559 of the 1,024 codes of our "
        "own tokenizer vq-ema lie there",
        changes=PLAIN | {"decay": 0.9, "initialization": "uniform", "init_scale": 1.2},
        mend=RESEED,
        sign=Sign("slid_share", 0.5, 0.05),
        pause_at=240,
        now="{slid} of {k} codes are dead and lie on one another at the origin: the dot with a number. They did not "
        "start there; drag the timeline back to step 80 to see where they died.",
    ),
    Preset(
        id="kmeans_collapse",
        title="k-means start, collapsed at step 2",
        watch="The first frame is the best start there is: all codes on latents. Within 150 steps more than eight in "
        "ten die.",
        why="k-means fits the codes to the encoder as it is before training. The encoder's output grows at once, and "
        "the codes that do not win are left behind at the old scale. (From about step 1,150 on the EMA draws them to "
        "the origin.)",
        source="lucidrains/vector-quantize-pytorch/issues/66",
        changes=SMALL | {"initialization": "kmeans"},
        mend=RESEED,
        sign=Sign("dead_share", 0.8, 0.1),
        pause_at=200,
        now="{dead} of {k} codes are dead: the heap in the middle{slid_of_them}, of mean length {dead_norm}. The mean "
        "length of a latent was {first_norm} at step 0 and is {latent_norm} now.",
    ),
    Preset(
        id="ema_overwrites",
        title="EMA overwrites reseeded codes",
        watch="Codes are reseeded onto latents (flash) and are back where they were a step later; the event log fills "
        "with 'died again', for ever.",
        why="The reseed set the vector but not the EMA statistics. The next EMA step computes the vector anew from the "
        "old sum and the old count, and the code jumps back.",
        source="facebookresearch/encodec/issues/61",
        changes=PLAIN
        | {
            "initialization": "uniform",
            "init_scale": 1 / 64,
            "reseeding": "random_latent",
            "fresh_statistics": False,
        },
        mend=_FRESH,
        sign=Sign("reseeds_a_code", 2.0, 0.3),
        pause_at=264,
        now="{reseeds} reseeds in the last {window} steps for {k} codes, {reseeds_a_code} each, and a batch still uses "
        "only {perplexity} of them (perplexity, {batches}): take single steps (+1) past the next multiple of 10 to "
        "see codes jump back.",
    ),
    Preset(
        id="stale_statistics",
        title="Stale counts after reseeding",
        watch="Every code is used, and yet at every check many are torn away and put elsewhere, at first most of them: "
        "see the reseed ticks. The codes never spread evenly along the arms.",
        why="A reseeded code keeps the low count it died with. Ten steps later the slow EMA has not lifted it over the "
        "threshold, so it is called dead again before it could move to a better place. It gets slowly rarer: of ten "
        "checks, a code is torn away at about seven at step 300 and at three at step 10,000.",
        source="jishengpeng/WavTokenizer/issues/89",
        changes=PLAIN
        | {
            "dataset": "spiral",
            "update": "gradient",
            "threshold": 2.5,
            "reseeding": "hard_example",
            "fresh_statistics": False,
        },
        mend=_FRESH,
        sign=Sign("reseeds_a_code", 2.0, 0.3),
        pause_at=300,
        now="{reseeds} reseeds in the last {window} steps for {k} codes, {reseeds_a_code} each at {checks}, and {live} "
        "of {k} are in use all the same. Codes leave {error} of the latents' variance, k-means with as many {best}.",
    ),
    Preset(
        id="threshold_too_high",
        title="Threshold above N/K",
        watch="64 latents a step for 256 codes: a fair share is 0.25, the threshold is 2. Every 10 steps a quarter of "
        "all codes is reseeded, for ever; the picture never settles.",
        why="At most N / threshold = 32 codes can have a count of 2 at once. All others look dead, however well they "
        "are placed. A check puts each dead code on a latent of its own, so 64 of them, as many as the batch has.",
        source="jishengpeng/WavTokenizer/issues/82",
        changes={
            "model": "none",
            "batch_size": 64,
            "codebook_size": 256,
            "threshold": 2.0,
            "reseeding": "random_latent",
        },
        mend=Mend(
            "Threshold 0.02",
            "Well under the fair share N/K = 0.25, so only codes that get next to nothing are reseeded; it acts on "
            "this run.",
            {"threshold": 0.02},
            "Reseeds in the last {window} steps: {reseeds}, and no longer 64 at each check. Codes leave {error} of the "
            "latents' variance, k-means with as many {best}.",
            "each is reseeded once its count has faded to the threshold, which takes 390 steps from a count of 1, with "
            "which all begin",
            dead_share=0.4,
        ),
        sign=Sign("reseeds_a_code", 2.0, 0.1),
        pause_at=200,
        now="{reseeds} reseeds in the last {window} steps for {k} codes, 64 at each check: the picture never settles. "
        "With so many codes the error is small all the same: they leave {error} of the latents' variance, k-means with "
        "as many {best}.",
    ),
    Preset(
        id="near_duplicates",
        title="Full usage by duplicates",
        watch="A k-means start is made even by force: codes with less than half a fair share become copies of popular "
        "ones. Usage is full, yet most codes sit on one another (the numbers beside the dots), and the quantization "
        "error rises.",
        why="A copy with next to no noise shares the latents of its original. It counts as used and adds nothing, and "
        "at so low a learning rate the codes stand still, so the pair never parts.",
        source="Neur-IO/OptVQ/issues/9",
        changes=PLAIN
        | {
            "dataset": "mixture",
            "update": "gradient",
            "codebook_lr": 1e-8,
            "initialization": "kmeans",
            "threshold": 2.0,
            "every": 50,
            "reseeding": "split",
            "reseed_noise": 1e-3,
        },
        mend=Mend(
            "Codebook learning rate 0.01",
            "Each of a pair moves to its own share of the latents, and they part; it acts on this run.",
            {"codebook_lr": 1e-2},
            "Codes that lie on another now: {alike}. Each of a pair has moved to its own share of the latents. Codes "
            "leave {error} of the latents' variance.",
        ),
        sign=Sign("alike_share", 0.5, 0.1),
        pause_at=400,
        now="{alike} of {live} codes in use lie on another one: see the numbers beside the dots. Perplexity "
        "{perplexity} of {k} ({batches}) counts them as if they differed.",
    ),
)
