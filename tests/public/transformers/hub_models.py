"""Small models of the library with the published configurations and random weights that choose many codes.

`MODELS` maps names to functions that make one; `FORMAT` says by which format of ours its folder is read.
"""

from functools import partial

import torch
from transformers import (
    DacConfig,
    DacModel,
    Emu3VQVAE,
    Emu3VQVAEConfig,
    EncodecConfig,
    EncodecModel,
    FlavaImageCodebook,
    FlavaImageCodebookConfig,
    MimiConfig,
    MimiModel,
    NeuCodecConfig,
    NeuCodecModel,
    Wav2Vec2Config,
    Wav2Vec2ForPreTraining,
    Xcodec2Config,
    Xcodec2Model,
    XcodecConfig,
    XcodecModel,
)

from tests.public.transformers.hub_folders import picture, sound, tensor

# 64 codes are 6 bits, 1,024 are 10: these bandwidths are the published ones times 0.6, so that the levels stay as many.
ENCODEC = {
    "24 kHz": dict(sampling_rate=24_000, target_bandwidths=[0.9, 1.8, 3.6, 7.2, 14.4]),
    "32 kHz": dict(
        sampling_rate=32_000, target_bandwidths=[1.2], upsampling_ratios=[8, 5, 4, 4], use_causal_conv=False
    ),
    "48 kHz": dict(
        sampling_rate=48_000, target_bandwidths=[1.8, 3.6, 7.2, 14.4], audio_channels=2, normalize=True,
        chunk_length_s=1.0, overlap=0.01, norm_type="time_group_norm", use_causal_conv=False,
    ),
}  # fmt: skip
DAC = {
    "16 kHz": dict(sampling_rate=16_000, downsampling_ratios=[2, 4, 5, 8], n_codebooks=12),
    "24 kHz": dict(sampling_rate=24_000, downsampling_ratios=[2, 4, 5, 8], n_codebooks=32),
    "44.1 kHz": dict(sampling_rate=44_100, downsampling_ratios=[2, 4, 8, 8], n_codebooks=9),
}
MIMI = dict(
    num_filters=4, hidden_size=32, codebook_size=64, codebook_dim=16, vector_quantization_hidden_dimension=16,
    upsample_groups=32, num_hidden_layers=2, intermediate_size=32, num_attention_heads=4, num_key_value_heads=4,
    head_dim=8, sliding_window=5,
)  # fmt: skip
CONVS = dict(conv_dim=(16,) * 7, num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=2)
SPEECH = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)


def tables(shape, count, spread, seed=0):
    """`count` tables of codes, each of smaller spread than the one before, as residual levels have."""
    made = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=made) * spread * 0.7**level for level in range(count)]


def settle(model, gain=1.0):
    """Weights of a fan-in's scale: as drawn, activations die out in the depth and every latent gets the same code."""
    with torch.no_grad():
        for module in model.modules():
            drawn = isinstance(module, (torch.nn.Conv1d, torch.nn.ConvTranspose1d, torch.nn.Conv2d, torch.nn.Linear))
            if drawn and not torch.nn.utils.parametrize.is_parametrized(module):
                module.weight.normal_(0, (gain / module.weight[0].numel()) ** 0.5)
    return model.eval()


def encodec(rate, **changes):
    torch.manual_seed(0)
    config = dict(num_filters=4, hidden_size=16, codebook_size=64) | ENCODEC[rate] | changes
    model = EncodecModel(EncodecConfig(**config)).eval()
    with torch.no_grad():
        latents = model.encoder(tensor(sound(4800, config.get("audio_channels", 1))))
    middle, spread = latents.mean((0, 2)), latents.std(2).mean().item()
    layers = model.quantizer.layers
    drawn = tables(layers[0].codebook.embed.shape, len(layers), spread)
    drawn[0] += middle  # so that the first level's codes lie among the latents
    for layer, table in zip(layers, drawn, strict=True):
        layer.codebook.embed.copy_(table)
        layer.codebook.cluster_size.copy_(torch.arange(len(table)) + 1.0)
    return model


def dac(rate, **changes):
    torch.manual_seed(0)
    config = dict(encoder_hidden_size=4, decoder_hidden_size=32, codebook_size=64) | DAC[rate] | changes
    model = settle(DacModel(DacConfig(**config)))
    with torch.no_grad():
        for level in model.quantizer.quantizers:
            level.out_proj.weight.mul_(0.1)
    return model


