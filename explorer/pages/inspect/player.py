"""The value of the player for a record: its sound, frames, lines or nodes, beside what its tokens decode to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.joints.measures.over_time import change_over_time
from explorer.joints.naming import part_noun
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import Pieces
from explorer.media.clips.even_times import USUAL_RATE
from explorer.media.quality.metrics import Quality
from explorer.media.sounds.audio import Excerpt
from explorer.pages.inspect.payloads import levels_shown
from explorer.pages.shared.session import Visit
from explorer.views.inspect.player import player
from explorer.views.inspect.player.graph import graph_payload
from explorer.views.inspect.player.items import items_payload
from explorer.views.inspect.player.series import series_payload
from explorer.views.inspect.reconstruction.reconstruction import level_caption
from explorer.views.kit.wire.places import frames_of


def player_payload(
    record: TokenRecord,
    picture: TokenRecord,
    visit: Visit,
    decoded: np.ndarray | None,
    pieces: Pieces | None = None,
    qualities: Sequence[Quality] = (),
    added: player.AddedSound | None = None,
    excerpt: Excerpt | None = None,
) -> str:
    """The value of Player, "" for a picture. qualities: of each frame of a clip. added: by one level of a sound.
    excerpt: what was read of a longer sound.

    decoded: as `inspect_payloads.decoded_of` gives it. picture: the picture of the record with that reconstruction.
    pieces: which tokens of a series are sent together.
    """
    count, noun = len(record.levels), part_noun(record.combination)
    caption = "" if decoded is None else level_caption(visit.mode, levels_shown(visit, count), count, noun)
    if record.modality == "audio":
        drawn = [picture.media] if decoded is None else [picture.media, picture.reconstruction]
        rate = int(record.sample_rate_hz or 1)
        return player.sound_payload(record.media, decoded, rate, drawn, caption, added, excerpt)
    if record.modality == "video":
        steps = frames_of(record.levels[0].layout)
        changes = [change_over_time(level) for level in record.levels]
        rate = record.frames_per_second or USUAL_RATE
        levels = (visit.mode, visit.level)
        return player.clip_payload(record.media, decoded, rate, steps, caption, changes, qualities, levels)
    if record.modality == "series":
        return series_payload(record, decoded, pieces, caption)
    if record.modality == "graph":
        return graph_payload(record)
    if record.modality == "vectors":
        return items_payload(record, decoded, caption)
    return ""
