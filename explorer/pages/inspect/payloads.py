"""From a TokenRecord to the values of the inspect page's views: numbers from analysis, pictures from the tokenizer."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explorer.analysis.codes.card import code_facts
from explorer.analysis.codes.exemplars import context, patches
from explorer.analysis.codes.neighbours import margins
from explorer.joints.measures.error import quantization_error
from explorer.joints.measures.tuples import code_words
from explorer.joints.naming import given_noun, part_noun
from explorer.joints.record import TokenLevel, TokenRecord
from explorer.joints.tokenizer import Pieces, Tokenizer, TokenizerSpec
from explorer.media.quality.metrics import Quality, quality
from explorer.media.quality.sound_delay import NO_DELAY, Delay, find_delay, moved_back, overlap
from explorer.media.sounds.spectrogram import FLOOR_DB, spectrogram_db
from explorer.pages.inspect import figures as inspect_figures
from explorer.pages.inspect.alone import asked_later, decoded_alone
from explorer.pages.inspect.graph import graph_figures
from explorer.pages.inspect.items import items_figures
from explorer.pages.inspect.series import difference_percent, series_figures
from explorer.pages.shared.session import Visit
from explorer.tokenizers import owner_of
from explorer.views.inspect.card import card as code_card
from explorer.views.inspect.card.card import Alone
from explorer.views.inspect.reconstruction import reconstruction
from explorer.views.kit.wire.places import places_of

NEIGHBOURS = 6
CONTEXT_TOKENS = 3
_measured: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # by the level's id, as long as the level is there
_lock = threading.Lock()


def levels_shown(visit: Visit, num_levels: int) -> list[int] | None:
    """The levels that a mode decodes; None for all of them, as of a single one."""
    if num_levels == 1:
        return None
    level = min(visit.level, num_levels - 1)
    if visit.mode == "solo":
        return [level]
    if visit.mode == "mute":
        return [q for q in range(num_levels) if q != level]
    return list(range(level + 1)) if visit.mode == "cumulative" else None


def kept_of(record: TokenRecord, visit: Visit) -> TokenRecord:
    """The record of the levels that the visitor chose: what of it would have to be sent."""
    shown = levels_shown(visit, len(record.levels))
    return record if shown is None else record.of_levels(shown)


def notes_of(record: TokenRecord) -> tuple[str, ...]:
    """The notes of a record for this page, which says itself where there is no decoder, and shows no empty medium."""
    return tuple(note for note in record.notes if not note.startswith("This tokenizer has no decoder"))


def decoded_of(record: TokenRecord, tokenizer: Tokenizer, visit: Visit) -> np.ndarray | None:
    """What the levels that the visitor chose decode to, None where there is no decoder."""
    if not tokenizer.spec.decodes:
        return None
    shown = levels_shown(visit, len(record.levels))
    return record.reconstruction if shown is None else tokenizer.decode_levels(record, shown)


def delay_of(record: TokenRecord, spec: TokenizerSpec) -> Delay:
    """By how much a tokenizer's sound comes late: declared, or estimated from all levels together; none of pictures."""
    if record.modality != "audio" or not spec.decodes:
        return NO_DELAY
    return find_delay(record.media, record.reconstruction, float(record.sample_rate_hz or 1), spec.delay_samples)


def reconstruction_payload(
    record: TokenRecord,
    picture: TokenRecord,
    visit: Visit,
    decoded: np.ndarray | None,
    delay: Delay = NO_DELAY,
    pieces: Pieces | None = None,
    qualities: Sequence[Quality] = (),
) -> str:
    """The value of the reconstruction.

    decoded: as `decoded_of` gives it. picture: the picture of the record (`depict`) with that reconstruction. delay: of
    a sound, as `delay_of` gives it. pieces: which tokens of the first level are sent together. qualities: of each frame
    of a clip.
    """
    placed = all(level.layout.kind == "grid2d" for level in picture.levels)
    levels = picture.levels if placed else ()
    kept = record if decoded is None else kept_of(record, visit)
    figures = quality(record.media, decoded) if record.modality == "image" and decoded is not None else None
    return reconstruction.payload(
        reconstruction.ReconstructionData(
            original=picture.media,
            reconstruction=None if decoded is None else picture.reconstruction,
            num_tokens=kept.num_tokens,
            bits_uniform=kept.bits_uniform,
            bits_empirical=kept.bits_empirical,
            psnr_db=figures.psnr_db if figures else None,
            ssim=figures.ssim if figures else None,
            indices=[level.indices for level in levels],
            quantization_error=[measure_tokens(level)[0].reshape(level.layout.shape) for level in levels],
            margin=[measure_tokens(level)[1].reshape(level.layout.shape) for level in levels],
            seconds=record.seconds,
            device=record.device,
            num_levels=len(record.levels),
            noun=part_noun(record.combination),
            given=[given_noun(record.combination, level) for level in range(len(record.levels))],
            mode=visit.mode,
            level=visit.level,
            levels_shown=None if decoded is None else levels_shown(visit, len(record.levels)),
            notes=notes_of(record),
            rows=_rows(kept, decoded, delay, pieces, qualities),
            place=places_of(record),
        )
    )


def measure_tokens(level: TokenLevel) -> tuple[np.ndarray, np.ndarray]:
    """Quantization error and margin of each token, kept as long as the level is: the margins of a large codebook take a
    second or more."""
    with _lock:
        found = _measured.get(id(level))
    if found is None:
        found = (quantization_error(level), margins(level))
        with _lock:
            if id(level) not in _measured:
                weakref.finalize(level, _measured.pop, id(level), None).atexit = False
            _measured[id(level)] = found
    return found


