"""Comparisons of sounds, of clips, and of pictures where some tokenizers take one size only."""

import csv
import io
import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from PIL import Image
from scipy.signal import resample_poly

from explorer.compare.choice import tokenizer_ids
from explorer.compare.media import open_media
from explorer.compare.reference_sound import SoundCodec, ogg_payload_bytes
from explorer.compare.run import Options, check_tokenizers, compare_medium, levels_measured, run_comparison
from explorer.compare.writing import Writer
from explorer.figures.reports.comparison import html_report
from explorer.foundation.errors import MediaError, SettingsError, UnknownIdError
from explorer.media.clips.video import LoadedVideo
from explorer.media.pictures.image import LoadedImage
from explorer.media.sounds.audio import LoadedAudio
from explorer.tokenizers import forget
from tests.made_codecs import MADE, bring_all, made, medium_for

QUICK = Options(repeats=1, codecs=())


def sound(seconds=1.0, rate=8000, channels=1, seed=0):
    chance, t = np.random.default_rng(seed), np.arange(int(seconds * rate)) / rate
    tones = [np.sin(2 * np.pi * f * t + p) for f, p in chance.uniform([80, 0], [0.3 * rate / 2, 6], (6 * channels, 2))]
    samples = np.stack([sum(tones[c::channels]) for c in range(channels)], 1) * 0.1
    return LoadedAudio(samples.astype(np.float32), rate)


def si_sdr(reference, decoded):
    """Le Roux et al. 2019, eq. 3, by hand."""
    x, y = reference.ravel().astype(float), decoded.ravel().astype(float)
    target = (x @ y) / (x @ x) * x
    return 10 * math.log10((target @ target) / ((y - target) @ (y - target)))


def test_sounds_are_judged_at_the_rate_of_the_reference():
    """The reference has 24 kHz, the codecs 8 kHz: their sound is resampled back by another route, and measured."""
    medium = sound(0.99, 24_000)
    tokenizers = [made("tones"), made("rates")]
    compared = compare_medium("a", medium, tokenizers, QUICK)
    assert compared.medium.facts == {"seconds": 0.99, "sample_rate_hz": 24_000, "channels": 1}
    assert compared.medium.words == "0.99 s at 24,000 Hz" and "resampled back" in " ".join(compared.medium.notes)
    for tokenizer in tokenizers:
        step = tokenizer.spec.media_multiple
        given = resample_poly(medium.samples.astype(float), 1, 3, axis=0).astype(np.float32)
        given = np.pad(given, ((0, -len(given) % step), (0, 0)))  # silence up to a whole number of blocks
        record = tokenizer.tokenize(given)
        back = resample_poly(record.reconstruction.astype(float), 3, 1, axis=0)[: int(0.99 * 24_000)]
        cell = compared.medium.cell(tokenizer.spec.id)
        assert cell.fidelity.si_sdr_db == pytest.approx(si_sdr(medium.samples[: len(back)], back), abs=1e-3)
        # Its own tokens over what they stand for, not over the piece that is judged.
        assert cell.rate(cell.bits_uniform, compared.medium) == pytest.approx(record.bitrate_bps("uniform") / 1000)
        assert np.array_equal(compared.played.media[tokenizer.spec.id].shape, compared.played.media[""].shape)
        assert compared.reconstructions[tokenizer.spec.id].shape == compared.picture.shape == (256, 768, 3)


def test_levels_of_a_codec_are_measured_by_ear():
    tokenizer, medium = made("tones"), sound(0.5)
    compared = compare_medium("a", medium, [tokenizer, made("rates")], QUICK)
    record, cell = compared.records["made-tones"], compared.medium.cell("made-tones")
    assert [one.levels for one in cell.levels] == [1, 2, 3]
    for one in cell.levels:
        decoded = tokenizer.decode_levels(record, range(one.levels))[: len(compared.played.media[""])]
        assert one.fidelity.si_sdr_db == pytest.approx(si_sdr(compared.played.media[""], decoded), abs=1e-3)
    assert levels_measured(8) == tuple(range(1, 9)) and levels_measured(32) == (1, 2, 4, 8, 16, 32)
    assert levels_measured(12) == (1, 2, 4, 8, 12)


