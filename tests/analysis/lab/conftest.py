"""What the tests of the lab's diagnosis share."""

import numpy as np
import pytest

from tests.analysis.lab.made_frames import K


@pytest.fixture
def cloud():
    """Latents (200, 2) of spread about 1.4 and codes on the first K of them."""
    z = np.random.default_rng(0).normal(size=(200, 2))
    return z, z[:K].copy()
