"""Sound codecs that decode early or late: compared as if they did not, with the raw figures and the delay beside."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from explorer.compare.columns import cell_words
from explorer.compare.csv_files import csv_texts
from explorer.compare.kinds import KINDS
from explorer.compare.media import CompareMedia
from explorer.compare.run import Options, compare_medium, run_comparison
from explorer.compare.writing import Writer, table_json
from explorer.figures.reports.comparison import html_report
from explorer.media.quality.sound_delay import moved_back
from explorer.media.sounds.audio import LoadedAudio
from tests.made_codecs import made

QUICK = Options(repeats=0, codecs=())


class Shifted:
    """A made codec of 8 kHz whose decode is late by some samples; declared: what its spec says of that.

    noise: where it is given, the decode is the sound itself with noise of that level.
    """

    device = "cpu"

    def __init__(self, name, late, declared=None, noise=None):
        self._of, self.late, self.noise = made("tones"), late, noise
        self.spec = replace(self._of.spec, id=name, title=name, delay_samples=declared)

    def tokenize(self, media):
        record = self._of.tokenize(media)
        decoded = record.reconstruction
        if self.noise is not None:
            chance = np.random.default_rng(7).normal(scale=self.noise, size=media.shape)
            decoded, record = (media + chance).astype(np.float32), replace(record, combination="concatenate")
        return replace(record, reconstruction=moved_back(decoded, -self.late))

    def decode_levels(self, record, levels):
        return moved_back(self._of.decode_levels(record, levels), -self.late)


def speech(rate, seconds=3.0, channels=1):
    """Noise of a slowly turning colour, evenly loud."""
    chance, count = np.random.default_rng(0), int(seconds * rate)
    noise = np.cumsum(chance.normal(size=(count, channels)), axis=0)
    noise[50:] -= noise[:-50]
    return LoadedAudio((0.1 * noise / noise.std()).astype(np.float32), rate)


@pytest.mark.parametrize("rate", [8000, 24_000, 11_025, 4000])
@pytest.mark.parametrize("late", [8, -8])
@pytest.mark.parametrize("declared", [True, False])
def test_a_planted_delay_is_taken_out_to_a_hundredth_of_a_decibel(rate, late, declared):
    """The codec has 8 kHz, the reference its own rate: 8 samples of the codec are no whole number of its samples."""
    codecs = [Shifted("still", 0, 0, 0.02), Shifted("moved", late, late if declared else None, 0.02)]
    compared = compare_medium("m", speech(rate, 30.0 if rate < 8000 else 8.0), codecs, QUICK)
    still, moved = (compared.medium.cell(name).fidelity for name in ("still", "moved"))
    assert (moved.delay.samples, moved.delay.sample_rate_hz) == (late, 8000)
    assert moved.delay.basis == ("declared" if declared else "estimated") and moved.delay.ms == late / 8
    assert moved.si_sdr_db == pytest.approx(still.si_sdr_db, abs=0.01)
    assert moved.snr_db == pytest.approx(still.snr_db, abs=0.01)
    assert moved.log_mel_db == pytest.approx(still.log_mel_db, abs=0.1)  # its windows reach over the ends
    assert moved.raw_si_sdr_db < still.si_sdr_db - 3 and still.raw_si_sdr_db == still.si_sdr_db
    reference, aligned, right = (compared.played.media[name] for name in ("", "moved", "still"))
    inner = slice(rate // 10, -rate // 10)
    np.testing.assert_allclose(aligned[inner], right[inner], atol=2e-6)  # what is played and drawn is moved back
    assert aligned.shape == reference.shape


def test_levels_have_the_delay_of_all_of_them():
    codecs = [Shifted("still", 0), Shifted("moved", -8)]
    compared = compare_medium("m", speech(8000), codecs, QUICK)
    for right, moved in zip(*(compared.medium.cell(name).levels for name in ("still", "moved")), strict=True):
        assert moved.fidelity.delay.samples == -8
        assert moved.fidelity.si_sdr_db == pytest.approx(right.fidelity.si_sdr_db, abs=0.02)


def test_the_worst_stretch_is_not_where_moving_back_left_nothing():
    codecs = [Shifted("still", 0), Shifted("moved", -300)]
    compared = compare_medium("m", speech(8000), codecs, QUICK)
    boxes = [compared.medium.cell(name).worst.box for name in ("still", "moved")]
    assert abs(boxes[0][1] - boxes[1][1]) <= 2 and compared.medium.cell("moved").fidelity.delay.samples == -300


def test_references_are_moved_back_like_tokenizers(monkeypatch):
    from explorer.compare.reference_sound import SoundCodec

    right = SoundCodec.decoded
    options = Options(repeats=0, codecs=("opus",))
    codecs = [Shifted("still", 0), Shifted("moved", -8)]
    before = compare_medium("m", speech(24_000), codecs, options).medium.references
    monkeypatch.setattr(SoundCodec, "decoded", lambda self, one: moved_back(right(self, one), -5))
    after = compare_medium("m", speech(24_000), codecs, options).medium.references
    assert before and all(abs(one.fidelity.delay.samples) <= 1 for one in before)  # at its lowest rates Opus is 1 late
    for one, late in zip(before, after, strict=True):
        assert late.fidelity.delay.samples == one.fidelity.delay.samples + 5
        assert late.fidelity.si_sdr_db == pytest.approx(one.fidelity.si_sdr_db, abs=0.01)


def test_all_files_tell_raw_aligned_and_the_delay(tmp_path):
    codecs = [Shifted("still", 0, 0), Shifted("moved", -8)]
    media = CompareMedia("set", ("a", "b"), lambda n: speech(24_000, 2.0 + n), "audio")
    writer = Writer(tmp_path, html_report)
    found = run_comparison(media, codecs, QUICK, writer.add)
    writer.finish(found)
    cells = [medium.cell("moved") for medium in found.media]
    raw, aligned = (float(np.mean([getattr(c.fidelity, k) for c in cells])) for k in ("raw_si_sdr_db", "si_sdr_db"))
    rows = list(csv.DictReader(io.StringIO(csv_texts(found)["table.csv"])))
    whole = next(row for row in rows if (row["scope"], row["tokenizer"]) == ("set", "moved"))
    assert float(whole["si_sdr_db"]) == pytest.approx(aligned, rel=1e-6)
    assert float(whole["si_sdr_raw_db"]) == pytest.approx(raw, rel=1e-6) and whole["delay_ms"] == "-1"
    one = next(row for row in rows if (row["medium"], row["tokenizer"]) == ("a", "moved"))
    assert (one["delay_samples"], one["delay_basis"]) == ("-8", "estimated")
    read = json.loads((tmp_path / "compare.json").read_text(encoding="utf-8"))
    told = read["media"][0]["cells"][1]["fidelity"]
    assert told["delay"] == {"samples": -8, "sample_rate_hz": 8000.0, "basis": "estimated", "others": 0}
    assert told["raw_si_sdr_db"] == cells[0].fidelity.raw_si_sdr_db
    row = table_json(found)["rows"][1]
    assert row["si_sdr_raw_db"]["mean"] == pytest.approx(raw) and row["delay_ms"]["mean"] == -1
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    for words in ("SI-SDR, raw", f"{raw:.2f}", f"{aligned:.2f}", "8 samples early (1.00 ms), estimated"):
        assert words in report, words
    words = cell_words(KINDS["audio"], cells[0], found.media[0])
    assert "moved back: 8 samples early (1.00 ms), estimated" in words and "raw SI-SDR" in words
    still = cell_words(KINDS["audio"], found.media[0].cell("still"), found.media[0])
    assert "moved back" not in still
    assert read["tokenizers"][0]["delay_samples"] == 0 and read["tokenizers"][1]["delay_samples"] is None


def test_a_sound_shorter_than_a_delay_is_left_where_it_is():
    codecs = [Shifted("still", 0), Shifted("moved", 0, 500)]
    compared = compare_medium("m", speech(8000, 0.05), codecs, QUICK)
    assert compared.medium.failures == () and compared.medium.cell("moved").fidelity.delay.samples == 0
