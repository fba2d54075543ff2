"""The VQ modules of transformers: counts, and latents whose nearest code is the chosen one."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from explorer.recorder import Recorder, open_recording

CONFIG = SimpleNamespace(
    num_embeddings=32, embed_dim=6, codebook_size=32, codebook_dim=6, hidden_size=10, num_patches=4, beta=0.25
)
CONFIG.quantization_levels = [4, 4, 3]


def made(module, name):
    transformers = pytest.importorskip("transformers")
    assert transformers
    found = pytest.importorskip(f"transformers.models.{module}.modeling_{module}")
    torch.manual_seed(0)
    one = getattr(found, name)(CONFIG)
    for table in ("embed", "embed_sum"):
        if isinstance(getattr(one, table, None), torch.Tensor) and table in dict(one.named_buffers()):
            getattr(one, table).normal_()
    return one.train()


IMAGES = [
    ("chameleon", "ChameleonVQVAEVectorQuantizer"),
    ("janus", "JanusVQVAEVectorQuantizer"),
    ("emu3", "Emu3VQVAEVectorQuantizer"),
    ("dac", "DacVectorQuantize"),
]
TABLES = [
    ("encodec", "EncodecEuclideanCodebook"),
    ("mimi", "MimiEuclideanCodebook"),
    ("xcodec", "XcodecEuclideanCodebook"),
    ("higgs_audio_v2_tokenizer", "HiggsAudioV2TokenizerEuclideanCodebook"),
]
SHAPES = {"emu3": (2, 2, 6, 3, 4), "dac": (2, 10, 12)}


def check(folder, log, tokens, cosine=False):
    recording = open_recording(folder)
    np.testing.assert_array_equal(recording.totals(1, 0), np.bincount(np.concatenate(log), minlength=32))
    assert recording.totals(1, 0).sum() == tokens
    level = recording.frame(1).levels[0]
    away = np.square(level.z_e[:, None] - level.vectors[None]).sum(-1)
    np.testing.assert_array_equal(away.argmin(1), level.indices)
    assert level.metric == ("cosine" if cosine else "euclidean")
    if cosine:
        np.testing.assert_allclose(np.linalg.norm(level.vectors, axis=1), 1, rtol=1e-5)
    return recording


@pytest.mark.parametrize(("module", "name"), IMAGES)
def test_embeddings_that_are_searched(module, name, tmp_path):
    quantizer, log = made(module, name), []
    with Recorder(tmp_path / "run", every=3).watch(torch.nn.Sequential(quantizer)) as recorder:
        for seed in range(3):
            shape = SHAPES.get(module, (2, 6, 3, 4))
            z = torch.randn(shape, generator=torch.Generator().manual_seed(seed), requires_grad=True)
            output = quantizer(z)
            indices = output if isinstance(output, torch.Tensor) else output[3 if module == "dac" else 2]
            log.append(indices.flatten().numpy())
            if not isinstance(output, torch.Tensor):
                (output[0].square().mean() + output[1]).backward()
            recorder.step()
    recording = check(tmp_path / "run", log, len(np.concatenate(log)), module == "dac")
    if module != "emu3":
        assert np.all(recording.scalars["gradient_z_e"] > 0) and np.all(recording.scalars["commitment_reaches"] == 1)


@pytest.mark.parametrize(("module", "name"), TABLES)
def test_codebooks_that_are_asked_by_a_method(module, name, tmp_path):
    book, log = made(module, name), []
    with Recorder(tmp_path / "run", every=3).watch(torch.nn.Sequential(book)) as recorder:
        for seed in range(3):
            z = torch.randn(2, 9, 6, generator=torch.Generator().manual_seed(seed))
            log.append(book.encode(z).flatten().numpy())
            recorder.step()
    check(tmp_path / "run", log, 54)
    assert "quantize" not in vars(book)


def test_the_fsq_of_xcodec2(tmp_path):
    quantizer, log = made("xcodec2", "Xcodec2FiniteScalarQuantization"), []
    with Recorder(tmp_path / "run", every=3).watch(quantizer) as recorder:
        for seed in range(3):
            z = torch.randn(2, 9, 3, generator=torch.Generator().manual_seed(seed))
            codes, indices = quantizer(z)
            log.append(indices.flatten().numpy())
            recorder.step()
    recording = open_recording(tmp_path / "run")
    np.testing.assert_array_equal(recording.totals(1, 0), np.bincount(np.concatenate(log), minlength=48))
    level = recording.frame(1).levels[0]
    np.testing.assert_allclose(level.vectors[level.indices[-18:]], codes.flatten(0, 1).numpy(), atol=1e-6)
    assert np.abs(level.z_e - level.vectors[level.indices]).max() < 0.5


def test_a_residual_quantizer_of_encodec_has_a_level_a_layer(tmp_path):
    transformers = pytest.importorskip("transformers")
    config = transformers.EncodecConfig(codebook_size=32, codebook_dim=6, target_bandwidths=[3.0])
    found = pytest.importorskip("transformers.models.encodec.modeling_encodec")
    quantizer = found.EncodecResidualVectorQuantizer(config).train()
    for book in quantizer.modules():
        if hasattr(book, "embed"):
            book.embed.normal_()
    with Recorder(tmp_path / "run", every=1).watch(torch.nn.ModuleDict({"quantizer": quantizer})) as recorder:
        codes = quantizer.encode(torch.randn(2, 6, 15))  # (Q, B, T)
        recorder.step()
    recording = open_recording(tmp_path / "run")
    assert recording.levels[0].name == "level 1" and len(recording.levels) >= len(codes)
    for level, chosen in enumerate(codes):
        np.testing.assert_array_equal(recording.totals(0, level), np.bincount(chosen.flatten().numpy(), minlength=32))