def mimi(**changes):
    torch.manual_seed(0)
    model = MimiModel(MimiConfig(**(MIMI | changes))).eval()
    with torch.no_grad():
        for module in model.modules():
            if type(module).__name__ == "MimiLayerScale":
                module.scale.fill_(0.5)
        fill_mimi(model)
    return model


def fill_mimi(model):
    latents = model.encoder(tensor(sound(19_200))).latents
    for name in ("semantic", "acoustic"):
        part = getattr(model.quantizer, f"{name}_residual_vector_quantizer")
        spread = part.input_proj(latents).std().item()
        shape = part.layers[0].codebook.embed_sum.shape
        for layer, table in zip(part.layers, tables(shape, len(part.layers), spread), strict=True):
            layer.codebook.cluster_usage.copy_(torch.arange(len(table)) / 8 + 0.5)
            layer.codebook.embed_sum.copy_(table * layer.codebook.cluster_usage[:, None])
            layer.codebook._embed = None


def xcodec(kind="hubert"):
    torch.manual_seed(0)
    acoustic = dict(
        model_type="dac", encoder_hidden_size=4, decoder_hidden_size=32, hidden_size=16,
        downsampling_ratios=[8, 5, 4, 2], upsampling_ratios=[8, 5, 4, 2],
    )  # fmt: skip
    semantic = dict(model_type=kind, **SPEECH, **CONVS)
    config = XcodecConfig(
        acoustic_model_config=acoustic, semantic_model_config=semantic, codebook_size=64, target_bandwidths=[0.3, 2.4]
    )
    model = settle(XcodecModel(config))
    for layer, table in zip(model.quantizer.quantizers, tables((64, 32), 8, 0.4), strict=True):
        layer.codebook.embed.copy_(table)
    return model


def finite_scalars(kind, config):
    torch.manual_seed(0)
    made = config(
        hidden_size=64, intermediate_size=32, num_hidden_layers=2, num_attention_heads=8, num_key_value_heads=8,
        head_dim=8, encoder_hidden_size=2, quantization_dim=80,
        semantic_model_config=dict(model_type="wav2vec2-bert", **SPEECH),
    )  # fmt: skip
    model = settle(kind(made))
    with torch.no_grad():
        model.quantizer.project_in.weight.mul_(3)
    return model


def wav2vec2(norm="group"):
    torch.manual_seed(0)
    made = Wav2Vec2Config(**SPEECH, **CONVS, feat_extract_norm=norm, conv_bias=norm == "layer", codevector_dim=24)
    return Wav2Vec2ForPreTraining(made).eval()


def emu3():
    torch.manual_seed(0)
    config = Emu3VQVAEConfig(
        base_channels=32, channel_multiplier=[1, 1, 1, 2], hidden_size=64, num_res_blocks=1, codebook_size=128
    )
    model = Emu3VQVAE(config).eval()
    with torch.no_grad():
        clip = tensor(picture(32, 32))[:, None].repeat(1, 4, 1, 1, 1)
        latents = model.quant_conv(model.encoder(clip).transpose(1, 2))
        model.quantize.embedding.weight.normal_(0, latents.std().item())
    return model


def flava():
    torch.manual_seed(0)
    model = settle(FlavaImageCodebook(FlavaImageCodebookConfig(hidden_size=8, vocab_size=96)), gain=2.0)
    with torch.no_grad():
        logits = model.blocks(0.8 * tensor(picture(112, 112)) + 0.1)
        model.blocks.output.conv.bias.sub_(logits.mean((0, 2, 3)))  # so that no code is the largest everywhere
    return model


MODELS = {
    **{f"encodec {rate}": partial(encodec, rate) for rate in ENCODEC},
    **{f"dac {rate}": partial(dac, rate) for rate in DAC},
    "mimi": mimi,
    "xcodec": xcodec,
    "xcodec2": partial(finite_scalars, Xcodec2Model, Xcodec2Config),
    "neucodec": partial(finite_scalars, NeuCodecModel, NeuCodecConfig),
    "wav2vec2": wav2vec2,
    "emu3-alone": emu3,
    "flava-codebook": flava,
}
FORMAT = {name: name.split()[0] for name in MODELS}
