"""A user's own tokenizers: `adapt` and `attach`. Oracles: the user's own functions, called directly."""

import numpy as np
import pytest
import torch
from torch import nn

from explorer.foundation.errors import AdapterError
from explorer.tokenizers.user.adapter import adapt, attach
from tests.tokenizers.user.users_codec import PICTURE, TABLE, nearest_colour, paint, ready


def test_two_functions_are_a_tokenizer():
    tokenizer = ready(adapt(lambda x: nearest_colour(x)[0], paint, codebook=TABLE, downsampling=4, title="Colours"))
    record = tokenizer.tokenize(PICTURE)
    codes, _ = nearest_colour(torch.from_numpy(PICTURE).movedim(-1, 0)[None])
    np.testing.assert_array_equal(record.levels[0].indices, codes[0])
    np.testing.assert_allclose(record.reconstruction, paint(codes)[0].movedim(0, -1).clip(0, 1), atol=1e-6)
    np.testing.assert_array_equal(record.levels[0].z_e, TABLE[codes].reshape(-1, 3))
    assert "no latents" in record.notes[0] and tokenizer.spec.codebook_size == 16
    np.testing.assert_allclose(tokenizer.decode_alone(0, [5])[0], np.broadcast_to(TABLE[5], (4, 4, 3)).clip(0, 1))


def test_latents_may_be_given_beside_the_indices():
    def encode(media):
        codes, z = nearest_colour(media)
        return {"indices": codes, "latents": z}

    record = ready(adapt(encode, paint, codebook=TABLE, downsampling=4)).tokenize(PICTURE)
    expected = PICTURE.reshape(6, 4, 8, 4, 3).mean((1, 3)).reshape(-1, 3)
    np.testing.assert_allclose(record.levels[0].z_e, expected, atol=1e-6)
    assert record.notes == ()


def test_arrays_ranges_and_a_codebook_without_vectors():
    def encode(media):  # numpy, pixels in [-1, 1]
        assert isinstance(media, np.ndarray) and media.min() < 0
        return nearest_colour(torch.from_numpy(media * 0.5 + 0.5))[0].numpy()

    def decode(codes):
        return paint(torch.from_numpy(codes)).numpy() * 2 - 1

    codec = adapt(encode, decode, codebook=16, arrays=True, pixel_range=(-1, 1), downsampling=4)
    record = ready(codec).tokenize(PICTURE)
    codes, _ = nearest_colour(torch.from_numpy(PICTURE).movedim(-1, 0)[None])
    np.testing.assert_array_equal(record.levels[0].indices, codes[0])
    np.testing.assert_allclose(record.reconstruction, paint(codes)[0].movedim(0, -1).clip(0, 1), atol=1e-6)
    assert record.levels[0].codebook.rule.codebook_size == 16


def test_levels_are_left_out_by_kept_or_else_the_code_nearest_to_nothing_stands_in():
    half = TABLE / 4

    def encode(media):
        first, z = nearest_colour(media)
        rest = z - TABLE[first].movedim(-1, 1)
        return [first, (rest[:, None] - half[:, :, None, None]).square().sum(2).argmin(1)]

    def decode(codes, kept=None):
        kept = kept or [torch.ones_like(code, dtype=torch.bool) for code in codes]
        parts = [book[c] * k[..., None] for book, c, k in zip((TABLE, half), codes, kept, strict=True)]
        return sum(parts).movedim(-1, 1).repeat_interleave(4, 2).repeat_interleave(4, 3)

    able = ready(adapt(encode, decode, codebook=[TABLE, half], downsampling=4))
    record = able.tokenize(PICTURE)
    only = able.decode_levels(record, [0])
    painted = paint(torch.from_numpy(record.levels[0].indices)[None])[0]
    np.testing.assert_allclose(only, painted.movedim(0, -1).clip(0, 1))
    rigid = ready(adapt(encode, lambda codes: decode(codes), codebook=[TABLE, half], downsampling=4, title="Rigid"))
    same = rigid.tokenize(PICTURE)
    assert "stands in" in same.notes[-1] and not any("stands in" in note for note in record.notes)
    first, nothing = torch.from_numpy(record.levels[0].indices)[None], int(half.norm(dim=1).argmin())
    expected = decode([first, torch.full_like(first, nothing)])[0].movedim(0, -1).clip(0, 1)
    np.testing.assert_allclose(rigid.decode_levels(same, [0]), expected, atol=1e-6)


