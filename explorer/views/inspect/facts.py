"""What is known of the chosen tokenizer: one sentence, and its figures with their units."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from explorer.analysis.codes.definitions import DEFINITIONS
from explorer.foundation.words import count_of
from explorer.joints.naming import part_noun
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import TokenizerSpec, codes_words
from explorer.views.kit.page.component import BrowserComponent

SOURCES = {
    "zoo": "this project",
    "hub": "the Hub",
    "file": "a file",
    "library": "a library of the server",
    "user": "an adapter of your own",
}

PARAMETERS = {"zoo": "Encoder and decoder, without codebooks."}
KEPT = "Numbers that are kept, codebooks included; and their memory, where it is known."


class TokenizerFacts(BrowserComponent):
    """A short list of facts; it triggers nothing."""

    NAME = "inspect/facts"

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_id", "tokenizer-facts")
        super().__init__(value, **kwargs)


def payload(spec: TokenizerSpec, record: TokenRecord | None = None) -> str:
    """The value of TokenizerFacts. record: of the medium on screen, which rates are reckoned from."""
    return json.dumps(
        {"summary": spec.summary, "warnings": list(spec.warnings), "facts": facts(spec, record), "id": spec.id}
    )


def facts(spec: TokenizerSpec, record: TokenRecord | None = None) -> list[dict[str, str]]:
    """Label, value and a sentence for each fact; what was not measured is left out."""
    rows = [
        _fact("takes", takes(spec), "What goes in; everything else is made to fit, and notes say how."),
        _fact("codes", _codes(spec, record), "Codes of one position: levels or groups x K."),
        _fact("dimensions", f"{spec.codebook_dim}", "Dimensions D of a code vector."),
        *_rates(spec, record),
        _fact("parameters", _size(spec), PARAMETERS.get(spec.source, KEPT)),
    ]
    if not spec.decodes:
        rows.append(_fact("decoder", "none", "Tokens can be made and counted, but not turned back into a medium."))
    if "psnr_db" in spec.measured:
        meaning = DEFINITIONS["card_psnr" if spec.modality == "image" else "card_psnr_clips"].words
        rows.append(_fact("PSNR on its card", psnr_words(spec.measured), meaning))
    if "si_sdr_db" in spec.measured:
        rows.append(_fact("SI-SDR on its card", si_sdr_words(spec.measured), DEFINITIONS["card_si_sdr"].words))
    if "collision_rate" in spec.measured:
        rows.append(_fact("collisions on its card", collision_words(spec.measured), DEFINITIONS["collisions"].words))
    if "rmse" in spec.measured:
        rows.append(_fact("error on its card", rmse_words(spec.measured), DEFINITIONS["card_rmse"].words))
    usage, part = usage_words(spec.measured), part_noun(spec.combination)
    if usage:
        counted = f"Share of K used at least once by {spec.measured['tokens']:,.0f} held-out tokens, {part} by {part}."
        rows.append(_fact("usage", usage, counted))
    if spec.weights:
        rows.append(_fact("weights", spec.weights, DEFINITIONS["weights"].words))
    rows.append(_fact("licence", spec.licence, "Of the weights."))
    rows.append(_fact("from", SOURCES[spec.source], "Who brought this tokenizer."))
    return rows


def _codes(spec: TokenizerSpec, record: TokenRecord | None) -> str:
    """The codes of one position, of a record as they are there."""
    return codes_words([level.codebook.codebook_size for level in record.levels]) if record else spec.vocabulary


def takes(spec: TokenizerSpec) -> str:
    """What a tokenizer takes, such as "sounds at 24 kHz, mono" or "pictures of 256 x 256 px"."""
    noun = {"image": "pictures", "audio": "sounds", "video": "clips"}.get(spec.modality, spec.modality)
    if spec.modality == "graph":
        return "graphs: edges, with relations or without"
    if spec.modality == "vectors":
        return f"tables of items, {count_of(spec.channels, 'number')} each"
    if spec.modality == "series":
        known = f", fitted on {len(spec.columns)} of them" if spec.columns else ""
        return f"series of any columns{known}, {count_of(spec.media_multiple, 'row')} at a time"
    if spec.modality == "audio" and spec.sample_rate_hz:
        channels = {1: "mono", 2: "stereo"}.get(spec.channels, f"{spec.channels} channels")
        return f"{noun} at {spec.sample_rate_hz / 1000:g} kHz, {channels}"
    if spec.fixed_size:
        *frames, height, width = spec.fixed_size
        many = f"{frames[0]} frames of " if frames else ""
        return f"{noun} of {many}{width} x {height} px"
    if spec.modality == "video":
        first = "1, then " if spec.first_frame_alone else ""
        return f"{noun}, {first}{spec.time_step} frames a step" if spec.time_step > 1 or first else noun
    return noun


def _rates(spec: TokenizerSpec, record: TokenRecord | None) -> list[dict[str, str]]:
    """What a token costs, and what a pixel or a second of the medium does."""
    sizes = [level.codebook.codebook_size for level in record.levels] if record else []
    bits = sum(map(math.log2, sizes or [spec.codebook_size] * spec.num_quantizers))
    several = spec.num_quantizers > 1 and record is not None and len({lv.layout.shape for lv in record.levels}) > 1
    rows = []
    if not several:
        explains = f"log2(K) bits for each of {spec.num_quantizers} indices of a position."
        rows.append(_fact("bits a token", f"{bits:.1f}", explains))
    if record is not None and (several or spec.layout == "set1d"):
        counts = [level.layout.num_tokens for level in record.levels]
        words = " + ".join(f"{count:,}" for count in counts[:12]) + (" ..." if len(counts) > 12 else "")
        part = part_noun(spec.combination)
        rows.append(_fact("tokens", words, f"Of the medium on screen, {part} by {part}."))
    pixels, seconds = (record.bits_per_pixel("uniform"), record.bitrate_bps("uniform")) if record else (None, None)
    if spec.modality == "image" and spec.layout == "grid2d" and not several:
        rows.append(
            _fact("bits a pixel", f"{bits / spec.downsampling**2:.3f}", f"A token is {spec.downsampling} px a side.")
        )
    elif pixels is not None:
        rows.append(_fact("bits a pixel", f"{pixels:.3g}", "log2(K) bits of all tokens, over the pixels on screen."))
    if spec.modality == "audio" and spec.sample_rate_hz:
        rate = spec.sample_rate_hz / spec.downsampling
        rows.append(_fact("token rate", f"{rate:.4g} Hz{', finest level' if several else ''}", "Tokens a second."))
    if seconds is not None:
        rows.append(_fact("bit rate", f"{seconds / 1000:.3g} kbit/s", "log2(K) bits of all tokens, over the seconds."))
    return rows


def _size(spec: TokenizerSpec) -> str:
    millions = spec.parameters / 1e6
    words = f"{millions:.1f} M" if millions >= 0.1 else f"{spec.parameters:,}"
    return f"{words}, {spec.memory_bytes / 1e6:,.0f} MB" if spec.memory_bytes >= 1e6 else words


def psnr_words(measured: Mapping[str, float]) -> str:
    """The card's PSNR with what it is of: "24.0 dB, 100 held-out pictures of 256 px"."""
    size = f" of {measured['side_px']:,.0f} px" if "side_px" in measured else ""
    exact = f", {measured['identical']:,.0f} decoded exactly left out" if measured.get("identical") else ""
    noun = "clips" if "clips" in measured else "pictures"
    return f"{measured['psnr_db']:.1f} dB, {measured[noun]:,.0f} held-out {noun}{size}{exact}"


