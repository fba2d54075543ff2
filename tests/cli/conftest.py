"""A command line that has one tokenizer, and a picture for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer import tokenizers
from explorer.foundation.errors import UnknownIdError
from explorer.foundation.registry import unknown_id_message
from explorer.joints.tokenizer import Tokenizer
from tests.cli.grey_tokenizer import GREYS, PATCH, GreyTokenizer


@pytest.fixture
def grey(monkeypatch):
    """The only tokenizer there is; returns the devices that were asked for."""
    devices = []

    def load(tokenizer_id: str, device: str | None = None) -> Tokenizer:
        if tokenizer_id != "grey":
            raise UnknownIdError(unknown_id_message("tokenizer", tokenizer_id, ["grey"]))
        devices.append(device)
        return GreyTokenizer()

    monkeypatch.setattr(tokenizers, "load_tokenizer", load, raising=False)
    monkeypatch.setattr(tokenizers, "list_tokenizers", lambda: [GreyTokenizer.spec], raising=False)
    return devices


@pytest.fixture
def picture(tmp_path) -> Path:
    """A picture of 3 x 2 flat patches, on greys of the codebook, as PNG."""
    codes = np.array([[0, 5, 15], [3, 3, 9]])
    pixels = np.round(GREYS[codes, 0] * 255).astype(np.uint8).repeat(PATCH, axis=0).repeat(PATCH, axis=1)
    path = tmp_path / "picture.png"
    Image.fromarray(pixels).convert("RGB").save(path)
    return path
