"""The tokenizers of pictures that ship, and their records."""

import pytest

from explorer.media.pictures.image import fit
from explorer.media.samples import SAMPLES
from explorer.tokenizers import list_tokenizers, load_tokenizer


@pytest.fixture(scope="module")
def tokenizers():
    specs = [spec for spec in list_tokenizers() if spec.modality == "image"]
    assert specs, "checkpoints/ ships no tokenizer of pictures"
    return specs


@pytest.fixture(scope="module")
def record_of():
    def make(tokenizer_id, sample="astronaut", side_px=256):
        tokenizer = load_tokenizer(tokenizer_id, device="cpu")
        return tokenizer.tokenize(fit(SAMPLES[sample].load(), tokenizer.spec.downsampling, side_px).pixels)

    return make
