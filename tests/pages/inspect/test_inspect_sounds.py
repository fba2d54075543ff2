"""What the Inspect page shows of sounds: figures of the sound, a difference in decibels, a delay made up for."""

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from made_codecs import bring_all, made

from explorer.analysis.pictures.depiction import depict
from explorer.media.quality.sound_delay import moved_back
from explorer.media.quality.sound_fidelity import sound_quality
from explorer.media.sounds.spectrogram import spectrogram_db
from explorer.pages.inspect import events
from explorer.pages.shared import runtime
from explorer.pages.shared.session import Visit
from explorer.tokenizers import load_tokenizer
from explorer.views.kit.wire.encoding import unpack
from tests.pages.inspect.made_visits import figures_of, visit_of


@pytest.fixture(scope="module", autouse=True)
def brought():
    bring_all()


def test_figures_of_a_sound_are_of_the_sound_and_not_of_its_picture():
    visit = visit_of("tones", mode="solo", level=1)
    record, tokenizer = runtime.record_of(visit), load_tokenizer("made-tones")
    decoded = tokenizer.decode_levels(record, [1])
    player, reconstruction = events.decoded_values(visit)
    found, expected = figures_of(reconstruction), sound_quality(record.media, decoded, 8000)
    assert found["si_sdr_db"] == pytest.approx(expected.si_sdr_db)
    assert (found["snr_db"], found["log_mel_db"]) == pytest.approx((expected.snr_db, expected.log_mel_db))
    assert "psnr_db" not in found
    seconds = len(record.media) / 8000
    assert found["tokens"] == 200 * seconds, "of the one level of three that is heard"
    assert found["indices_per_s"] == pytest.approx(200) and found["kbps_uniform"] == pytest.approx(200 * 5 / 1000)
    took = sum(found[f"{step}_ms"] for step in ("encode", "quantize", "decode")) / 1000
    assert found["real_time"] == pytest.approx(found["seconds"] / took, rel=1e-3)
    assert found["compression"] == pytest.approx(16 * 8000 * seconds / (200 * 5 * seconds))
    whole = figures_of(events.decoded_values(visit_of("tones"))[1])
    assert (whole["tokens"], whole["indices_per_s"]) == pytest.approx((3 * 200 * seconds, 3 * 200))
    heard, _ = soundfile.read(io.BytesIO(base64.b64decode(json.loads(player)["reconstruction"].split(",")[1])))
    assert np.abs(heard - decoded[:, 0].clip(-1, 1)).max() < 1e-4
    assert json.loads(player)["caption"] == "Decoded from level 2 of 3 only."


def test_the_difference_of_a_sound_is_in_decibels_of_its_bands():
    visit = visit_of("tones")
    record = runtime.record_of(visit)
    error = events.differences(visit)["error"]
    width = depict(record).media.shape[1]
    before, after = (spectrogram_db(one, 8000, width) for one in (record.media, record.reconstruction))
    floor = before.max() - 80
    expected = np.abs(np.maximum(before, floor) - np.maximum(after, floor))[::-1]
    back = unpack(error["data"]).astype(float) * error["scale"]
    assert np.abs(back - expected).max() <= error["scale"] / 2 + 1e-3 and error["limit"] <= 160


class Early:
    """made-tones, whose decode is 8 samples early; declared: what its spec says of that."""

    def __init__(self, declared):
        self._of = made("tones")
        self.spec = replace(self._of.spec, id="made-early", delay_samples=declared)

    def __getattr__(self, name):
        return getattr(self._of, name)

    def tokenize(self, media):
        record = self._of.tokenize(media)
        return replace(record, tokenizer_id="made-early", reconstruction=moved_back(record.reconstruction, 8))

    def decode_levels(self, record, levels):
        return moved_back(self._of.decode_levels(record, levels), 8)


@pytest.mark.parametrize("declared", [-8, None])
def test_a_sound_that_is_decoded_early_is_moved_back_for_its_figures_and_difference(declared, monkeypatch):
    """As if it were not early, with the raw figures and the delay beside; also of levels, which have the same delay."""
    early, still = Early(declared), made("tones")
    monkeypatch.setattr(events, "load_tokenizer", lambda name: early)
    for mode in ("all", "solo"):
        visit = Visit(tokenizer="made-early", picture="vowels", modality="audio", mode=mode, level=0)
        record = early.tokenize(runtime.record_of(replace(visit, tokenizer="made-tones")).media)
        monkeypatch.setattr(events.runtime, "record_of", lambda visit, record=record: record)
        monkeypatch.setattr(events.runtime, "picture_record_of", lambda visit, record=record: depict(record))
        reconstruction, error = json.loads(events.decoded_values(visit)[1]), events.differences(visit)["error"]
        monkeypatch.undo()
        monkeypatch.setattr(events, "load_tokenizer", lambda name: early)
        found = {one["id"]: one for one in reconstruction["figures"]}
        right = still.tokenize(record.media)
        decoded = right.reconstruction if mode == "all" else still.decode_levels(right, [0])
        expected = sound_quality(record.media[8:], decoded[8:], 8000)
        assert found["si_sdr_db"]["value"] == pytest.approx(expected.si_sdr_db)
        assert found["log_mel_db"]["value"] == pytest.approx(expected.log_mel_db)
        raw = sound_quality(record.media, moved_back(decoded, 8), 8000)
        assert found["raw_si_sdr_db"]["value"] == pytest.approx(raw.si_sdr_db)
        assert found["raw_snr_db"]["value"] == pytest.approx(raw.snr_db)
        basis = "declared" if declared else "estimated"
        assert found["delay"]["text"].startswith(f"8 samples early (1.00 ms), {basis}")
        kept = [np.where(np.arange(len(record.media))[:, None] < 8, 0, one) for one in (record.media, decoded)]
        width = depict(record).media.shape[1]
        before, after = (spectrogram_db(one, 8000, width) for one in kept)
        floor = before.max() - 80
        shown = unpack(error["data"]).astype(float) * error["scale"]
        wanted = np.abs(np.maximum(before, floor) - np.maximum(after, floor))[::-1]
        assert np.abs(shown - wanted).max() <= error["scale"] / 2 + 1e-3


def test_figures_of_a_sound_that_is_not_late_say_so():
    found = {one["id"]: one for one in json.loads(events.decoded_values(visit_of("tones"))[1])["figures"]}
    assert found["delay"]["text"].startswith("none, estimated") and "raw_si_sdr_db" not in found