def test_sound_clips_and_sets_without_places():
    sound = ready(
        adapt(
            lambda x: (x[:, 0].unflatten(1, (-1, 10)).mean(2) * 8 + 8).long().clip(0, 15),
            lambda i: ((i - 8) / 8).repeat_interleave(10, 1)[:, None],
            codebook=16, modality="audio", sample_rate_hz=100, downsampling=10,
        )
    ).tokenize(np.linspace(-1, 0.99, 200, dtype=np.float32)[:, None])  # fmt: skip
    assert sound.levels[0].indices.tolist() == [int(8 + 8 * (-1 + 0.01 * (10 * t + 4.5))) for t in range(20)]
    clip = ready(
        adapt(
            lambda x: (x.mean(1)[:, ::2, ::8, ::8] * 9).long(),
            lambda i: nn.functional.interpolate((i / 9)[:, None], scale_factor=(2, 8, 8)).expand(-1, 3, -1, -1, -1),
            codebook=10, modality="video", downsampling=8, time_step=2,
        )
    ).tokenize(np.full((4, 16, 24, 3), 0.5, np.float32))  # fmt: skip
    assert clip.levels[0].indices.shape == (2, 2, 3) and (clip.levels[0].indices == 4).all()
    whole = ready(
        adapt(
            lambda x: (x.mean((2, 3)) * 9).long(),
            lambda i: (i / 9)[:, :, None, None].expand(-1, 3, 16, 16),
            codebook=10, layout="set1d", tokens=3, fixed_size=(16, 16), downsampling=16,
        )
    ).tokenize(np.broadcast_to(np.float32([0.2, 0.5, 0.9]), (16, 16, 3)))  # fmt: skip
    assert whole.levels[0].indices.tolist() == [1, 4, 8] and whole.levels[0].layout.kind == "set1d"


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "dot"])
def test_a_table_is_searched_by_its_metric(metric):
    torch.manual_seed(1)
    table, down = torch.randn(20, 6) * torch.rand(20, 1) * 3, nn.Conv2d(3, 6, 4, 4)
    codec = attach(down, None, codebook=table, metric=metric, downsampling=4)
    record = ready(codec).tokenize(PICTURE)
    with torch.inference_mode():
        z = down(torch.from_numpy(PICTURE).movedim(-1, 0)[None])[0].flatten(1).T.numpy()
    score = {
        "euclidean": -((z[:, None] - table.numpy()) ** 2).sum(-1),
        "cosine": (z / np.linalg.norm(z, axis=1, keepdims=True)) @ (table / table.norm(dim=1, keepdim=True)).numpy().T,
        "dot": z @ table.numpy().T,
    }[metric]
    np.testing.assert_array_equal(record.levels[0].indices.ravel(), score.argmax(1))
    assert not codec.spec.decodes and record.levels[0].codebook.metric == metric


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: adapt(nearest_colour, paint, codebook=TABLE), "downsampling must be the pixels"),
        (lambda: adapt(nearest_colour, paint, codebook=TABLE, downsampling=4, colour=1), "no fact 'colour'"),
        (lambda: adapt(nearest_colour, paint, codebook=TABLE[0], downsampling=4), r"codebook has shape \(3,\)"),
        (lambda: adapt(nearest_colour, paint, codebook=TABLE, downsampling=4, modality="smell"), "none of image"),
        (lambda: adapt(nearest_colour, paint, codebook=4, downsampling=4, modality="audio"), "sample_rate_hz"),
        (lambda: adapt(nearest_colour, paint, codebook=TABLE, downsampling=4, delay_samples=0.5), "delay_samples must"),
        (lambda: adapt("x", paint, codebook=TABLE, downsampling=4), "needs functions"),
        (lambda: adapt(nearest_colour, paint, codebook=TABLE, downsampling=4, layout="set1d"), "tokens=N"),
        (lambda: adapt(nearest_colour, paint, codebook=TABLE, downsampling=4, pixel_range=(1, 0)), "lowest, highest"),
        (lambda: attach(nn.Conv2d(3, 8, 4, 4), None, downsampling=4), "either a quantizer"),
        (lambda: attach(nn.Conv2d(3, 8, 4, 4), 7, codebook=TABLE, downsampling=4), "decoder is int"),
        (lambda: attach(nn.Conv2d(3, 8, 4, 4), None, codebook=TABLE, downsampling=4), r"\(1, 8, 16, 17\).*3 channels"),
        (lambda: attach(lambda x: (x,), None, codebook=TABLE, downsampling=4), "gave tuple"),
        (lambda: attach(lambda x: x @ x, None, codebook=TABLE, downsampling=4), "encoder of .* at test_user.py"),
        (lambda: attach(nn.Conv2d(3, 3, 4, 4), None, nn.ReLU(), downsampling=4), "is ReLU; attach"),
    ],
)  # fmt: skip
def test_wrong_facts_are_said_in_one_line(call, words):
    with pytest.raises(AdapterError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("encode", "decode", "words"),
    [
        (lambda x: nearest_colour(x)[0][:, :-1], paint, r"\(1, 5, 8\); \(1, 6, 8\) was expected: media by"),
        (lambda x: nearest_colour(x)[0] + 9, paint, "the codebook has 0 to 15"),
        (lambda x: [nearest_colour(x)[0]] * 2, paint, "2 levels; codebook has 1"),
        (lambda x: "no", paint, "what encode gave is str"),
        (lambda x: {"indices": nearest_colour(x)[0], "latents": x}, paint, r"\(1, 3, 24, 32\); \(1, 3, 6, 8\) was"),
        (lambda x: nearest_colour(x)[0], lambda i: paint(i)[:, :, 1:], r"decode gave has shape \(1, 3, 23, 32\)"),
        (lambda x: nearest_colour(x)[0], lambda i: 1 / 0, "decode of .* failed at test_user.py, line .*ZeroDivision"),
    ],
)  # fmt: skip
def test_a_wrong_shape_at_the_first_call_says_what_came_and_what_was_expected(encode, decode, words):
    tokenizer = ready(adapt(encode, decode, codebook=TABLE, downsampling=4))
    with pytest.raises(AdapterError, match=words):
        tokenizer.tokenize(PICTURE)


