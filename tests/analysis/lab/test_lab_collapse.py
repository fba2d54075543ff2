"""Token collapse and embedding collapse told apart, on made runs that have the one, the other, or none."""

import numpy as np
import pytest

from tests.analysis.lab.made_frames import frame, titles, told

D, MANY = 6, 32


@pytest.fixture
def latents():
    return np.random.default_rng(0).normal(size=(400, D))


def run_of(z, vectors, dead=0):
    indices = np.arange(len(z)) % (len(vectors) - dead)
    return told([frame(step, z, vectors, indices, dead) for step in (0, 200, 400)])


def test_codes_that_are_used_and_nearly_equal_are_an_embedding_collapse(latents):
    found = run_of(latents, 0.01 * latents[:MANY])
    (only,) = [one for one in found if "collapse" in one.title]
    assert only.title == "Embedding collapse: codes are used, but nearly equal" and only.level == "bad"
    chosen = 0.01 * latents[np.arange(400) % MANY]
    spread = np.sqrt(chosen.var(0).sum() / latents.var(0).sum())
    assert f"spread {spread:.0%} as far" in only.text and "no tokens have collapsed" in only.text
    assert "k-means" in only.advice


def test_codes_in_fewer_dimensions_than_their_latents_are_flat(latents):
    flat = 2 * latents[:MANY] * (np.arange(D) < 2)
    (only,) = [one for one in run_of(latents, flat) if "collapse" in one.title]
    assert only.title == "Embedding collapse: codes are used, but flat"
    values = np.linalg.eigvalsh(np.cov(flat, rowvar=False, bias=True))
    assert f"in {values.sum() ** 2 / np.square(values).sum():.1f} effective dimensions" in only.text


def test_few_codes_in_use_are_a_token_collapse_and_said_to_be_that(latents):
    found = run_of(latents, 2 * latents[:MANY], dead=24)
    assert "Embedding collapse" not in titles(found)
    (dead,) = [one for one in found if one.title == "24 of 32 codes dead"]
    assert "This is token collapse: few codes are used." in dead.text


def test_codes_on_their_latents_are_neither(latents):
    found = run_of(latents, latents[:MANY].copy())
    assert "collapse" not in " ".join(one.title + one.text for one in found)


def test_latents_of_two_dimensions_are_not_called_flat():
    z = np.random.default_rng(1).normal(size=(400, 2)) * [1, 0.05]
    assert "Embedding collapse" not in titles(run_of(z, z[:MANY] * [1, 0]))
