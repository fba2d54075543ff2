"""float32 that stays float32, float16 where it is enough, and what becomes of a network for which it is not."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from explorer.joints.record import Codebook
from explorer.joints.tokenizer import TokenizerSpec
from explorer.tokenizers import precision
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.codec import Codec, CodecLevel, flat, lookup, nearest

SWITCHES = torch.backends.cudnn


def test_tf32_is_off_while_anybody_is_within_and_back_when_the_last_one_left():
    """The switch is the whole process's, and runs of two visitors overlap as they like."""
    assert SWITCHES.allow_tf32
    first, second = precision.WholeFloat32(), precision.WholeFloat32()
    with ThreadPoolExecutor(1) as other:
        first.__enter__()
        other.submit(second.__enter__).result()
        first.__exit__(None, None, None)
        assert not SWITCHES.allow_tf32  # the other one is still within
        other.submit(second.__exit__, None, None, None).result()
    assert SWITCHES.allow_tf32
    with pytest.raises(ZeroDivisionError), precision.WholeFloat32():
        assert not SWITCHES.allow_tf32
        raise ZeroDivisionError
    assert SWITCHES.allow_tf32


def test_who_chose_for_themselves_keeps_it():
    SWITCHES.allow_tf32 = False
    try:
        with precision.WholeFloat32():
            pass
        assert not SWITCHES.allow_tf32
    finally:
        SWITCHES.allow_tf32 = True
    SWITCHES.rnn.fp32_precision = "ieee"  # by layer: torch's one switch cannot be read then
    try:
        with precision.WholeFloat32():
            assert (SWITCHES.conv.fp32_precision, SWITCHES.rnn.fp32_precision) == ("tf32", "ieee")
        assert (SWITCHES.conv.fp32_precision, SWITCHES.rnn.fp32_precision) == ("tf32", "ieee")
    finally:
        SWITCHES.rnn.fp32_precision = "tf32"
    assert SWITCHES.allow_tf32


class Squashed(Codec):
    """4 x 4 pixels a token; `loud` times as much inside encoder and decoder, and as much less at their ends."""

    searched = ("codes",)
    token_reach = 0

    def __init__(self, *loud) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.last = nn.Conv2d(3, 8, 4, stride=4), nn.Conv2d(8, 4, 1)
        self.codes, self.back = nn.Embedding(64, 4), nn.ConvTranspose2d(4, 3, 4, stride=4)
        self.loud = nn.Parameter(torch.tensor(loud or (1.0, 1.0)))
        nn.init.normal_(self.codes.weight, std=3e-6)  # as the codes that a uniform start of 1/K left

    def latents(self, media):
        return self.last(functional.silu(4 * self.first(2 * media - 1)) * self.loud[0]) / self.loud[0] * 1e-5

    def quantize(self, latents):
        z = flat(latents).float()
        chosen = nearest(z, self.codes.weight.float())
        return [CodecLevel(chosen.view(-1, *latents.shape[2:]), z, self.codes.weight[chosen].float())]

    def embed(self, level, indices, kept=None):
        return lookup(self.codes.weight, indices, kept) * 1e6

    def decode(self, embedded):
        made = self.back(embedded[0].to(self.back.weight.dtype)) * self.loud[1]
        return (made / self.loud[1] / 10 + 1) / 2

    def codebooks(self):
        return (Codebook(64, 4, "euclidean", self.codes.weight.detach().float().numpy().copy()),)


SPEC = TokenizerSpec(
    id="squashed", title="", summary="", modality="image", quantizer="vq", codebook_size=64, codebook_dim=4,
    num_quantizers=1, combination="single", downsampling=4, parameters=1, licence="",
)  # fmt: skip
MEDIA = np.random.default_rng(0).random((16, 24, 3)).astype(np.float32)


def pair(*loud):
    """The codec in float32, and halved as on CUDA."""
    whole, half = (AdaptedTokenizer(Squashed(*loud), SPEC, "cpu") for _ in range(2))
    half._dtype = precision.halve(half._codec)
    return whole, half


