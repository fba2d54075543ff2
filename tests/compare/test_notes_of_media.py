"""What was done to a sound or a clip on its way in stands with its comparison."""

from __future__ import annotations

import numpy as np

from explorer.compare.preparation_clip import PreparedClip
from explorer.compare.preparation_sound import PreparedSound
from explorer.media.clips.video import LoadedVideo
from explorer.media.sounds.audio import LoadedAudio
from tests.made_codecs import made


def test_a_sound_in_antiphase_that_is_filled_up_says_both_and_is_judged_whole():
    left = np.sin(np.arange(8020) / 9)[:, None].astype(np.float32)
    spec = made("tones").spec  # one channel, 8,000 Hz, 40 samples a token
    prepared = PreparedSound(LoadedAudio(np.hstack([left, -left]), 8000, ("Read with care.",)), [spec], 64)
    assert prepared.given(spec).shape == (8040, 1) and len(prepared.reference) == 8020
    assert prepared.notes == (
        "Read with care.",
        f"Mixed to one channel for all, since {spec.title} has one.",
        "The channels cancel each other (antiphase): their average is silence.",
        f"Its end is filled with silence up to whole tokens ({spec.title} 2.5 ms), judged without it.",
    )


def test_a_clip_keeps_the_notes_it_was_read_with():
    spec = made("blocks").spec
    clip = LoadedVideo(np.full((9, 32, 32, 3), 0.5, np.float32), 10, ("Interlaced.",))
    assert PreparedClip(clip, [spec], 64).notes[0] == "Interlaced."
