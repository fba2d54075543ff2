"""Two audits of one codebook against scipy's Jensen-Shannon distance and counts by hand."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from explorer.analysis.codebook.difference import difference, fits_beside
from explorer.audit.indices.run import audit_indices
from explorer.foundation.errors import RecordError


def audit_of(folder, name, indices, size=64):
    np.save(folder / f"{name}.npy", indices)
    return audit_indices(folder / f"{name}.npy", size)


def test_the_difference_and_the_codes_that_make_it(tmp_path):
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 48, (100, 50)), rng.integers(16, 64, (70, 50))
    found = difference(audit_of(tmp_path, "a", first), audit_of(tmp_path, "b", second), 0)
    p, q = (np.bincount(x.reshape(-1), minlength=64) / x.size for x in (first, second))
    assert found.js_bits == pytest.approx(jensenshannon(p, q, base=2) ** 2)
    assert (found.only_first, found.only_second) == (16, 16)
    assert set(found.codes[:24]) <= set(range(16)) | set(range(48, 64)), "codes of both audits differ least"
    assert np.all(np.diff(found.bits) <= 0) and found.bits.sum() < found.js_bits
    np.testing.assert_allclose(found.shares, np.stack([p, q])[:, found.codes].T)
    assert "16 codes have 5 tokens or more in the first and none among the 3,500 of the second" in found.words


def test_two_draws_of_one_codebook_are_not_told_apart(tmp_path):
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 64, (2, 100, 50))
    found = difference(audit_of(tmp_path, "a", first), audit_of(tmp_path, "b", second), 0)
    assert found.js_bits < 2 * found.js_chance and "no difference can be told" in found.words
    assert (found.only_first, found.only_second) == (0, 0)


def test_audits_of_other_codebooks_are_refused(tmp_path):
    first = audit_of(tmp_path, "a", np.zeros((3, 5), int))
    second = audit_of(tmp_path, "b", np.zeros((3, 5), int), size=32)
    assert not fits_beside(first, second)
    with pytest.raises(RecordError, match="of other codebooks: 64 codes, and 32"):
        difference(first, second, 0)
