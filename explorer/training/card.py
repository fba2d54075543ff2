"""The card of a checkpoint: what it is, what it was trained on, and what was measured, all from the run itself."""

from __future__ import annotations

import json
from collections.abc import Mapping

from explorer.joints.naming import part_noun
from explorer.media.clips.moving import HELD_PX, SHIFT
from explorer.tokenizers.native.specs import COARSE_PX, LATENT_TOKENS, TWO_GRIDS
from explorer.training.card_losses import beside_sibling, first_tokens, losses_row

_PACKAGES = "weights: MIT; trained on the sample pictures of scikit-image and scikit-learn (see the sample list)"
LICENCES = {
    "image": _PACKAGES,
    "audio": "weights: MIT; trained on sounds that the project makes by formula",
    "video": _PACKAGES,
}
FOLLOWING = {"image": "pictures", "audio": "sounds", "video": "pictures"}  # what is counted of the data, by modality


def card_text(config: Mapping) -> str:
    """card.md from a checkpoint's config."""
    training, modality = config["training"], config.get("modality", "image")
    levels = range(1, config["num_quantizers"] + 1)
    vocabulary = f"{config['codebook_size']:,}" + (f" x {len(levels)}" if len(levels) > 1 else "")
    several = FOLLOWING[modality]
    return f"""# {config["title"]}

{config["summary"]}

| | |
| --- | --- |
| id | `{config["id"]}` |
| quantizer | {config["quantizer"]["id"]}, K = {vocabulary}, D = {config["codebook_dim"]} |
| settings | `{json.dumps(config["quantizer"]["config"])}` |
| encoder and decoder | {_network(config)}, {config["parameters"]:,} parameters |
| data | {training["data"]} ({training[several]:,} {several}) |
| licence | {config["licence"]} |
| steps | {training["steps"]:,} of {training["batch"]} {_pieces(training, modality)} |
{losses_row(training)}| seed | {training["seed"]} |
| hardware | {training["hardware"]}, {training["seconds"]:,.0f} s |

{_figures(config)}
Made by `python -m explorer train {config["id"]}`; usage over training is in `curve.json`.
"""


KINDS_OF_NETWORK = {
    TWO_GRIDS: lambda config: (
        f"convolutional, two grids: {COARSE_PX} x {COARSE_PX} pixels a token on top, "
        f"{config['downsampling']} x {config['downsampling']} below"
    ),
    LATENT_TOKENS: lambda config: (
        f"transformers, {config['architecture']['tokens']} tokens without places for "
        f"{config['architecture']['side']} x {config['architecture']['side']} pixels in patches of "
        f"{config['architecture']['patch']}"
    ),
}


def _network(config: Mapping) -> str:
    if config["architecture"].get("kind") in KINDS_OF_NETWORK:
        return KINDS_OF_NETWORK[config["architecture"]["kind"]](config)
    kind = {"image": "convolutional", "audio": "convolutional, causal", "video": "convolutional, causal"}
    modality = config.get("modality", "image")
    size = f"{config['downsampling']}"
    if modality == "audio":
        rate = config["sample_rate_hz"]
        size = f"{config['downsampling']} samples at {rate:,} Hz: {rate / config['downsampling']:,.0f} tokens a second"
    if modality == "video":
        size = f"{config['time_step']} frames x {size} x {size} pixels, the first frame alone"
    return f"{kind[modality]}, downsampling {size}"


def _pieces(training: Mapping, modality: str) -> str:
    if modality == "audio":
        return f"pieces of {training['samples'] / training['sample_rate_hz']:.2f} s"
    if "side" in training:
        share = training.get("token_dropout", 0)
        dropped = (
            f", {share:.0%} of them decoded from their first tokens alone, as many as chance says" if share else ""
        )
        return f"views of any scale, {training['side']} px{dropped}"
    crops = f"crops of {training['crop_px']} px"
    if modality == "image":
        return crops
    fastest = SHIFT * training["crop_px"]
    return f"{crops} and {training['frames']} frames, set in motion by {fastest:.1f} pixels a frame at most"


def _figures(config: Mapping) -> str:
    """The paragraph and table of what was measured, ending in an empty line."""
    training, measured, modality = config["training"], config["measured"], config.get("modality", "image")
    levels = range(1, config["num_quantizers"] + 1)
    usage = ", ".join(f"{measured[f'usage_{q}']:.1%}" for q in levels)
    perplexity = ", ".join(f"{measured[f'perplexity_{q}']:.0f}" for q in levels)
    counted = f"{measured['tokens']:,}" + (f" a {part_noun(config['combination'])}" if len(levels) > 1 else "")
    if "tokens_1" in measured:
        counted = " + ".join(f"{measured[f'tokens_{q}']:,}" for q in levels)
    shared = f"{usage} | {perplexity} | {counted} |\n"
    heads = "usage, share of K | perplexity | tokens counted |"
    if modality == "audio":
        left = f", {measured['left_out']:,} of them silent and left out" if measured.get("left_out") else ""
        ratio = f"{measured['si_sdr_db']:.2f}" if "si_sdr_db" in measured else "not defined"
        by_level = ", ".join(f"{measured[f'si_sdr_db_{q}']:.2f}" for q in levels if f"si_sdr_db_{q}" in measured)
        rising = f"SI-SDR of the first 1 to {len(levels)} levels: {by_level} dB.\n\n" if by_level else ""
        folders = range(1, 1 + sum(name.endswith("_sounds") for name in measured))
        each = "; ".join(
            f"{measured[f'folder_{n}_sounds']:,} with {measured[f'folder_{n}_si_sdr_db']:.2f} dB, "
            f"log-mel distance {measured[f'folder_{n}_log_mel_db']:.2f} dB"
            for n in folders
        )
        rising += f"Sounds of each folder, in the order above: {each}.\n\n" if each else ""
        return (
            f"Measured on {measured['sounds']:,} held-out sounds, {measured['seconds']:,.0f} s{left}\n"
            f"({training['held_out']}):\n\n"
            f"| SI-SDR, dB | log-mel distance, dB | {heads}\n| --- | --- | --- | --- | --- |\n"
            f"| {ratio} | {measured['log_mel_db']:.2f} | {shared}\n{rising}"
        ).removesuffix("\n")
    exact = f" ({measured['identical']:,} decoded exactly left out)" if measured.get("identical") else ""
    if modality == "video":
        clips = f"{measured['clips']:,} held-out clips of {measured['frames']:,} frames"
        of = f"Measured on {clips} ({training['held_out']}),"
        what = f"{training['held_out_px']} px, set in motion by {SHIFT * HELD_PX:.1f} pixels a frame at most"
    else:
        of = f"Measured on {measured['pictures']:,} held-out pictures ({training['held_out']}),"
        what = f"{training['held_out_px']} px centre crops"
        if "side" in training:
            what = f"scaled to cover {training['side']} px, then cropped at the centre"
    return (
        f"{of}\n{what}:\n\n| PSNR, dB | SSIM | {heads}\n| --- | --- | --- | --- | --- |\n"
        f"| {measured['psnr_db']:.2f}{exact} | {measured['ssim']:.3f} | {shared}{first_tokens(config)}"
        f"{beside_sibling(config)}"
    )
