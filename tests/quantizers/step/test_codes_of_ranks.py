"""Two processes that each train on a half of every batch, against one that trains on the whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from explorer.foundation.errors import SettingsError
from explorer.quantizers.step.ranks import check_share
from tests.quantizers.step.rank_cases import BATCH, CASES, train

WORLD = 2
# What one process on the whole batch does otherwise, though no rank does so alone: its losses are no means over
# latents, so that the mean of two halves is another number, or each latent has noise of its own.
LOSSES_OF_A_BATCH = ("lfq", "bsq", "ibq", "vq, regularized")
NOISE_OF_A_LATENT = ("gumbel", "nsvq", "diveq", "cvq, probrandom")


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    """What each rank has in the end, of every case."""
    folder, root = tmp_path_factory.mktemp("ranks"), Path(__file__).parents[3]
    command = [sys.executable, "-m", "tests.quantizers.step.rank_cases"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    running = [
        subprocess.Popen([*command, str(rank), str(WORLD), str(folder)], cwd=root, env=environment)
        for rank in range(WORLD)
    ]
    assert [one.wait(timeout=300) for one in running] == [0] * WORLD
    return [torch.load(folder / f"rank_{rank}.pt") for rank in range(WORLD)]


@pytest.mark.parametrize("name", CASES)
def test_ranks_are_equal_to_the_bit_and_to_one_process(name, ranks):
    first, second = (found[name] for found in ranks)
    assert first["state"].keys() == second["state"].keys()
    for key, value in first["state"].items():
        assert torch.equal(value, second["state"][key]), key
    assert first["events"] == second["events"]
    if name in LOSSES_OF_A_BATCH + NOISE_OF_A_LATENT or name.startswith("uneven"):
        return  # uneven parts leave places without a latent, so chance falls on others than in one process
    alone = train(name)
    assert torch.equal(torch.cat([first["tokens"], second["tokens"]]), alone["tokens"])
    assert first["events"] == alone["events"]
    for key, value in alone["state"].items():
        loose = 20 if name.startswith("additive") else 1  # whose codes solve equations, some of them hardly posed
        torch.testing.assert_close(first["state"][key], value, rtol=loose * 2e-4, atol=loose * 2e-5)


def test_reseeds_were_among_them(ranks):
    """So that the equality above is about something: dead codes got latents of both halves."""
    for name in ("vq, random_latent", "vq, hard_example", "lost latents, random_latent", "uneven, random_latent"):
        sources = {source >= BATCH // WORLD for *_, source in ranks[0][name]["events"]}
        assert sources == {False, True}, name
    assert all(ranks[0][name]["events"] for name in CASES if name.rpartition(", ")[2] in ("split", "reservoir"))


def test_a_share_that_does_not_fit_is_refused_in_words():
    check_share(5, 8)
    for latents in (0, 9):
        with pytest.raises(SettingsError, match=rf"rank 0 was given {latents} latents, .* 1 to 8 each"):
            check_share(latents, 8)