def nearest_rows(z, table):
    """(N, D), (K, D) -> codes by brute force."""
    return ((z[:, None] - table) ** 2).sum(-1).argmin(1)


def test_sound_and_clips_and_sets_can_be_attached_too():
    torch.manual_seed(2)
    table = torch.randn(12, 6) * 0.5
    sound, clip, whole = nn.Conv1d(2, 6, 20, 20), nn.Conv3d(3, 6, (2, 8, 8), (2, 8, 8)), nn.Linear(3 * 16 * 16, 30)
    heard = np.random.default_rng(1).standard_normal((100, 2)).astype(np.float32)
    record = ready(
        attach(sound, nn.ConvTranspose1d(6, 2, 20, 20), codebook=table, modality="audio", sample_rate_hz=1000,
               channels=2, downsampling=20)
    ).tokenize(heard)  # fmt: skip
    with torch.inference_mode():
        z = sound(torch.from_numpy(heard.T)[None])[0].T
    assert record.levels[0].indices.tolist() == nearest_rows(z, table).tolist() and record.media.shape == (100, 2)
    frames = np.random.default_rng(2).random((4, 16, 24, 3), np.float32)
    record = ready(
        attach(clip, nn.ConvTranspose3d(6, 3, (2, 8, 8), (2, 8, 8)), codebook=table, modality="video", downsampling=8,
               time_step=2)
    ).tokenize(frames)  # fmt: skip
    with torch.inference_mode():
        z = clip(torch.from_numpy(frames).movedim(-1, 0)[None])[0].flatten(1).T
    np.testing.assert_array_equal(record.levels[0].indices.ravel(), nearest_rows(z, table))
    picture = np.random.default_rng(3).random((16, 16, 3), np.float32)
    codec = attach(
        lambda x: whole(x.flatten(1)).unflatten(1, (5, 6)),  # (B, N, C)
        lambda z: z.mean((1, 2))[:, None, None, None].expand(-1, 3, 16, 16),
        codebook=table, layout="set1d", tokens=5, fixed_size=(16, 16), downsampling=16,
    )  # fmt: skip
    record = ready(codec).tokenize(picture)
    with torch.inference_mode():
        z = whole(torch.from_numpy(picture).movedim(-1, 0).flatten()[None]).reshape(5, 6)
    codes = nearest_rows(z, table)
    assert record.levels[0].indices.tolist() == codes.tolist()
    np.testing.assert_allclose(record.reconstruction, table[codes].mean().clip(0, 1).expand(16, 16, 3), atol=1e-6)
