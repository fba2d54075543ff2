"""What is known of the chosen tokenizer: one sentence, and its figures with their units."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict

from explorer.tokenizers.base import TokenizerSpec
from explorer.views.component import BrowserComponent


class TokenizerFacts(BrowserComponent):
    """A short list of facts; it triggers nothing."""

    NAME = "tokenizer_facts"

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_id", "tokenizer-facts")
        super().__init__(value, **kwargs)


def payload(spec: TokenizerSpec) -> str:
    """The value of TokenizerFacts."""
    return json.dumps({"summary": spec.summary, "facts": facts(spec), "id": asdict(spec)["id"]})


def facts(spec: TokenizerSpec) -> list[dict[str, str]]:
    """Label, value and a sentence for each fact; what was not measured is left out."""
    bits = spec.num_quantizers * math.log2(spec.codebook_size)
    rows = [
        _fact("codes", spec.vocabulary, "Codes of one position: levels or groups x K."),
        _fact("dimensions", f"{spec.codebook_dim}", "Dimensions D of a code vector."),
        _fact("bits a token", f"{bits:.1f}", f"log2(K) bits for each of {spec.num_quantizers} indices of a position."),
        _fact("bits a pixel", f"{bits / spec.downsampling**2:.3f}", f"One token is {spec.downsampling} px a side."),
        _fact("parameters", f"{spec.parameters / 1e6:.1f} M", "Encoder and decoder, without codebooks."),
    ]
    if "psnr_db" in spec.measured:
        where = f"mean over {spec.measured['pictures']:,.0f} held-out pictures, as its card says"
        rows.append(_fact("PSNR", f"{spec.measured['psnr_db']:.1f} dB", f"Peak signal-to-noise ratio, {where}."))
    usage = usage_words(spec.measured)
    if usage:
        counted = f"Share of K used at least once by {spec.measured['tokens']:,.0f} held-out tokens, level by level."
        rows.append(_fact("usage", usage, counted))
    rows.append(_fact("licence", spec.licence, "Of the weights."))
    return rows


def usage_words(measured: Mapping[str, float]) -> str:
    """ "97 %", or "99, 98 %" for several levels; "" if it was not measured."""
    shares = [measured[f"usage_{q}"] for q in range(1, 1 + sum(name.startswith("usage_") for name in measured))]
    return ", ".join(f"{100 * share:.0f}" for share in shares) + " %" if shares else ""


def _fact(label: str, value: str, meaning: str) -> dict[str, str]:
    return {"label": label, "value": value, "meaning": meaning}
