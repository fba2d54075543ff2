"""Files of SNAC, SpeechTokenizer and WavTokenizer as the public ones are laid out, and how the app loads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from ruled_weights import golden, ruled, ruled_state

from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.public import FORMATS
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer

if TYPE_CHECKING:
    from snac import SNAC as OriginalSnac

SNAC_24 = {
    **{"sampling_rate": 24_000, "encoder_dim": 4, "encoder_rates": [2, 4, 4], "decoder_dim": 32},
    **{"decoder_rates": [4, 4, 2], "attn_window_size": None, "codebook_size": 64, "codebook_dim": 8},
    **{"vq_strides": [4, 2, 1], "noise": True, "depthwise": True},
}
SNAC_44 = SNAC_24 | {
    **{"sampling_rate": 44_100, "encoder_dim": 16, "encoder_rates": [2, 3, 4], "decoder_dim": 64},
    **{"decoder_rates": [4, 3, 2], "attn_window_size": 8, "vq_strides": [8, 4, 2, 1]},
}
SNAC_DENSE = SNAC_24 | {"noise": False, "depthwise": False}


def save_snac(folder: Path, config: dict, seed: int = 0) -> OriginalSnac:
    """A random original in evaluation mode, kept in `folder` as pytorch_model.bin and config.json."""
    from snac import SNAC as OriginalSnac  # which not every reader of this file has

    torch.manual_seed(seed)
    original = OriginalSnac(**config).eval()
    with torch.no_grad():
        for name, parameter in original.named_parameters():
            if name.endswith("alpha"):
                parameter.uniform_(0.5, 2)
            elif name.endswith("bias"):
                parameter.mul_(0.02)  # else biases drown the sound, and every frame gets one code
    torch.save(original.state_dict(), folder / "pytorch_model.bin")
    (folder / "config.json").write_text(json.dumps(config))
    return original


def speech_state(name: str) -> dict[str, torch.Tensor]:
    """SpeechTokenizer's tensors by rule; `name` of the golden file."""
    return ruled_state(golden("speechtokenizer")[f"{name}_shapes"])


def save_speech(folder: Path, name: str) -> Path:
    torch.save(speech_state(name), folder / "SpeechTokenizer.pt")
    return folder / "SpeechTokenizer.pt"


def wav_state(name: str) -> dict[str, torch.Tensor]:
    """WavTokenizer's tensors by rule, and some of its discriminators', which its checkpoints hold too."""
    shapes = golden("wavtokenizer")[f"{name}_shapes"]
    window = {"head.istft.window": torch.hann_window(shapes["head.istft.window"][0])}
    losses = {f"multiperioddisc.discriminators.{i}.conv_post.weight_g": ruled("x", (1, 1, 1)) for i in range(2)}
    return ruled_state(shapes) | window | losses


def save_wav(folder: Path, name: str) -> Path:
    """A checkpoint as Lightning writes it, optimizer and all."""
    optimizer = {"state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.zeros(4)}}, "param_groups": [{"lr": 2e-4}]}
    kept = {"epoch": 1, "global_step": 2, "pytorch-lightning_version": "1.8.6", "state_dict": wav_state(name)}
    kept |= {"optimizer_states": [optimizer], "lr_schedulers": [], "hyper_parameters": {"lr": 2e-4}}
    torch.save(kept, folder / "WavTokenizer_small_600_24k_4096.ckpt")
    return folder / "WavTokenizer_small_600_24k_4096.ckpt"


def load(path: Path, format_id: str) -> AdaptedTokenizer:
    """The app's tokenizer of a file or folder, which must be taken for that format before all others."""
    header = read_header(path)
    assert next(name for name in FORMATS if FORMATS.load(name).recognises(header)) == format_id
    format = FORMATS.load(format_id)
    return AdaptedTokenizer(fill(format, header), format.describe(header), "cpu")
