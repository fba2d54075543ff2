"""Pictures for the tests of training."""

import pytest
from tiny import structured


@pytest.fixture(scope="session")
def pictures():
    """Six of 64 x 64."""
    return structured(64, 6)