def test_stereo_is_mixed_for_all_where_one_codec_is_mono_and_it_is_said():
    medium = sound(0.5, channels=2)
    compared = compare_medium("a", medium, [made("tones"), made("rates")], QUICK)
    assert "Mixed to one channel for all, since Made tones has one." in compared.medium.notes
    reference = compared.played.media[""]
    np.testing.assert_allclose(reference[:, 0], medium.samples.mean(1)[: len(reference)], atol=1e-7)


def test_the_worst_stretch_is_where_the_error_is():
    """A codec that is deaf in the last quarter of a second."""

    class Deaf:
        def __init__(self):
            self._of = made("tones")
            self.spec, self.device = replace(self._of.spec, id="deaf"), "cpu"

        def tokenize(self, media):
            record = self._of.tokenize(media)
            decoded = media.copy()
            decoded[-2000:] = 0
            return replace(record, reconstruction=decoded, combination="concatenate")

    compared = compare_medium("a", sound(1.0), [Deaf(), made("tones")], QUICK)
    top, left, height, width = compared.medium.cell("deaf").worst.box
    assert (top, height) == (0, 256) and left + width == 768 and abs(width - 192) <= 1


def test_opus_and_vorbis_come_near_the_wanted_bits_and_are_measured():
    medium = sound(2.0, 24_000)
    options = Options(repeats=0, codecs=("opus",))
    compared = compare_medium("a", medium, [made("tones"), made("rates")], options)
    reference = compared.medium.references[0]
    wanted = compared.medium.cell("made-tones").bits_uniform
    assert {one.counted for one in compared.medium.references} == {"file", "payload"} and reference.codec == "opus"
    assert any(abs(one.wanted_bits - wanted) < 0.03 * wanted for one in compared.medium.references)
    assert not compared.medium.failures
    codec = SoundCodec("opus", medium.samples, 24_000)
    one = codec.nearest(60_000, "payload")
    assert abs(one.payload_bits - 60_000) < 0.05 * 60_000 < one.file_bits - 0.9 * one.payload_bits
    decoded, rate = soundfile.read(io.BytesIO(one.data), dtype="float32", always_2d=True)
    assert rate == 24_000 and np.array_equal(codec.decoded(one), decoded[: len(medium.samples)])
    with pytest.raises(UnknownIdError, match="opus"):
        SoundCodec("jpeg", medium.samples, 24_000)


