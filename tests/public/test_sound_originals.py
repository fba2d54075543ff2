"""DAC and EnCodec in their authors' own files: codes and sound are those of the original code.

goldens/sound_originals.npz was made on a CPU with the packages descript-audio-codec 1.0.0, encodec 0.1.1 and audiocraft
1.3.0 of PyPI, their modules filled by `fill_by_rule`, but for DAC's last convolution, whose length (weight_g) is times
0.02, since its tanh would be nothing but -1 and 1. dac_44, dac_24, dac_16: DAC(encoder_dim=8, decoder_dim=64,
codebook_size=64) with the published rates and levels; codes = encode(ruled_sound(20 tokens)), sound = decode(z).
encodec_24, encodec_48: EncodecModel as its two models are made, with n_filters=4, dimension=16, bins=64, on 30 tokens
and on 1 s and 20 tokens of two channels. audiocraft_32: SEANetEncoder, ResidualVectorQuantizer and SEANetDecoder by
config/model/encodec/encodec_large_nq4_s640.yaml with n_filters=4, dimension=16, bins=64, on 30 tokens. Of the sound
every eighth sample is kept. The least gap between DAC's best and second best code was 8.8e-4. `_full_shapes`: names and
shapes of the published models.
"""

import copy
import sys
import types
from functools import cache

import numpy as np
import pytest
import torch
from ruled_weights import golden, ruled_sound, ruled_state
from safetensors.torch import save_file

from explorer.foundation.errors import CheckpointError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.loading.recognition import recognise
from explorer.public.catalogue import known_tokenizers
from explorer.public.header import Header, TensorInfo
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer

RATES = {"dac_44": 44_100, "dac_24": 24_000, "dac_16": 16_000}
HOPS = {
    "dac_44": 512, "dac_24": 320, "dac_16": 320, "encodec_24": 320, "encodec_48": 320, "audiocraft_32": 640,
}  # fmt: skip
XP_CFG = (
    """
sample_rate: 32000
channels: 1
compression_model: encodec
encodec: {autoencoder: seanet, quantizer: rvq, sample_rate: '${sample_rate}', causal: false, renormalize: false}
seanet:
  causal: ${encodec.causal}
  dilation_base: 2
  pad_mode: constant
  decoder: {trim_right_ratio: 1.0, final_activation: null}
"""
    + "# as long as these files are\n" * 200
)


@cache
def state(name):
    tensors = ruled_state(golden("sound_originals")[f"{name}_shapes"])
    if name.startswith("dac"):
        last = max(key for key in tensors if key.startswith("decoder.model.") and key.count(".") == 3 and "_g" in key)
        assert last == "decoder.model.6.weight_g"
        tensors[last] = tensors[last] * 0.02
    return tensors


def published(name, **more):
    """What torch.save is given for such a file."""
    tensors = dict(state(name))
    if name.startswith("dac"):
        kwargs = {"sample_rate": RATES[name], "encoder_dim": 8, "encoder_rates": [2, 4, 8, 8]}
        return {"state_dict": tensors, "metadata": {"kwargs": kwargs, "fileversion": "1"}}
    if name == "audiocraft_32":
        return {"best_state": tensors, "xp.cfg": XP_CFG, "version": "1.3.0", "exported": True} | more
    return tensors


def saved(folder, name, content=None):
    path = folder / {"dac": "weights.pth", "enc": f"{name}.th", "aud": "checkpoint.th"}[name[:3]]
    torch.save(published(name) if content is None else content, path)
    return path


def loaded(path):
    known = recognise(read_header(path))
    return AdaptedTokenizer(fill(known.format, known.header), known.spec, "cpu")


def heard(name):
    """The sound that the golden file was made of."""
    codes = golden("sound_originals")[f"{name}_codes"]
    if name == "encodec_48":
        return np.concatenate([ruled_sound(48_000 + 20 * 320, seed) for seed in range(2)], axis=1)
    return ruled_sound(codes.shape[1] * HOPS[name])


@pytest.mark.parametrize("name", HOPS)
def test_codes_and_sound_are_the_originals(name, tmp_path):
    tokenizer, arrays = loaded(saved(tmp_path, name)), golden("sound_originals")
    codes, sound = arrays[f"{name}_codes"], arrays[f"{name}_sound"]
    record = tokenizer.tokenize(heard(name))
    assert np.median([len(np.unique(level)) for level in codes]) > 6  # so that equality means something
    np.testing.assert_array_equal([level.indices for level in record.levels], codes)
    have = record.reconstruction.T[:, ::8]
    # A sum of a few hundred products of float32, each about as large as the sound, through a few dozen layers.
    length = min(have.shape[1], sound.shape[1])
    assert length > 0.99 * sound.shape[1]
    np.testing.assert_allclose(have[:, :length], sound[:, :length], atol=1e-4)


