"""Runs compute on one thread, as in the process that each has of its own: with more, sums are rounded otherwise."""

import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
