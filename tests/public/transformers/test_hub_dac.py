"""DAC from folders of the Hub against the library's own encode and decode; published shapes, small widths."""

import copy

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from tests.public.transformers.hub_folders import CLOSE, codes, gap, loaded, saved, sound, tensor
from tests.public.transformers.hub_models import DAC, dac

EACH_SECOND = {"16 kHz": "50", "24 kHz": "75", "44.1 kHz": "86.13"}


@pytest.fixture(scope="module", params=DAC)
def pair(request, tmp_path_factory):
    model = dac(request.param)
    return request.param, model, loaded(saved(model, tmp_path_factory.mktemp("dac")), "dac")


def test_the_spec_says_what_was_published(pair):
    name, model, tokenizer = pair
    spec = tokenizer.spec
    assert spec.title == f"DAC {name}" and f"{EACH_SECOND[name]} times a second" in spec.summary
    assert spec.num_quantizers == model.config.n_codebooks and spec.codebook_dim == 8
    assert spec.downsampling == np.prod(model.config.downsampling_ratios)
    assert spec.parameters == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("tokens", [1, 2, 9, 40])
def test_indices_and_decode_are_the_librarys(pair, tokens):
    _, model, tokenizer = pair
    media = sound(tokens * tokenizer.spec.downsampling, seed=tokens)
    record = tokenizer.tokenize(media)
    with torch.no_grad():
        theirs = model.encode(tensor(media)).audio_codes
        decoded = model.decode(audio_codes=theirs).audio_values[:, None]
    np.testing.assert_array_equal(codes(record), theirs[0].numpy())
    assert len(np.unique(theirs)) > 5
    assert gap(record.reconstruction, decoded) < CLOSE
    assert gap(tokenizer.detokenize([level.indices for level in record.levels]), decoded) < CLOSE
    assert media.shape[0] - decoded.shape[2] in (0, 8)  # the library's decode may be a few samples short


def test_the_declared_delay_is_what_the_padding_of_odd_ratios_cuts_from_the_start(pair):
    """With one sample less of padding where the ratio is odd, the same decode comes 8 samples later; at 44.1 kHz no
    ratio is odd. That the published weights are early by as much is from measurements of others."""
    name, model, tokenizer = pair
    assert tokenizer.spec.delay_samples == {"16 kHz": -8, "24 kHz": -8, "44.1 kHz": 0}[name]
    latents = torch.randn(1, model.decoder.conv1.in_channels, 12, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        public = model.decoder(latents)
        wider = copy.deepcopy(model.decoder)
        for block in wider.block:
            stride = block.conv_t1.stride[0]
            assert block.conv_t1.padding == (-(-stride // 2),)
            block.conv_t1.padding = (stride // 2,)
        later = wider(latents)
    cut = -tokenizer.spec.delay_samples
    assert later.shape[2] == public.shape[2] + 2 * cut
    inner = slice(public.shape[2] // 3, 2 * public.shape[2] // 3)  # beyond the reach of both ends
    torch.testing.assert_close(later[..., cut:][..., inner], public[..., inner], atol=CLOSE, rtol=0)


def test_the_delay_of_other_ratios_is_not_known(tmp_path):
    assert loaded(saved(dac("16 kHz", downsampling_ratios=[2, 3, 5]), tmp_path), "dac").spec.delay_samples is None


def test_latents_are_compared_on_the_unit_sphere(pair):
    _, model, tokenizer = pair
    media = sound(12 * tokenizer.spec.downsampling)
    with torch.no_grad():
        projected = model.encode(tensor(media)).projected_latents[0]  # (8 Q, T)
    for q, level in enumerate(tokenizer.tokenize(media).levels):
        mine = projected[8 * q : 8 * q + 8].T
        # Both went through the encoder's hundreds of sums in float32, which each processor adds in an order of its own.
        np.testing.assert_allclose(level.z_e, normalize(mine, dim=1).numpy(), atol=CLOSE)
        table = normalize(model.quantizer.quantizers[q].codebook.weight.detach(), dim=1).numpy()
        assert level.codebook.metric == "cosine"
        cosines = level.z_e @ table.T  # (T, K)
        chosen = np.take_along_axis(cosines, level.indices[:, None], 1)[:, 0]
        assert (chosen >= cosines.max(1) - 8 * np.finfo(np.float32).eps).all()  # sums of 8 products of at most 1
        np.testing.assert_allclose(level.z_q, table[level.indices], atol=1e-6)


def test_levels_left_out_give_nothing(pair):
    _, model, tokenizer = pair
    record = tokenizer.tokenize(sound(6 * tokenizer.spec.downsampling))
    with torch.no_grad():
        first = model.quantizer.from_codes(torch.from_numpy(codes(record)[None, :1]))[0]
        decoded = model.decode(quantized_representation=first).audio_values[:, None]
    assert gap(tokenizer.decode_levels(record, [0]), decoded) < CLOSE