def test_the_payload_of_an_ogg_stream_by_hand():
    def page(*packets):
        lacing = b"".join(bytes([255] * (len(p) // 255) + [len(p) % 255]) for p in packets)
        return b"OggS" + bytes(22) + bytes([len(lacing)]) + lacing + b"".join(packets)

    stream = page(b"head") + page(b"tags" * 100) + page(b"x" * 10, b"y" * 300) + page(b"z" * 255)
    assert ogg_payload_bytes(stream, 2) == 10 + 300 + 255
    assert ogg_payload_bytes(stream, 1) == 400 + 565
    for wrong in (b"", b"RIFF", stream[:-3], page(b"head")):
        with pytest.raises(SettingsError, match="not an Ogg stream"):
            ogg_payload_bytes(wrong, 2)


def test_clips_share_size_and_frames():
    """Steps of 4 after a first frame alone, and steps of 2: 9 and 10 of 11 frames; judged over 9."""
    blocks = made("blocks")
    other = made("blocks")
    other.spec = replace(other.spec, id="other", time_step=8)
    frames = np.random.default_rng(0).random((15, 40, 56, 3)).astype(np.float32)
    compared = compare_medium("a", LoadedVideo(frames, 8.0), [blocks, other], QUICK)
    assert compared.medium.facts == {"frames": 9, "width": 56, "height": 40}
    cell = compared.medium.cell("made-blocks")
    record = compared.records["made-blocks"]
    assert record.media.shape == (13, 40, 56, 3) and "first 9 frames" in " ".join(compared.medium.notes)
    decoded = record.reconstruction[:9]
    assert cell.fidelity.psnr_db == pytest.approx(-10 * math.log10(np.square(frames[:9] - decoded).mean()), abs=1e-3)
    assert cell.rate(cell.bits_uniform, compared.medium) == pytest.approx(record.bits_uniform / (13 * 40 * 56))
    assert compared.picture.shape == (2 * 40, 4 * 56, 3), "eight frames of nine"
    np.testing.assert_allclose(compared.picture[:40, :56], frames[0])
    np.testing.assert_allclose(compared.picture[40:, -56:], frames[8])
    assert compared.medium.words == "9 frames of 56 x 40 px" and compared.played.rate == 8.0


def test_pictures_beside_a_tokenizer_of_one_size_have_that_size():
    image = LoadedImage(medium_for(made("signs").spec)[:64, :96])
    compared = compare_medium("a", image, [made("signs"), made("whole"), made("scales")], QUICK)
    assert (compared.medium.height, compared.medium.width) == (64, 64) and compared.medium.failures == ()
    for cell in compared.medium.cells:
        decoded = compared.records[cell.tokenizer_id].reconstruction
        np.testing.assert_array_equal(compared.records[cell.tokenizer_id].media, compared.picture)
        expected = -10 * math.log10(np.square(compared.picture.astype(float) - decoded).mean())
        assert cell.fidelity.psnr_db == pytest.approx(expected)


def test_what_cannot_be_compared_is_said_at_once():
    signs, whole, tones = (made(name).spec for name in ("signs", "whole", "tones"))
    with pytest.raises(SettingsError, match="cannot be compared with each other"):
        check_tokenizers([signs, tones])
    with pytest.raises(SettingsError, match="64 x 64 pixels only and Made whole 32 x 32"):
        check_tokenizers([replace(whole, id="a"), replace(whole, id="b", fixed_size=(32, 32))])
    with pytest.raises(SettingsError, match="needs multiples of 24"):
        check_tokenizers([whole, replace(signs, multiple=24)])
    with pytest.raises(SettingsError, match="no decoder"):
        check_tokenizers([signs, replace(signs, id="b", decodes=False)])
    check_tokenizers([signs, whole])


def test_samples_are_of_the_tokenizers_modality():
    bring_all()
    try:
        assert tokenizer_ids("made-tones, made-rates") == ["made-tones", "made-rates"]
    finally:
        for name in MADE:
            forget(f"made-{name}")
    assert len(open_media(["sample:all"], modality="audio")) == 5
    with pytest.raises(MediaError, match="one of the sounds, and these tokenizers take pictures"):
        open_media(["sample:vowels"])
    with pytest.raises(MediaError, match="one of the pictures, and these tokenizers take sounds"):
        open_media(["preset:face"], modality="audio")


@pytest.mark.parametrize(
    ("names", "sample"), [(("tones", "rates"), "sample:melody"), (("blocks", "more"), "sample:shapes")]
)
def test_files_of_a_comparison_of_sounds_and_clips(names, sample, tmp_path):
    tokenizers = [made(name) for name in names if name in MADE]
    if len(tokenizers) < 2:
        tokenizers.append(made("blocks"))
        tokenizers[1].spec = replace(tokenizers[1].spec, id="made-more")
    modality = tokenizers[0].spec.modality
    media, writer = open_media([sample], modality=modality), Writer(tmp_path, html_report)
    comparison = run_comparison(media, tokenizers, replace(QUICK, side_px=64), writer.add)
    writer.finish(comparison)
    assert comparison.skipped == () and comparison.media[0].failures == ()
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 600
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"<td>{'1 sound' if modality == 'audio' else '1 clip'}</td>" in html
    settings = html.split('<th scope="row">Settings</th>')[1].split("</tr>")[0]
    assert "times over 1 round" in settings and not re.search("codec|JPEG|WebP", settings), "none stands beside these"
    key = "kbps_uniform" if modality == "audio" else "bpp_uniform"
    whole, _, first, second = csv.DictReader((tmp_path / "table.csv").open(encoding="utf-8"))
    assert whole["tokenizer"] == first["tokenizer"] and float(first[key]) > 0
    content = json.loads((tmp_path / "compare.json").read_text(encoding="utf-8"))
    assert content["kind"]["modality"] == modality and key in {one["key"] for one in content["table"]["columns"]}
    cell = comparison.media[0].cell(second["tokenizer"])
    if modality == "audio":
        assert html.count("data:audio/flac") == 3 and "SI-SDR" in html and not (tmp_path / "errors").exists()
        assert float(second["si_sdr_db"]) == pytest.approx(cell.fidelity.si_sdr_db, rel=1e-6)
        assert float(second["seconds"]) == pytest.approx(comparison.media[0].facts["seconds"])
    else:
        assert html.count("data:image/webp") == 3 and (tmp_path / "errors").is_dir()
        assert float(second["frames"]) == comparison.media[0].facts["frames"]
