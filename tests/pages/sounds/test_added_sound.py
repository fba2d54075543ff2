"""What one level of a sound adds to those before it: the difference of two decodes, heard and said."""

import base64
import io
import json
import re

import numpy as np
import pytest
import soundfile

from explorer.media.samples import samples_of
from explorer.pages.inspect import events
from explorer.pages.shared import runtime
from explorer.pages.shared.session import Visit
from explorer.tokenizers import load_tokenizer

ID = "sound-rvq-8"


def player_of(**changes):
    visit = Visit(tokenizer=ID, picture=next(iter(samples_of("audio"))), modality="audio", **changes)
    return json.loads(events.decoded_values(visit)[0]), runtime.record_of(visit)


def heard(url):
    return soundfile.read(io.BytesIO(base64.b64decode(url.split(",")[1])))[0]


def si_sdr(sound, decoded):
    """Le Roux et al. 2019, written out."""
    sound, decoded = sound.astype(np.float64).ravel(), decoded.astype(np.float64).ravel()
    target = sound * (sound @ decoded) / (sound @ sound)
    return 10 * np.log10((target @ target) / np.square(decoded - target).sum())


@pytest.mark.parametrize("level", [1, 2, 7])
def test_what_a_level_adds_is_one_decode_less_the_other(level):
    value, record = player_of(mode="cumulative", level=level)
    tokenizer = load_tokenizer(ID)
    without, with_it = (tokenizer.decode_levels(record, list(range(many))) for many in (level, level + 1))
    assert np.abs(heard(value["added"]) - (with_it - without)[:, 0].clip(-1, 1)).max() < 1e-4
    assert np.abs(heard(value["reconstruction"]) - with_it[:, 0].clip(-1, 1)).max() < 1e-4
    assert value["added_label"] == f"Added by level {level + 1}" and len(value["spectrograms"]) == 3
    said = f"Added is the decode up to level {level + 1} less the one up to level {level}."
    assert value["caption"].startswith("Decoded from ") and said in value["caption"]
    said = re.search(r"from (-?[\d.]+) dB to (-?[\d.]+) dB by it \(([+-][\d.]+) dB\)", value["caption"])
    expected = [si_sdr(record.media, one) for one in (without, with_it)]
    assert [float(one) for one in said.groups()] == pytest.approx([*expected, expected[1] - expected[0]], abs=0.011)


@pytest.mark.parametrize(("mode", "level"), [("all", 3), ("solo", 3), ("mute", 3), ("cumulative", 0)])
def test_nothing_is_added_where_levels_are_not_put_one_upon_another(mode, level):
    value, _ = player_of(mode=mode, level=level)
    assert value["added"] is None and len(value["spectrograms"]) == 2 and "Added" not in value["caption"]
