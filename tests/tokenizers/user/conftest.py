"""What the tests of tokenizers that a user brings share."""

import pytest

from explorer import tokenizers


@pytest.fixture
def brought():
    """Whatever a test brings is forgotten after it."""
    before = {spec.id for spec in tokenizers.brought_tokenizers()}
    yield
    for spec in tokenizers.brought_tokenizers():
        if spec.id not in before:
            tokenizers.forget(spec.id)
