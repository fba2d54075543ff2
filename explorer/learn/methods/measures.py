"""What is measured, the surveys' experiments, and the modalities."""

from __future__ import annotations

from explorer.learn.methods.method import Method, Sight, audit, experiment, lab, zoo

_USAGE, _METRICS = "tests/joints/test_usage.py::", "tests/media/quality/"
_LEVELS = audit("rvq-4")
_AUDITED = (audit("vq-collapsed"), audit("vq-ema-reseed"))
_COMPARED = Sight("compare", "compare", {"tokenizers": "vq-ema-reseed,rvq-4,pq-4", "media": "sample:coffee"})
_HEARD = Sight("compare", "compare", {"tokenizers": "sound-rvq-8,sound-rvq-8-gan", "media": "sample:vowels"})
_INDEPENDENT = f"{_USAGE}test_figures_agree_with_independent_formulas"

_DYNAMICS, _LAG = "tests/lab/test_dynamics.py::", Sight("lab", "lab", {"preset": "decay_too_slow"})

MEASURE_METHODS: tuple[Method, ...] = (
    Method(
        "Usage, used codes", "Share of codes with a token.", _AUDITED, f"{_USAGE}test_used_codes_have_one_threshold"
    ),
    Method(
        "Dead",
        "Not used where it should have been.",
        _AUDITED,
        "tests/joints/test_unused.py::test_the_formulas_by_hand",
    ),
    Method(
        "Unseen",
        "Not used yet: too few tokens to say more.",
        (zoo("vq-ema-reseed"),),
        "tests/joints/test_unused.py::test_no_code_is_dead_at_a_first_look",
    ),
    Method("Perplexity", "How many codes, if they were used alike.", _AUDITED, _INDEPENDENT),
    Method("Entropy", "Bits a token really carries.", _AUDITED, _INDEPENDENT),
    Method("Gini of code counts", "How uneven use is.", _AUDITED, _INDEPENDENT),
    Method("KL to uniform", "Bits that uneven use leaves unused.", _AUDITED, _INDEPENDENT),
    Method(
        "Per level and joint",
        "The same for each level, and for tuples.",
        (_LEVELS,),
        "tests/audit/indices/test_index_cases.py",
    ),
    Method(
        "Gradient through the bottleneck",
        "Its length behind and before the quantizer.",
        (experiment("gradient-flow"), lab()),
        "tests/experiments/test_probes.py::test_straight_through_copies_the_gradient_and_leaves_the_model_as_it_was",
    ),
    Method(
        "Quantization error",
        "Squared distance of latent and code.",
        (lab(), zoo("rvq-4")),
        "tests/experiments/test_measure.py::test_the_error_of_codes_is_that_of_latents_to_what_the_codes_make",
    ),
    Method("PSNR", "Of pictures.", (zoo("rvq-4"), _COMPARED), f"{_METRICS}test_metrics.py::test_psnr_is_scikit_images"),
    Method(
        "SSIM",
        "Of pictures.",
        (zoo("rvq-4"), _COMPARED),
        f"{_METRICS}test_metrics.py::test_ssim_is_the_papers_formula_window_by_window",
    ),
    Method(
        "MS-SSIM",
        "At several scales.",
        (_COMPARED,),
        f"{_METRICS}test_fidelity.py::test_ms_ssim_is_the_papers_product_over_scales",
    ),
    Method(
        "SI-SDR",
        "Of sounds, whatever their loudness.",
        (zoo("sound-rvq-8", "vowels"), _HEARD),
        f"{_METRICS}test_sound_fidelity.py::test_both_ratios_written_out_sample_by_sample",
    ),
    Method(
        "Log-mel distance",
        "Of spectra.",
        (zoo("sound-rvq-8", "vowels"), _HEARD),
        f"{_METRICS}test_sound_fidelity.py::test_the_log_mel_distance_is_that_of_scipys_spectrogram",
    ),
    Method(
        "PSNR a frame",
        "Of clips, frame by frame.",
        (zoo("clip-fsq", "panning"),),
        f"{_METRICS}test_metrics.py::test_psnr_is_scikit_images",
    ),
    Method(
        "Bits a token, a pixel, a second",
        "log2 K for each index.",
        (zoo("rvq-4"), _COMPARED),
        "tests/pages/inspect/test_inspect_levels.py::test_tokens_bits_and_rates_are_of_what_is_kept",
    ),
    Method(
        "Empirical against uniform entropy",
        "Bits at the codes' own counts.",
        (zoo("vq-collapsed"),),
        "tests/pages/inspect/test_inspect_levels.py::test_tokens_bits_and_rates_are_of_what_is_kept",
    ),
    Method(
        "Rate-distortion curve",
        "Over tokenizers and levels, and over K and D.",
        (_COMPARED, experiment("rate-distortion")),
        "tests/compare/test_compare_table.py::test_curves_are_means_over_media_and_levels",
    ),
    Method(
        "Encoder drift, lag of codes",
        "How far latents move in a step, and codes behind those that they last won.",
        (_LAG,),
        f"{_DYNAMICS}test_lag_is_the_distance_to_the_middle_of_what_a_code_last_won",
    ),
    Method(
        "Effective dimension over time",
        "Participation ratio of the variances of latents and of codes.",
        (_LAG,),
        f"{_DYNAMICS}test_the_effective_dimension_is_that_of_the_eigenvalues",
    ),
    Method(
        "Token collapse, embedding collapse",
        "Few codes used, or codes used that are nearly equal.",
        (Sight("lab", "lab", {"preset": "rich_get_richer"}),),
        "tests/analysis/lab/test_lab_collapse.py::test_codes_that_are_used_and_nearly_equal_are_an_embedding_collapse",
    ),
    Method(
        "Ceiling without a quantizer",
        "What the same model reaches when latents pass as they are.",
        (lab(),),
        f"{_DYNAMICS}test_a_ceiling_is_the_run_without_its_quantizer",
    ),
    Method(
        "Decode under wrong tokens",
        "What is lost when a share of the tokens is drawn at random.",
        (lab(),),
        f"{_DYNAMICS}test_wrong_tokens_are_counted_and_cost_what_decoding_them_costs",
    ),
    Method(
        "Linear probe",
        "What a linear classifier reads from tokens.",
        (experiment("linear-probe"),),
        "tests/experiments/test_probes.py::test_accuracy_is_the_share_of_what_was_held_out",
    ),
)

