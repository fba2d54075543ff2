"""The card of a checkpoint: what it is, what it was trained on, and what was measured, all from the run itself."""

from __future__ import annotations

import json
from collections.abc import Mapping

from explorer.joints.naming import part_noun

LICENCES = {
    "packages": "weights: MIT; trained on the sample pictures of scikit-image and scikit-learn (see the sample list)",
}


def card_text(config: Mapping) -> str:
    """card.md from a checkpoint's config."""
    training, measured = config["training"], config["measured"]
    levels = range(1, config["num_quantizers"] + 1)
    usage = ", ".join(f"{measured[f'usage_{q}']:.1%}" for q in levels)
    perplexity = ", ".join(f"{measured[f'perplexity_{q}']:.0f}" for q in levels)
    exact = f" ({measured['identical']:,} decoded exactly left out)" if measured.get("identical") else ""
    part = part_noun(config["combination"])
    vocabulary = f"{config['codebook_size']:,}" + (f" x {len(levels)}" if len(levels) > 1 else "")
    counted = f"{measured['tokens']:,}" + (f" a {part}" if len(levels) > 1 else "")
    return f"""# {config["title"]}

{config["summary"]}

| | |
| --- | --- |
| id | `{config["id"]}` |
| quantizer | {config["quantizer"]["id"]}, K = {vocabulary}, D = {config["codebook_dim"]} |
| settings | `{json.dumps(config["quantizer"]["config"])}` |
| encoder and decoder | convolutional, downsampling {config["downsampling"]}, {config["parameters"]:,} parameters |
| data | {training["data"]} ({training["pictures"]:,} pictures) |
| licence | {config["licence"]} |
| steps | {training["steps"]:,} of {training["batch"]} crops of {training["crop_px"]} px |
| seed | {training["seed"]} |
| hardware | {training["hardware"]}, {training["seconds"]:,.0f} s |

Measured on {measured["pictures"]:,} held-out pictures ({training["held_out"]}),
{training["held_out_px"]} px centre crops:

| PSNR, dB | SSIM | usage, share of K | perplexity | tokens counted |
| --- | --- | --- | --- | --- |
| {measured["psnr_db"]:.2f}{exact} | {measured["ssim"]:.3f} | {usage} | {perplexity} | {counted} |

Made by `python -m explorer train {config["id"]}`; usage over training is in `curve.json`.
"""
