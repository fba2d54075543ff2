"""What tests of all quantizers are asked with: each of the registry, and each in other settings."""

from __future__ import annotations

import pytest

from explorer.quantizers import QUANTIZERS
from tests.quantizers.made_quantizers import OTHER_SETTINGS


@pytest.fixture(params=list(QUANTIZERS))
def name(request) -> str:
    return request.param


@pytest.fixture(params=[*QUANTIZERS, *OTHER_SETTINGS])
def setting(request) -> str:
    return request.param