FORMATS = {"dac": "dac-original", "enc": "encodec-original", "aud": "audiocraft"}
SAID = {"dac_44": 44_100, "dac_24": 24_000, "dac_16": 16_000, "encodec_24": 24_000, "encodec_48": 48_000,
        "audiocraft_32": 32_000}  # fmt: skip


@pytest.mark.parametrize("name", HOPS)
def test_what_is_said_before_a_weight_is_read(name, tmp_path):
    known, codes = recognise(read_header(saved(tmp_path, name))), golden("sound_originals")[f"{name}_codes"]
    spec = known.spec
    assert known.format_id == FORMATS[name[:3]] and spec.num_quantizers == len(codes) and spec.codebook_size == 64
    assert (spec.sample_rate_hz, spec.downsampling) == (SAID[name], HOPS[name])
    assert spec.channels == (2 if name == "encodec_48" else 1)
    assert ("states no sample rate" in spec.summary) == name.startswith("encodec")


@pytest.mark.parametrize(("name", "delay"), [("dac_44", 0), ("dac_24", -8), ("dac_16", -8)])
def test_dac_declares_the_delay_of_its_padding(name, delay, tmp_path):
    """As the Hub's file of the same network does. With one sample less of padding where the ratio is odd, as at an even
    one, the same decode comes 8 samples later, where a ratio is odd."""
    known = recognise(read_header(saved(tmp_path, name)))
    assert known.spec.delay_samples == delay
    decoder = fill(known.format, known.header).model.decoder
    latents = torch.randn(1, decoder.conv1.in_channels, 16, generator=torch.Generator().manual_seed(0))
    wider = copy.deepcopy(decoder)
    for block in wider.block:
        (stride,) = block.conv_t1.stride
        assert block.conv_t1.padding == (-(-stride // 2),)
        block.conv_t1.padding = (stride // 2,)
    with torch.no_grad():
        public, later = decoder(latents), wider(latents)
    assert later.shape[2] == public.shape[2] - 2 * delay
    inner = slice(public.shape[2] // 3, 2 * public.shape[2] // 3)  # beyond the reach of both ends
    assert public[..., inner].std() > 1e-3
    torch.testing.assert_close(later[..., -delay:][..., inner], public[..., inner], atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", HOPS)
def test_published_sizes(name, tmp_path):
    """Names and shapes of the published model: all have a place, and they are as many numbers as the Hub's."""
    from explorer.loading.fill import check, empty

    shapes = golden("sound_originals")[f"{name}_full_shapes"]
    scalars = {"metadata/kwargs/sample_rate": RATES[name]} if name in RATES else {}
    scalars |= {"xp.cfg": XP_CFG} if name == "audiocraft_32" else {}
    header = Header(tmp_path / "x", "torch", {key: TensorInfo(shape) for key, shape in shapes.items()}, scalars=scalars)
    known = recognise(header)
    check(empty(known.format, known.header), known.format, known.header)
    listed = {"dac_44": "dac-44khz", "dac_24": "dac-24khz", "dac_16": "dac-16khz", "encodec_24": "encodec-24khz",
              "encodec_48": "encodec-48khz", "audiocraft_32": "encodec-32khz"}  # fmt: skip
    of_the_hub = next(one.parameters for one in known_tokenizers() if one.id == listed[name])
    counts = sum(torch.Size(shape).numel() for key, shape in shapes.items() if key.endswith("cluster_size"))
    assert abs(known.spec.parameters - of_the_hub) <= counts


class Node:
    """OmegaConf's objects, as training pickles them: a state with the content, or with the value."""

    def __init__(self, **state):
        self.__dict__ |= state


def nodes(value):
    if isinstance(value, dict):
        return Node(_content={key: nodes(one) for key, one in value.items()}, _parent=None)
    return Node(_val=value, _parent=None)


def test_audiocrafts_training_checkpoint(tmp_path, monkeypatch):
    """The best weights, the last ones beside them, and the config as objects that are never made."""
    config = {
        "sample_rate": 32_000, "encodec": {"causal": False, "renormalize": False},
        "seanet": {"causal": "${encodec.causal}", "pad_mode": "constant", "decoder": {"trim_right_ratio": 1.0}},
    }  # fmt: skip
    best = dict(state("audiocraft_32"))
    last = {key: value + 1 for key, value in best.items()}
    monkeypatch.setattr(Node, "__module__", "omegaconf.dictconfig")
    for library in ("omegaconf", "omegaconf.dictconfig"):
        monkeypatch.setitem(sys.modules, library, types.SimpleNamespace(Node=Node))
    content = {"model": last, "best_state": {"model": best}, "xp.cfg": nodes(config), "optimizer": {"state": {}}}
    path = saved(tmp_path, "audiocraft_32", content)
    header = read_header(path)
    assert "The weights that training found to be the best are used ('best_state/model')." in header.notes
    record = loaded(path).tokenize(heard("audiocraft_32"))
    expected = golden("sound_originals")["audiocraft_32_codes"]
    np.testing.assert_array_equal([level.indices for level in record.levels], expected)


def test_keys_in_the_new_spelling_and_as_safetensors(tmp_path):
    """As saved again with a newer torch; without `metadata` the published sizes tell the rate."""
    new = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}
    tensors = {}
    for key, value in state("dac_24").items():
        stem, _, leaf = key.rpartition(".")
        tensors[f"{stem}.{new.get(leaf, leaf)}"] = value.clone()
    save_file(tensors, tmp_path / "dac.safetensors")
    tokenizer = loaded(tmp_path / "dac.safetensors")
    assert tokenizer.spec.sample_rate_hz == 24_000 and "states no sample rate" in tokenizer.spec.summary
    record = tokenizer.tokenize(heard("dac_24"))
    expected = golden("sound_originals")["dac_24_codes"]
    np.testing.assert_array_equal([level.indices for level in record.levels], expected)


def circle(content):
    content["xp.cfg"] = "sample_rate: ${channels}\nchannels: ${sample_rate}"


def fewer(content):
    for key in [key for key in content["state_dict"] if ".quantizers.3" in key]:
        del content["state_dict"][key]
    del content["metadata"]


def misshapen(content):
    content["encoder.model.15.conv.conv.weight_v"] = torch.ones(12, 64, 7)


REFUSED = {
    "names that lead in a circle": ("audiocraft_32", circle, "leads in a circle"),
    "no rate": ("audiocraft_32", lambda c: c.update({"xp.cfg": "channels: 1"}), "states no sample_rate"),
    "no text": ("audiocraft_32", lambda c: c.update({"xp.cfg": "a: [" * 99}), "xp.cfg is not plain YAML"),
    "an odd padding": ("audiocraft_32", lambda c: c.update({"xp.cfg": "sample_rate: 9\nseanet: {pad_mode: x}"}), "'x'"),
    "loudness aside": (
        "audiocraft_32",
        lambda c: c.update({"xp.cfg": "sample_rate: 9\nencodec: {renormalize: true}"}),
        "renormalize",
    ),
    "no published sizes": ("dac_24", fewer, "its sample rate is not in the file"),
    "widths that do not agree": ("encodec_24", misshapen, "the encoder gives 12"),
    "a missing tensor": (
        "dac_16",
        lambda c: c["state_dict"].pop("decoder.model.6.bias"),
        "missing model.decoder.conv2",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_named(case, tmp_path):
    name, change, words = REFUSED[case]
    content = published(name)
    change(content)
    with pytest.raises(CheckpointError) as refused:
        loaded(saved(tmp_path, name, content))
    assert words in str(refused.value)


def test_a_file_that_only_names_a_model_says_so(tmp_path):
    torch.save({"pretrained": "facebook/encodec_32khz", "exported": True, "version": "1.3.0"}, tmp_path / "x.bin")
    with pytest.raises(CheckpointError, match="only names 'facebook/encodec_32khz' of the Hub"):
        read_header(tmp_path / "x.bin")


LAYOUTS = {
    "kyutai/mimi": ("quantizer.rvq_first.vq.layers.0._codebook.embedding_sum", "encoder.model.0.conv.conv.weight"),
    "HKUSTAudio/xcodec2-hf or neuphonic/neucodec": ("CodecEnc.conv.weight", "generator.quantizer.project_in.weight"),
    "facebook/wav2vec2-base": (
        "quantizer.vars", "quantizer.weight_proj.weight", "feature_extractor.conv_layers.0.0.weight",
    ),
}  # fmt: skip


@pytest.mark.parametrize("hub", LAYOUTS)
def test_a_layout_that_is_not_read_names_the_hubs(hub, tmp_path):
    save_file({key: torch.ones(3, 4) for key in LAYOUTS[hub]}, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match=f"which is not read here. The Hub has the same model .*: {hub}"):
        recognise(read_header(tmp_path / "model.safetensors"))