_SHIPS = "tests/experiments/test_cross_modal.py::test_what_ships_can_be_opened_and_its_figures_agree_with_its_counts"
EXPERIMENT_METHODS: tuple[Method, ...] = (
    Method("Audit of codebook use", "Which codes are used, dead, twins.", _AUDITED, "tests/audit/test_accumulator.py"),
    Method("The same encoder under every quantizer", "Usage over training.", (experiment("same-encoder"),), _SHIPS),
    Method(
        "One quantizer across media",
        "The same settings on pictures, sound and clips.",
        (experiment("cross-modal"),),
        "tests/experiments/test_cross_modal.py::test_every_medium_gives_as_many_tokens_a_step",
    ),
    Method(
        "Gradient flow",
        "Through each estimator.",
        (experiment("gradient-flow"),),
        "tests/experiments/test_probes.py::test_the_rotation_trick_scales_each_gradient_by_code_over_latent",
    ),
    Method("VQ against RVQ", "At equal bits.", (experiment("vq-against-rvq"),), _SHIPS),
    Method("Rate and distortion over K and D", "What each buys.", (experiment("rate-distortion"),), _SHIPS),
    Method(
        "Linear probe",
        "VQ, RVQ and LFQ tokens against raw input.",
        (experiment("linear-probe"),),
        "tests/experiments/test_probes.py::test_digits_are_held_out_with_their_classes",
    ),
    Method(
        "Initialization raced",
        "Five starts from one seed on the same batches.",
        (experiment("initialization-raced"),),
        "tests/experiments/test_races.py::test_racers_see_the_same_batches_whatever_else_they_draw",
    ),
    Method(
        "Reseeding raced",
        "Four strategies from one collapsed state.",
        (experiment("reseeding-raced"),),
        "tests/experiments/test_races.py::test_forked_racers_start_equal_to_the_bit",
    ),
)

MODALITY_METHODS: tuple[Method, ...] = (
    Method(
        "Pictures",
        "Any common format; also a camera.",
        (zoo("vq-ema-reseed", "astronaut"),),
        "tests/media/test_image.py",
    ),
    Method("Sound", "Files or the microphone.", (zoo("sound-rvq-8", "vowels"),), "tests/media/test_audio.py"),
    Method("Clips", "Short videos and GIFs.", (zoo("clip-fsq", "panning"),), "tests/media/test_video.py"),
    Method(
        "Series and actions",
        "Rows over time, .csv or .npy.",
        (zoo("fast-actions", "reach"), zoo("series-vq", "reach")),
        "tests/media/rows/test_series_reading.py",
    ),
    Method(
        "Motion", "Joints of a figure over time.", (zoo("series-rvq", "walk"),), "tests/media/rows/test_skeleton.py"
    ),
    Method(
        "Items of a recommender",
        "Rows of vectors.",
        (zoo("items-rq", "books"), zoo("items-rq-3", "books")),
        "tests/media/rows/test_items_reading.py",
    ),
    Method(
        "Graphs",
        "Edge lists and triples.",
        (zoo("gart", "karate"), zoo("gart", "world")),
        "tests/media/graphs/test_graph_reading.py",
    ),
)
