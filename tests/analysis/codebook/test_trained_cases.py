"""Three small real trainings of the table in `trained_cases.py`: the rest is run by hand, since each takes seconds."""

import pytest

from tests.analysis.codebook.codebook_cases import judge

pytest.importorskip("vector_quantize_pytorch")
from tests.analysis.codebook.trained_cases import TRAINED, case_of  # after the library is known to be there


@pytest.mark.parametrize(
    "name", ["defaults, no expiry, three media", "k-means start with expiry", "cut after five steps"]
)
def test_a_trained_codebook_gets_what_is_known_of_it(name):
    case = case_of(TRAINED[name])
    verdict = judge(case)
    said = [(one.level, one.sure, one.title) for one in verdict.findings]
    assert verdict.good(case), (case.right, verdict.false, said)