def test_half_precision_leaves_the_codes_as_they_are():
    whole, half = pair()
    assert (
        half._dtype == torch.float16 == half._codec.first.weight.dtype
        and half._codec.codes.weight.dtype == torch.float32
    )
    assert np.array_equal(half.codebooks()[0].vectors, whole.codebooks()[0].vectors)
    assert np.array_equal(half._codec.codebooks()[0].vectors, whole.codebooks()[0].vectors)
    one, other = whole.tokenize(MEDIA), half.tokenize(MEDIA)
    assert np.mean(one.levels[0].indices == other.levels[0].indices) > 0.8 and len(np.unique(one.levels[0].indices)) > 8
    assert not np.array_equal(one.reconstruction, other.reconstruction)  # it is half
    assert np.abs(half.decode_levels(one, [0]) - one.reconstruction).max() < 3e-3
    assert precision.OVERFLOWED not in other.notes


@pytest.mark.parametrize("loud", [(60_000.0, 1.0), (1.0, 60_000.0), (60_000.0, 60_000.0)], ids=str)
def test_what_is_too_large_for_float16_goes_on_in_float32_and_says_so(loud):
    whole, half = pair(*loud)
    media = [MEDIA, MEDIA[::-1].copy()]
    for one, other in zip(map(whole.tokenize, media), map(half.tokenize, media), strict=True):
        assert np.isfinite(other.reconstruction).all() and np.isfinite(other.levels[0].z_e).all()
        assert np.mean(one.levels[0].indices == other.levels[0].indices) > 0.8
        assert np.abs(half.decode_levels(one, [0]) - one.reconstruction).max() < 3e-3
        assert precision.OVERFLOWED in other.notes
    assert half._codec.first.weight.dtype == torch.float16  # others may be running it


def test_what_becomes_of_a_medium_hangs_on_no_other():
    """Shards of an audit give what one process gives, which comes upon another medium first."""
    _, first = pair(40_000.0, 1.0)
    _, second = pair(40_000.0, 1.0)
    grey = np.full_like(MEDIA, 0.5)
    before = first.tokenize(grey)
    assert precision.OVERFLOWED not in before.notes and precision.OVERFLOWED in second.tokenize(MEDIA).notes
    (level,) = before.levels
    for (found,) in (second.encode([grey])[0], second.encode([MEDIA, grey])[1], first.encode([grey, MEDIA])[0]):
        assert np.array_equal(found.z_e, level.z_e) and np.array_equal(found.indices, level.indices)
    assert not np.isnan(first.encode([grey, MEDIA])[1][0].z_e).any()


def test_weights_beyond_float16_are_never_halved():
    assert not precision.fits_half(Squashed(1.0, 70_000.0)) and precision.fits_half(Squashed(1.0, 65_000.0))
    lost = Squashed()
    lost.codes.weight.data[3] = float("inf")
    assert precision.fits_half(lost)  # codes are not halved


def test_on_a_cpu_nothing_is_changed():
    codec = Squashed()
    assert precision.place(codec, torch.device("cpu")) == torch.float32
    assert codec.first.weight.dtype == torch.float32 and not set(precision.RUN) & set(codec.__dict__)


@pytest.mark.parametrize(
    ("loud", "may", "kind"), [(1.0, True, "float16"), (1.0, False, "float32"), (7e4, True, "float32")]
)
def test_on_cuda_each_runs_in_the_precision_that_it_bears(loud, may, kind, monkeypatch):
    """What `place` decides there, on a CPU: no tensor is moved."""
    monkeypatch.setattr(Squashed, "to", lambda codec, device: codec)
    monkeypatch.setattr(Squashed, "half_precision", may)
    codec, told = Squashed(1.0, loud), []
    codec.spec = SPEC
    codec.first.register_forward_hook(lambda *_: told.append(SWITCHES.allow_tf32))
    dtype = precision.place(codec, SimpleNamespace(type="cuda"))
    assert f"torch.{kind}" == str(dtype) == str(codec.first.weight.dtype) and set(precision.RUN) <= set(codec.__dict__)
    (level,) = codec.quantize(codec.latents(torch.from_numpy(MEDIA).to(dtype).movedim(-1, 0)[None]))
    made = codec.decode([codec.embed(0, level.indices)])
    assert made.shape == (1, 3, 16, 24) and told == [False] and SWITCHES.allow_tf32