def _rows(
    record: TokenRecord,
    decoded: np.ndarray | None,
    delay: Delay,
    pieces: Pieces | None,
    qualities: Sequence[Quality],
) -> list[dict] | None:
    """The figures of what is no picture; None for those of a picture."""
    if record.modality == "audio":
        return inspect_figures.sound_figures(record, decoded, delay)
    if record.modality == "video":
        return inspect_figures.clip_figures(record, qualities)
    if record.modality == "vectors":
        return items_figures(record, decoded)
    if record.modality == "series":
        return series_figures(record, decoded, pieces)
    if record.modality == "graph":
        return graph_figures(record)
    return inspect_figures.token_figures(record) if decoded is None else None


def difference_of(record: TokenRecord, decoded: np.ndarray, size: tuple[int, int], delay: Delay) -> np.ndarray | None:
    """What the maps of a sound (dB) or a series (percent of half a column's range) show; None of others."""
    if record.modality == "series":
        return difference_percent(record.media, decoded, size)
    return _difference_db(record, decoded, size[1], delay)


def _difference_db(record: TokenRecord, decoded: np.ndarray, width: int, delay: Delay) -> np.ndarray | None:
    """How much louder the decode of a sound is, moved back by its delay, in dB: (bands, width), low notes at the end.

    None for no sound. Where only one of the two has samples then, neither has any.
    """
    if record.modality != "audio":
        return None
    rate, sound = float(record.sample_rate_hz or 1), np.zeros_like(record.media)
    part = overlap(len(sound), delay.samples)
    sound[part] = record.media[part]
    before, after = (spectrogram_db(one, rate, width) for one in (sound, moved_back(decoded, delay.samples)))
    floor = before.max() + FLOOR_DB
    return (np.maximum(after, floor) - np.maximum(before, floor))[::-1].astype(np.float32)


def stack_alike(patches: Sequence[np.ndarray]) -> np.ndarray:
    """(h, w, 3) each -> (n, h, w, 3), all cut to the least: of a drawn series some windows are a pixel wider."""
    height, width = (min(patch.shape[axis] for patch in patches) for axis in (0, 1))
    return np.stack([patch[:height, :width] for patch in patches])


def card_payload(
    record: TokenRecord, picture: TokenRecord, tokenizer: Tokenizer, level: int, code: int, token: int | None
) -> str:
    """The value of the card of one code, and of the token it was chosen at, if any. picture: of the record (`depict`).

    Codes decoded alone come with the card where that takes no time, else the browser asks for them when it is drawn.
    """
    facts = code_facts(picture, level, code, token, NEIGHBOURS)
    chosen = picture.levels[level]
    near = [int(n) for n in facts.nearest]
    second = facts.at_token.second_code if facts.at_token else None
    pictured = [code, *near] + ([second] if second is not None and second not in near else [])
    # A browser without cookies could not ask later: the answer would not know whose tokenizer is meant.
    later = asked_later(tokenizer.spec) and not owner_of(tokenizer.spec.id).startswith("session:")
    alone: dict[int, Alone] = {} if later else decoded_alone(tokenizer, level, pictured)
    counts = {n: int(np.count_nonzero(chosen.indices == n)) for n in pictured}
    found = patches(picture, level, code, code_card.PATCHES_SHOWN)
    where = token if token is not None else (int(facts.positions[0]) if len(facts.positions) else None)

    def near_code(other: int, distance: float) -> code_card.NearCode:
        seen = alone.get(other)
        return code_card.NearCode(other, float(distance), counts[other], None if seen is None else seen.pixels)

    data = code_card.CodeCardData(
        code=code,
        codebook_size=facts.codebook_size,
        num_tokens=facts.tokens,
        used_codes=facts.used_codes,
        tokens=facts.positions.tolist(),
        level=level,
        num_levels=len(record.levels),
        noun=part_noun(record.combination),
        given=given_noun(record.combination, level),
        token=-1 if token is None else token,
        rank=facts.rank,
        grid=chosen.layout.shape if chosen.layout.kind == "grid2d" else None,  # type: ignore[arg-type]
        training=facts.training,
        metric=facts.metric,
        patches=stack_alike([patch.pixels for patch in found]) if found else None,
        alone=alone[code].pixels if code in alone else None,
        alone_sound=alone[code].sound if code in alone else None,
        later=code_card.Later(tokenizer.spec.id, level, tuple(pictured)) if later and tokenizer.spec.decodes else None,
        place=places_of(record),
        context=_context(picture, level, where, tokenizer.spec.decodes),
        nearest=[near_code(n, d) for n, d in zip(near, facts.distances, strict=True)],
        vector=facts.vector,
        digits=facts.digits,
        digit_levels=facts.digit_levels,
    )
    if record.modality == "graph":  # its codes are numbers: none is near another, and none has a vector
        plain = {"nearest": (), "vector": None, "digits": None, "digit_levels": None}
        return code_card.payload(replace(data, words=code_words(record, level, code), **plain))
    if facts.at_token is not None and second is not None:
        at = facts.at_token
        data = replace(data, distance=at.distance, second=near_code(second, at.second_distance))
    return code_card.payload(data)


def _context(record: TokenRecord, level: int, token: int | None, decodes: bool) -> code_card.Context | None:
    """The surroundings of a token in the picture and, if there is one, in its reconstruction: about square."""
    layout = record.levels[level].layout
    if token is None or layout.kind != "grid2d":
        return None
    columns = layout.media_shape[0] * layout.shape[1] // (2 * layout.media_shape[1])  # half as many as a square has
    around = max(CONTEXT_TOKENS, columns) if layout.shape[0] == 1 else CONTEXT_TOKENS
    before = context(record, token, around, level)
    after = context(record, token, around, level, "reconstruction") if decodes else None
    return code_card.Context(before.pixels, None if after is None else after.pixels, before.box)
