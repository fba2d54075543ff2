"""Which moving average the counts of a checkpoint are: without it nobody can say what "used in training" means."""

import pytest
import torch
from vector_quantize_pytorch import VectorQuantize

from explorer.foundation.config import settings
from explorer.joints.measures.usage import training_usage
from explorer.public.sound.layers import AverageCodebook
from explorer.public.transformers.building import table_of
from explorer.tokenizers import load_tokenizer
from explorer.tokenizers.native.specs import read_config
from explorer.tokenizers.user.vqpytorch_steps import TableStep
from tests.shipped import shipped_ids


@pytest.mark.parametrize("tokenizer_id", shipped_ids("image", "audio", "video"))
def test_every_tokenizer_of_the_zoo_says_its_decay(tokenizer_id):
    """A hundred steps' tokens, as many as a batch has of them."""
    config = read_config(settings().checkpoints / tokenizer_id)
    training = read_config(settings().checkpoints / config.get("shares", tokenizer_id))["training"]  # who counted
    tokenizer = load_tokenizer(tokenizer_id)
    extent = {
        "image": lambda: (training["crop_px"],) * 2,
        "audio": lambda: (training["samples"],),
        "video": lambda: (training["frames"], training["crop_px"], training["crop_px"]),
    }[tokenizer.spec.modality]()
    for book, layout in zip(tokenizer.codebooks(), tokenizer.layouts(extent), strict=True):
        tokens = 100 * training["batch"] * layout.num_tokens
        assert book.counts is not None and book.counts_decay == 0.99
        known = training_usage(book)
        assert 0.1 < known.used.mean() <= 1 or book.codebook_size > tokens / 10
        # A code that is reseeded is given an average count, which the next hundred steps take back.
        assert known.tokens.sum() == pytest.approx(tokens, rel=0.05)


def test_codebooks_of_others_say_theirs():
    book = AverageCodebook(8, 2)
    book.cluster_size += torch.arange(8)
    assert book.described().counts_decay == 0.99
    assert table_of(torch.zeros(8, 2), torch.arange(8.0)).counts_decay == 0.99
    quantizer = VectorQuantize(dim=2, codebook_size=8, decay=0.7)
    quantizer(torch.randn(1, 64, 2))
    found = TableStep(quantizer).codebook()
    assert found.counts_decay == 0.7 and "decay 0.7" in training_usage(found).words
