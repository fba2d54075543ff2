"""What is encoded together: against a search by hand of what may, and against encoding each medium by itself."""

import numpy as np
import pytest

from explorer import tokenizers
from explorer.audit import batches
from explorer.audit.batches import BLOCK, BatchMedium, Together, encode_together, groups, stretches, together_words
from explorer.foundation.errors import MediaError
from tests.made_codecs import made
from tests.near_ties import assert_same_codes


def pictures(*sizes):
    return [np.full((*size, 3), n / 100, np.float32) for n, size in enumerate(sizes)]


def sounds(*lengths):
    chance = np.random.default_rng(0)
    return [(0.3 * chance.standard_normal((length, 1))).astype(np.float32) for length in lengths]


def read(media):
    return [(f"{n:03}", one if isinstance(one, str) else BatchMedium(one)) for n, one in enumerate(media)]


def test_a_stretch_ends_where_it_is_full_or_its_block_ends():
    media = read(pictures(*[(8, 8)] * 3, (32, 32), *[(8, 8)] * 200))
    found = list(stretches(iter(media), 0, 1024))
    assert [one.stop for one in found][:2] == [4, 16]  # 3 x 64 and 1,024 pixels; 16 x 64 pixels
    ends = np.cumsum([one.stop for one in found])
    assert ends[-1] == len(media) and {64, 128, 192} <= set(ends)
    assert [name for one in found for name in one.names] == [name for name, _ in media]


@pytest.mark.parametrize("position", [4, 16, BLOCK, BLOCK + 16])
def test_stretches_are_the_same_from_wherever_one_ended(position):
    chance = np.random.default_rng(1)
    media = read([*pictures(*[(8, 8)] * 3, (32, 32)), *pictures(*[(8, 8)] * 12)])
    media += read(["damaged" if chance.random() < 0.2 else one for one in pictures(*[(16, 16)] * 150)])
    whole = list(stretches(iter(media), 0, 1024))
    ends = np.cumsum([one.stop for one in whole])
    position = int(ends[np.searchsorted(ends, position)])
    again = list(stretches(iter(media[position:]), position, 1024))
    assert [one.names for one in again] == [one.names for one in whole[list(ends).index(position) + 1 :]]
    assert [one.skipped for one in again] == [one.skipped for one in whole[list(ends).index(position) + 1 :]]


def test_a_process_that_is_given_whole_blocks_makes_the_same_stretches():
    media = read(pictures(*[(8 + 8 * (n % 5), 16) for n in range(5 * BLOCK)]))
    whole = [one.names for one in stretches(iter(media), 0, 4096)]
    parts = [
        one.names
        for block in range(5)
        for one in stretches(iter(media[block * BLOCK : (block + 1) * BLOCK]), block * BLOCK, 4096)
    ]
    assert parts == whole


def test_files_that_cannot_be_read_do_not_fill_a_stretch():
    found = list(stretches(iter(read(["damaged"] * 5 + pictures((8, 8)))), 0, 64))
    assert len(found) == 1 and found[0].names == ["005"] and len(found[0].skipped) == 5 and found[0].stop == 6
    assert list(stretches(iter([]), 0, 64)) == []


def test_groups_are_of_one_shape_and_no_larger_than_may_be():
    media = pictures((8, 8), (16, 8), (8, 8), (8, 16), (8, 8), (16, 8), (64, 64), (64, 64))
    assert groups(media, 1000) == [[0, 2, 4], [1, 5], [3], [6], [7]]
    assert groups(media, 128) == [[0, 2], [4], [1], [5], [3], [6], [7]]
    assert groups([], 128) == []


def test_sounds_of_like_length_go_together_where_the_tokenizer_looks_back():
    media = sounds(800, 400, 960, 1040, 800, 2000)
    assert groups(media, 10_000, looks_back=True) == [[1], [0, 4, 2], [3], [5]]  # 960 <= 1.25 x 800 < 1,040
    assert groups(media, 1_900, looks_back=True) == [[1], [0, 4], [2], [3], [5]]  # silence counts: 3 x 960 > 1,900
    assert groups(media, 10_000) == [[1], [0, 4], [2], [3], [5]]


@pytest.mark.parametrize("name", ["sound-vq", "sound-rvq-8", "sound-fsq"])
def test_sounds_that_are_filled_with_silence_have_the_tokens_that_they_have_alone(name):
    """But for ties: of the shipped codecs, whose tokens look back only. Lengths in tokens that each begins anew."""
    tokenizer = tokenizers.load_tokenizer(name, device="cpu")
    step = tokenizer.spec.media_multiple
    media = sounds(*(step * n for n in (20, 25, 21, 25, 24)))
    found, done = encode_together(tokenizer, media)
    assert done == Together(5, 1, 0)
    for medium, levels in zip(media, found, strict=True):
        (alone,) = tokenizer.encode([medium])
        assert [level.layout for level in levels] == [level.layout for level in alone]
        assert_same_codes(levels[0].indices, alone[0])
        scale = np.abs(alone[0].z_e).max()
        np.testing.assert_allclose(levels[0].z_e, alone[0].z_e, atol=1e-4 * scale)


def test_a_tokenizer_that_may_look_ahead_is_never_given_silence(monkeypatch):
    tokenizer, seen = made("tones"), []
    assert not tokenizer.looks_back
    encode = type(tokenizer).encode
    monkeypatch.setattr(type(tokenizer), "encode", lambda self, media: seen.append(media) or encode(self, media))
    media = sounds(800, 400, 800, 840)
    found, done = encode_together(tokenizer, media)
    assert sorted(len(group) for group in seen) == [1, 1, 2] and done == Together(4, 3, 2)
    for medium, levels in zip(media, found, strict=True):
        np.testing.assert_array_equal(levels[2].indices, encode(tokenizer, [medium])[0][2].indices)
    assert "looks ahead" in together_words(done, tokenizer, "sounds")


def test_what_is_refused_says_why_and_takes_nobody_with_it(monkeypatch):
    tokenizer = made("tones")
    encode = type(tokenizer).encode

    def picky(self, media):
        if any(float(np.abs(one).max()) > 2 for one in media):
            raise MediaError("too loud")
        return encode(self, media)

    monkeypatch.setattr(type(tokenizer), "encode", picky)
    media = sounds(800, 800, 800)
    media[1] *= 100
    found, _ = encode_together(tokenizer, media)
    assert found[1] == "too loud"
    for number in (0, 2):
        np.testing.assert_array_equal(found[number][0].indices, encode(tokenizer, [media[number]])[0][0].indices)


def test_what_was_encoded_together_is_said_with_its_denominator():
    tokenizer = tokenizers.load_tokenizer("sound-vq", device="cpu")
    assert together_words(Together(1, 1, 1), tokenizer, "sounds") == ""
    assert (
        together_words(Together(8, 2, 0), tokenizer, "sounds") == "8 of 8 sounds were encoded together, in 2 batches."
    )
    words = together_words(Together(8, 3, 1), tokenizer, "sounds")
    assert words.startswith("7 of 8 sounds were encoded together, in 2 batches; 1 alone: ") and "length" in words
    assert Together(8, 3, 1) + Together(1, 1, 1) == Together(9, 4, 2)


def test_a_gpu_is_given_larger_batches():
    assert batches.TOGETHER > batches.TOGETHER_CPU and batches.stretch_size("cuda:0") > batches.stretch_size("cpu")
