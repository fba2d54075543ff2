"""A codebook's life: where codes start, what moves them, when one is dead, what revives it, and the losses."""

from __future__ import annotations

from explorer.learn.methods.method import Method, card, experiment, lab, zoo

_START, _RESEED = "tests/quantizers/test_initialization.py::", "tests/quantizers/test_reseeding.py::"
_FORMULA, _LOWER = "tests/quantizers/test_regularizers.py::test_formula", {"update": "gradient", "codebook_size": 32}
_ALIVE = {"model": "none", "codebook_size": 32, "reseeding": "random_latent"}

INITIALIZATION_METHODS: tuple[Method, ...] = (
    Method(
        "Gaussian",
        "Codes are drawn from a normal distribution.",
        (lab(initialization="gaussian"), experiment("initialization-raced")),
        f"{_START}test_gaussian_and_uniform_have_their_moments",
    ),
    Method(
        "Uniform in [-a, a]",
        "Codes are drawn evenly from a box.",
        (lab(initialization="uniform"), experiment("initialization-raced")),
        f"{_START}test_gaussian_and_uniform_have_their_moments",
    ),
    Method(
        "k-means on early latents, ++ start",
        "Lloyd's steps on the first batch, from rows far apart.",
        (card("lloyd"), lab(initialization="kmeans"), experiment("initialization-raced")),
        f"{_START}test_kmeans_starts_as_greedy_kmeans_plus_plus_by_hand",
    ),
    Method(
        "Online bootstrapping",
        "Codes that were never used are put onto latents until all were.",
        (lab(initialization="online"), experiment("initialization-raced")),
        f"{_START}test_online_puts_every_code_to_use",
    ),
    Method(
        "Error-driven",
        "Each code is put where those before it serve worst.",
        (lab(initialization="error_driven"), experiment("initialization-raced")),
        f"{_START}test_error_driven_codes_reach_rare_clusters",
    ),
    Method(
        "Feature-based: on a trained encoder",
        "The autoencoder is trained first; then codes start on its latents.",
        (lab(warm_up=200, initialization="kmeans"), zoo("vqgan")),
        "tests/lab/test_warm_up.py::test_codes_start_on_what_was_learnt",
    ),
)

UPDATE_METHODS: tuple[Method, ...] = (
    Method(
        "Codebook loss",
        "The gradient of the squared distance moves the chosen code.",
        (lab(update="gradient"),),
        "tests/quantizers/test_contract.py::test_training_lowers_the_reconstruction_error",
    ),
    Method(
        "EMA with Laplace smoothing",
        "A code is the moving average of its latents.",
        (lab(update="ema"), lab(**_ALIVE)),
        "tests/quantizers/test_parity.py::test_one_ema_step_with_laplace_smoothing",
    ),
    Method(
        "Soft EM",
        "Each latent counts for every code, by softmax of the distances.",
        (lab(update="soft_em"),),
        "tests/quantizers/test_soft_em.py::test_each_step_is_an_em_step",
    ),
    Method(
        "Autoencoder warm-up",
        "The first steps go past the quantizer.",
        (lab(warm_up=200),),
        "tests/lab/test_warm_up.py::test_warming_up_is_training_an_autoencoder",
    ),
)

DEATH_METHODS: tuple[Method, ...] = (
    Method(
        "EMA count under a threshold",
        "Fewer tokens a step, on average, than the threshold.",
        (lab(dead_by="ema_count", **_ALIVE),),
        f"{_RESEED}test_dead_codes_come_back_to_life",
    ),
    Method(
        "Steps since the last assignment",
        "Not chosen for so many steps.",
        (lab(dead_by="steps", **_ALIVE),),
        f"{_RESEED}test_dead_codes_come_back_to_life",
    ),
    Method(
        "Perplexity over recent batches",
        "Rare codes are dead only while the perplexity is low.",
        (lab(dead_by="perplexity", **_ALIVE),),
        f"{_RESEED}test_a_rare_code_is_left_alone_while_the_codebook_is_in_good_use",
    ),
    Method(
        "Entropy of the histogram",
        "Rare codes are dead only while the entropy is low.",
        (lab(dead_by="entropy", **_ALIVE),),
        f"{_RESEED}test_a_rare_code_is_left_alone_while_the_codebook_is_in_good_use",
    ),
)

RESEEDING_METHODS: tuple[Method, ...] = (
    Method(
        "Random latent and noise",
        "A dead code is put onto a latent of the batch.",
        (lab(**_ALIVE), experiment("reseeding-raced")),
        f"{_RESEED}test_noise_is_a_share_of_the_spread",
    ),
    Method(
        "Hard example",
        "Onto one of the latents that are served worst.",
        (lab(**_ALIVE | {"reseeding": "hard_example"}), experiment("reseeding-raced")),
        f"{_RESEED}test_hard_examples_are_the_worst_served",
    ),
    Method(
        "Split and perturb a popular code",
        "Beside a code in much use, with noise.",
        (lab(**_ALIVE | {"reseeding": "split"}), experiment("reseeding-raced")),
        f"{_RESEED}test_split_takes_no_dead_parent_even_when_most_are_dead",
    ),
    Method(
        "Reservoir buffer",
        "Onto a latent of a sample of recent batches.",
        (lab(**_ALIVE | {"reseeding": "reservoir"}), experiment("reseeding-raced")),
        f"{_RESEED}test_reservoir_keeps_recent_latents_and_its_length_through_a_state_dict",
    ),
)

_ADVERSARY, _ENERGIES = "tests/training/test_adversary.py::", "tests/training/test_energies.py::"
LOSS_METHODS: tuple[Method, ...] = (
    Method(
        "Reconstruction, l1 or l2",
        "What the decoder misses of the input.",
        (lab(reconstruction="l1"), lab(reconstruction="l2")),
        "tests/lab/test_controls_act.py::test_enabled_controls_change_the_run_and_greyed_ones_do_not",
    ),
    Method(
        "Commitment, beta",
        "Holds the encoder near its codes.",
        (lab(beta=1.0),),
        "tests/quantizers/test_rvq.py::test_two_levels_by_hand",
    ),
    *(
        Method(name, words, (lab(**_LOWER, **{field: 0.5}),), _FORMULA)
        for name, field, words in (
            ("Soft-assignment entropy", "soft_entropy", "Asks that codes be used alike, on average."),
            ("KL to uniform", "kl_to_uniform", "The same, but for a constant."),
            ("Norm control", "norm", "Pulls the length of each code to 1."),
            ("Repulsion", "repulsion", "Pushes codes that are near apart."),
            ("Orthogonality", "orthogonality", "Turns codes away from each other."),
            ("Variance", "variance", "Keeps the spread of the codes on each axis."),
            ("Contrastive", "contrastive", "Each latent nearer to its own code than to others."),
            ("VICReg", "vicreg", "Variance of each axis, and no covariance between axes."),
        )
    ),
    Method(
        "Perceptual",
        "Energies of a fixed bank of filters; LPIPS needs weights that do not ship.",
        (zoo("vqgan"),),
        f"{_ENERGIES}test_energies_are_those_of_scipy",
    ),
    Method(
        "PatchGAN, adaptive weight",
        "A judge of patches, weighted by the ratio of two gradients.",
        (zoo("vqgan"), zoo("sound-rvq-8-gan", "vowels")),
        f"{_ADVERSARY}test_the_adaptive_weight_is_that_of_equation_7_by_hand",
    ),
)
