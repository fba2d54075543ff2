"""Codes decoded alone, for the code card: with the card where that is quick, afterwards where it takes a while."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from explorer.analysis.pictures.series_pictures import code_tiles
from explorer.foundation.cache import Cache, share
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec
from explorer.media.clips.mosaic import mosaic
from explorer.media.rows.drawing import item_tile, scale_of
from explorer.media.sounds.audio import wav_bytes
from explorer.media.sounds.spectrogram import sound_picture
from explorer.pages.shared.dispatch import Dispatcher, Event
from explorer.pages.shared.fields import Index, Name, Several, Whole
from explorer.tokenizers import load_tokenizer, owner_of
from explorer.views.inspect.card.card import Alone
from explorer.views.kit.wire.encoding import png_data_url, wav_data_url

QUICK_PARAMETERS = 5_000_000  # of an encoder and decoder of pictures that decode eight small fields at once
SOUND_S = 0.4  # of one code, again and again: long enough to be heard
SOUND_WIDTH_PX = 128
MOST_CODES = 8
_kept = Cache("codes decoded alone", share(0.04))
_turn = threading.Semaphore(2)  # more at a time would only slow each other on few cores


def asked_later(spec: TokenizerSpec) -> bool:
    """Whether decoding single codes takes so long that the card should not wait for it."""
    return spec.modality != "image" or bool(spec.fixed_size) or spec.parameters > QUICK_PARAMETERS


def decoded_alone(tokenizer: Tokenizer, level: int, codes: Sequence[int]) -> dict[int, Alone]:
    """Each code as a constant field, decoded and drawn; nothing where there is no decoder. Raises RecordError."""
    spec = tokenizer.spec
    if not spec.decodes:
        return {}
    if not asked_later(spec):
        return {code: _drawn(spec, one) for code, one in zip(codes, tokenizer.decode_alone(level, codes), strict=True)}
    of = owner_of(spec.id)
    there = {code: _kept.peek((spec.id, level, code), of) for code in codes}
    found = {code: one for code, one in there.items() if one is not None}
    missing = [code for code in dict.fromkeys(codes) if code not in found]
    if missing:
        with _turn:
            decoded = tokenizer.decode_alone(level, missing, _tokens(spec))
        made = {code: _drawn(spec, one) for code, one in zip(missing, decoded, strict=True)}
        found |= made
        for code, one in made.items():
            _kept.put((spec.id, level, code), one, of)
    return found


def _tokens(spec: TokenizerSpec) -> int:
    if spec.modality == "audio" and spec.sample_rate_hz:
        return max(3, round(SOUND_S * spec.sample_rate_hz / spec.downsampling))
    return 3


def _drawn(spec: TokenizerSpec, decoded: np.ndarray) -> Alone:
    """One code's medium as a picture; a sound on its own scale, so that quiet codes are seen, too."""
    if spec.modality == "audio":
        rate = spec.sample_rate_hz or 1
        return Alone(sound_picture(decoded, rate, SOUND_WIDTH_PX), wav_bytes(decoded, rate))
    if spec.modality == "series":
        return Alone(code_tiles([decoded])[0])
    if spec.modality == "vectors":
        return Alone(item_tile(decoded[0], scale_of(decoded)))
    return Alone(mosaic(decoded) if spec.modality == "video" else decoded)


@dataclass(frozen=True)
class AloneAsked:
    """Codes of a level of a tokenizer that a card asks for."""

    tokenizer: Name
    level: Index
    codes: Annotated[
        tuple[int, ...],
        Several(Whole(), least=1, most=MOST_CODES, say=f"A card asks for 1 to {MOST_CODES} codes of a level."),
    ]


def _alone(caller: None, request: AloneAsked) -> dict[str, Any]:
    """{"alone": [{"code", "url", "sound"}]}."""
    tokenizer = load_tokenizer(request.tokenizer)
    found = decoded_alone(tokenizer, request.level, request.codes)
    return {
        "alone": [
            {
                "code": code,
                "url": png_data_url(one.pixels),
                "sound": None if one.sound is None else wav_data_url(one.sound),
            }
            for code, one in found.items()
        ]
    }


EVENTS = Dispatcher({"alone": Event(_alone, AloneAsked, strangers=True)})


def alone_ask(request: dict) -> str:
    """One answer of the card, as JSON. Not through the queue."""
    return EVENTS.ask((request if isinstance(request, dict) else {}) | {"what": "alone"})
