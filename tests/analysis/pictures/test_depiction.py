"""Pictures of sounds and clips: known tones land in their bands, and every token lies over what it stands for."""

import numpy as np
import pytest
from made_codecs import made, medium_for

from explorer.analysis.pictures.depiction import depict
from explorer.foundation.errors import RecordError
from explorer.joints.record import TokenRecord
from explorer.media.clips.mosaic import mosaic, mosaic_order, mosaic_shape
from explorer.media.sounds.spectrogram import FLOOR_DB, MEL_BANDS, mel_filters, sound_picture, spectrogram_db, width_of

RATE = 8000


def record_of(name):
    tokenizer = made(name)
    return tokenizer.tokenize(medium_for(tokenizer.spec))


def mel(hertz):
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)


def test_a_tone_is_loudest_in_the_band_of_its_frequency_and_at_its_time():
    t = np.arange(RATE) / RATE
    for hertz in (700, 1500, 3000):
        sound = (np.sin(2 * np.pi * hertz * t) * (t >= 0.5))[:, None]
        db = spectrogram_db(sound, RATE, 100)
        assert db.shape == (MEL_BANDS, 100)
        band = db[:, 75].argmax()
        assert abs(band - (mel(hertz) / mel(RATE / 2) * (MEL_BANDS + 1) - 1)) <= 1.5
        assert db[band, :45].max() < db[band, 55:].min() - 60  # silence, then the tone


def test_power_of_a_tone_is_that_of_its_formula():
    """A full-scale sine of bin frequency in a Hann window: peak power (A sum(w) / 2)^2 / sum(w^2)."""
    window = 368  # 46 ms
    hertz = 40 * RATE / window
    sound = np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)[:, None]
    taper = np.hanning(window)
    expected = 10 * np.log10((taper.sum() / 2) ** 2 / np.square(taper).sum())
    assert spectrogram_db(sound, RATE, 50)[:, 25].max() == pytest.approx(expected, abs=1.5)  # a band may hold two bins


def test_every_band_hears_something_and_peaks_at_one_at_most():
    for rate in (8000, 16000, 24000, 48000):
        window = round(0.046 * rate)
        filters = mel_filters(MEL_BANDS, window, rate)
        assert filters.shape == (MEL_BANDS, window // 2 + 1)
        assert (filters.max(axis=1) > 0).all() and filters.max() <= 1 and filters.min() >= 0
        assert (np.diff(filters.argmax(axis=1)) >= 0).all()


def test_silence_is_the_floor_and_the_loudest_point_the_top_of_the_scale():
    t = np.arange(RATE)[:, None] / RATE
    tone = np.sin(2 * np.pi * 1000 * t)
    pixels = sound_picture(tone, RATE, 20)
    lightness = pixels.sum(axis=2)
    assert pixels.shape == (MEL_BANDS, 20, 3) and lightness.max() > 2 * lightness.min()
    row = lightness[:, 10].argmax()
    assert row == MEL_BANDS - 1 - spectrogram_db(tone, RATE, 20)[:, 10].argmax()  # low notes at the bottom
    quiet = sound_picture(1e-6 * tone, RATE, 20, loudest_db=spectrogram_db(tone, RATE, 20).max())
    assert np.ptp(quiet, axis=(0, 1)).max() == 0 and FLOOR_DB == -80  # 120 dB below: all of it the floor


def test_tokens_of_sound_are_columns_of_the_spectrogram():
    record = record_of("rates")
    picture = depict(record)
    finest = record.levels[-1].layout.num_tokens
    assert picture.modality == "image" and picture.media.shape == (MEL_BANDS, width_of(finest), 3)
    assert width_of(finest) % finest == 0
    for before, after in zip(record.levels, picture.levels, strict=True):
        np.testing.assert_array_equal(after.indices.reshape(-1), before.indices)
        np.testing.assert_array_equal(after.z_e, before.z_e)
        for token in (0, 3, before.layout.num_tokens - 1):
            share = before.layout.region(token)[0]
            rows, columns = after.layout.region(token)
            assert (rows.start, rows.stop) == (0, MEL_BANDS)
            scale = picture.media.shape[1] / len(record.media)
            assert (columns.start, columns.stop) == pytest.approx((share.start * scale, share.stop * scale))


def test_original_and_decode_of_a_sound_share_one_scale():
    record = record_of("tones")
    louder = depict(TokenRecord(**{**vars(record), "reconstruction": record.media / 2}))
    db = spectrogram_db(record.media, RATE, louder.media.shape[1])
    np.testing.assert_allclose(
        louder.reconstruction, sound_picture(record.media / 2, RATE, db.shape[1], float(db.max())), atol=1e-6
    )
    assert np.abs(louder.reconstruction - louder.media).max() > 0.02  # 6 dB are seen


def test_a_mosaic_holds_all_cells_in_reading_order_without_a_gap():
    for steps in (1, 2, 3, 7, 12, 13):
        rows, columns = mosaic_shape(steps)
        assert rows * columns == steps and rows <= columns
        cells = np.arange(steps * 2 * 3).reshape(steps, 2, 3)
        placed = mosaic(cells)
        for step in range(steps):
            row, column = divmod(step, columns)
            np.testing.assert_array_equal(placed[2 * row :, 3 * column :][:2, :3], cells[step])
        np.testing.assert_array_equal(mosaic_order((steps, 2, 3)), placed.reshape(-1))


def test_every_token_of_a_clip_lies_over_its_own_pixels():
    record = record_of("blocks")
    picture = depict(record)
    order = mosaic_order(record.levels[0].layout.shape)
    for position in range(0, picture.levels[0].layout.num_tokens, 7):
        frames, rows, columns = record.levels[0].layout.region(int(order[position]))
        middle = (frames.start + frames.stop - 1) // 2
        np.testing.assert_array_equal(
            picture.media[picture.levels[0].layout.region(position)], record.media[middle, rows, columns]
        )
    level = record.levels[0]
    np.testing.assert_array_equal(picture.levels[0].indices.reshape(-1), level.indices.reshape(-1)[order])
    np.testing.assert_array_equal(picture.levels[0].z_q, level.z_q[order])


def test_pictures_stay_what_they_are_and_the_rest_is_refused():
    record = record_of("scales")
    assert depict(record) is record
    with pytest.raises(RecordError, match="no picture of smell"):
        depict(TokenRecord(**{**vars(record), "modality": "smell"}))
    sound = record_of("tones")
    with pytest.raises(RecordError, match="sample rate"):
        depict(TokenRecord(**{**vars(sound), "sample_rate_hz": None}))