def si_sdr_words(measured: Mapping[str, float]) -> str:
    """The card's SI-SDR with what it is of: "6.1 dB, 301 held-out sounds"."""
    return f"{measured['si_sdr_db']:.1f} dB, {measured['sounds']:,.0f} held-out sounds"


def collision_words(measured: Mapping[str, float]) -> str:
    """The card's collisions with what they are of: "5.7 % of 10,000 items share their id"."""
    return f"{100 * measured['collision_rate']:.1f} % of {measured['tokens']:,.0f} items share their id"


def rmse_words(measured: Mapping[str, float]) -> str:
    """The card's errors with what they are of: "0.053 rad, 1.02 mm, 40 held-out series"."""
    units = [name.removeprefix("max_") for name in measured if name.startswith("max_")]
    each = ", ".join(f"{measured[f'rmse_{unit}']:.3g} {unit}".strip() for unit in units)
    return f"{each}, {measured['series']:,.0f} held-out series"


def usage_words(measured: Mapping[str, float]) -> str:
    """ "97 %", or "99, 98 %" for several levels; "" if it was not measured."""
    shares = [measured[f"usage_{q}"] for q in range(1, 1 + sum(name.startswith("usage_") for name in measured))]
    return ", ".join(f"{100 * share:.0f}" for share in shares) + " %" if shares else ""


def _fact(label: str, value: str, meaning: str) -> dict[str, str]:
    return {"label": label, "value": value, "meaning": meaning}
