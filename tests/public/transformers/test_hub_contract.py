"""What every tokenizer of the Hub's folders must do behind the Tokenizer interface, and how it lies in memory."""

import weakref

import numpy as np
import pytest
import torch

from tests.public.transformers.hub_folders import codes, loaded, picture, recognised, saved, sound
from tests.public.transformers.hub_models import FORMAT, MODELS


@pytest.fixture(scope="module", params=MODELS)
def tokenizer(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("folder")
    return loaded(saved(MODELS[request.param](), folder), FORMAT[request.param])


def medium(spec, tokens=6, seed=0):
    side = tokens * spec.downsampling
    return picture(side, side, seed) if spec.modality == "image" else sound(side, spec.channels, seed)


def test_levels_have_the_spec_and_the_layouts_fit_the_medium(tokenizer):
    spec = tokenizer.spec
    record = tokenizer.tokenize(medium(spec))
    assert len(record.levels) == spec.num_quantizers == len(tokenizer.codebooks())
    for level, book in zip(record.levels, tokenizer.codebooks(), strict=True):
        assert level.layout.media_shape == record.media.shape[:-1] and level.layout.kind == spec.layout
        assert book.codebook_size == spec.codebook_size and book.codebook_dim == spec.codebook_dim
        np.testing.assert_allclose(level.z_q, book.rows(level.indices.ravel()), atol=1e-6)
    assert record.modality == spec.modality and np.isfinite(record.reconstruction).all()


def test_media_encoded_together_get_the_codes_that_they_get_alone(tokenizer):
    media = [medium(tokenizer.spec, seed=seed) for seed in (1, 2)]
    for one, levels in zip(media, tokenizer.encode(media), strict=True):
        alone = codes(tokenizer.tokenize(one))
        together = np.stack([level.indices for level in levels])
        assert (alone != together).mean() <= 0.02  # near ties may round apart in a batch


def test_the_shortest_medium_has_tokens(tokenizer):
    spec = tokenizer.spec
    tokens = -(-spec.shortest // spec.downsampling) if spec.modality == "audio" else 2
    record = tokenizer.tokenize(medium(spec, tokens))
    assert min(level.layout.num_tokens for level in record.levels) >= 1


def test_single_codes_and_single_levels_decode(tokenizer):
    spec = tokenizer.spec
    if not spec.decodes:
        pytest.skip("no decoder")
    record, last = tokenizer.tokenize(medium(spec)), min(1, spec.num_quantizers - 1)
    alone = tokenizer.decode_alone(last, [0, 5])
    assert len(alone) == 2 and np.abs(alone[0] - alone[1]).max() > 1e-6
    nothing = tokenizer.decode_levels(record, [])
    everything = tokenizer.decode_levels(record, range(spec.num_quantizers))
    np.testing.assert_allclose(everything, record.reconstruction, atol=1e-4)
    assert nothing.shape == everything.shape and np.abs(nothing - everything).max() > 1e-6
    if last:
        kept = [np.ones(level.layout.shape, bool) for level in record.levels]
        kept[last][0] = False
        indices = [level.indices for level in record.levels]
        changed = [level.copy() for level in indices]
        changed[last][0] = (changed[last][0] + 1) % spec.codebook_size
        np.testing.assert_allclose(
            tokenizer.decode_kept(indices, kept), tokenizer.decode_kept(changed, kept), atol=1e-6
        )


def test_nothing_is_left_empty_and_memory_is_what_is_said(tokenizer):
    held = [*tokenizer._codec.parameters(), *tokenizer._codec.buffers()]
    assert not any(t.is_meta for t in held) and not any(p.requires_grad for p in tokenizer._codec.parameters())
    assert tokenizer.spec.memory_bytes == sum(t.numel() * t.element_size() for t in held)
    within = {id(t.untyped_storage()) for t in held}
    assert len(within) <= len(held)
    stray = [
        (type(module).__name__, name)
        for module in tokenizer._codec.modules()
        for name, value in vars(module).items()
        if isinstance(value, torch.Tensor) and value.numel() > 1
    ]
    assert stray == []  # weights beside the parameters and buffers would stay behind when these move to a device


def test_a_tokenizer_that_is_let_go_leaves_memory(tmp_path):
    tokenizer = loaded(saved(MODELS["xcodec"](), tmp_path), "xcodec")
    tokenizer.tokenize(sound(3200))
    gone = weakref.ref(tokenizer._codec.model)
    del tokenizer
    import gc

    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("name", MODELS)
def test_no_two_formats_claim_a_folder(name, tmp_path):
    assert recognised(saved(MODELS[name](), tmp_path)) == [FORMAT[name]]
