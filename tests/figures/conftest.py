"""What figures are drawn of: one made audit of every kind, a comparison, a run."""

from pathlib import Path

import pytest
from figure_subjects import comparison_of, learned_audit, made_run, signs_audit

from tests.analysis.opening.made_checkpoints import save_checkpoints


@pytest.fixture(scope="session")
def learned():
    """(audit of two levels, codebooks): learned vectors, 200 of whose codes were never taken."""
    return learned_audit()


@pytest.fixture(scope="session")
def sign_coded():
    """(audit, codebook) of 2^6 sign codes."""
    return signs_audit()


@pytest.fixture(scope="session")
def comparison():
    return comparison_of({"a.png": 0, "b.png": 1})


@pytest.fixture(scope="session")
def run():
    return made_run()


@pytest.fixture(scope="session")
def root():
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory):
    """Paths of the checkpoints of one run."""
    return save_checkpoints(tmp_path_factory.mktemp("checkpoints"))
