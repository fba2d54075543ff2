"""Small checkpoints, one a quantizer, so that no test depends on those that ship."""

import pytest
from small_zoo import small_model

from explorer.quantizers import QUANTIZERS
from explorer.tokenizers.native.checkpoint import save_checkpoint


@pytest.fixture(scope="session")
def small_checkpoints(tmp_path_factory):
    """A folder with one small checkpoint a quantizer. Read only: a test that breaks one makes its own."""
    root = tmp_path_factory.mktemp("checkpoints")
    for quantizer_id in QUANTIZERS:
        save_checkpoint(root / quantizer_id, *small_model(quantizer_id))
    return root


@pytest.fixture
def checkpoint(tmp_path):
    """A good small VQ checkpoint that a test may break: its folder."""
    model, config = small_model("vq")
    save_checkpoint(tmp_path / "vq", model, config)
    return tmp_path / "vq"
