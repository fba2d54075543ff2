"""What a refused checkpoint is: one line of plain words, soon."""

import time

import pytest
import torch

from explorer.foundation.errors import CheckpointError
from explorer.loading.reading import read_header

BIG = torch.arange(60.0).reshape(5, 12)


def refused(path, *words):
    """The file is refused in one line of plain words, and quickly."""
    began = time.monotonic()
    with pytest.raises(CheckpointError) as caught:
        read_header(path)
    message = str(caught.value)
    assert "\n" not in message and "Traceback" not in message and len(message) < 800
    assert time.monotonic() - began < 20
    for word in words:
        assert word in message, message
    return message
