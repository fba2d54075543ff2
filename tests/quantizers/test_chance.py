"""Chance: runs in threads draw from their own generators, to the bit; without one, torch's is drawn from as ever."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Barrier, Thread

import pytest
import torch
from torch.nn.functional import gumbel_softmax

from explorer.quantizers import chance
from explorer.quantizers.build import build_quantizer

RESEEDED = {"strategy": "random_latent", "threshold": 4.0, "every": 2}
RESERVOIR = {"strategy": "reservoir", "threshold": 4.0, "every": 2, "reservoir_size": 100}
SMALL = {"dim": 4, "codebook_size": 32}
RUNS = {
    "vq": SMALL | {"options": {"reseeding": RESEEDED}},
    "vq, online": SMALL | {"options": {"initialization": {"name": "online"}, "update": "gradient"}},
    "rvq": SMALL | {"num_quantizers": 2, "options": {"initialization": {"name": "kmeans"}, "reseeding": RESERVOIR}},
    "multihead": SMALL | {"num_quantizers": 2, "options": {"initialization": {"name": "error_driven"}}},
    "gumbel": SMALL,
    "simvq": SMALL,
    "kmeans": SMALL | {"fit_at": 3},
}
DRAWS = {
    "randperm": (lambda: chance.randperm(50), lambda: torch.randperm(50)),
    "randint": (lambda: chance.randint(9, (4, 5)), lambda: torch.randint(9, (4, 5))),
    "rand": (lambda: chance.rand(3, 7), lambda: torch.rand(3, 7)),
    "randn": (lambda: chance.randn(3, 7), lambda: torch.randn(3, 7)),
    "randn_like": (lambda: chance.randn_like(torch.ones(20)), lambda: torch.randn_like(torch.ones(20))),
}


def trained(run: str, seed: int, pause=lambda: None) -> dict[str, torch.Tensor]:
    """Build and train a quantizer for a few steps from `seed`; all that it ends with. `pause` is called each step."""
    with chance.built_with(seed):
        quantizer = build_quantizer(run.split(",")[0], RUNS[run]).train()
    parameters = [p for p in quantizer.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=1e-2) if parameters else None
    generator = torch.Generator().manual_seed(seed)
    data = torch.Generator().manual_seed(seed + 1)
    with chance.drawing_from(generator):
        for _ in range(12):
            pause()
            output = quantizer(torch.randn(64, 4, generator=data).requires_grad_())
            (output.loss + output.z_q.square().mean()).backward()
            if optimizer is not None:
                optimizer.step()
                optimizer.zero_grad()
    state = {name: value for name, value in quantizer.state_dict().items() if isinstance(value, torch.Tensor)}
    return state | {"z_q": output.z_q.detach(), "generator": generator.get_state()}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_two_runs_at_once_are_what_each_is_alone():
    pair = (("vq", 3), ("gumbel", 4))
    alone = [trained(*run) for run in pair]
    torch.manual_seed(99)
    before = torch.get_rng_state()
    together: dict[int, dict[str, torch.Tensor]] = {}
    barrier = Barrier(2, timeout=60)  # the threads take each step together, so their draws do mix

    def go(place: int) -> None:
        together[place] = trained(*pair[place], pause=barrier.wait)

    threads = [Thread(target=go, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert same(together[0], alone[0]) and same(together[1], alone[1])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("run", RUNS)
def test_the_seed_alone_decides_a_run(run):
    torch.manual_seed(0)
    first = trained(run, 5)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    assert same(trained(run, 5), first)
    assert torch.equal(torch.get_rng_state(), before)  # nothing was drawn from torch's generator
    assert not same(trained(run, 6), first)


@pytest.mark.parametrize("name", DRAWS)
def test_without_a_generator_torch_is_drawn_from(name):
    ours, torchs = DRAWS[name]
    torch.manual_seed(7)
    expected, after = torchs(), torch.get_rng_state()
    torch.manual_seed(7)
    assert torch.equal(ours(), expected)
    assert torch.equal(torch.get_rng_state(), after)
    with chance.drawing_from(torch.Generator().manual_seed(7)):  # the same stream, from a generator of its own
        assert torch.equal(ours(), expected)
    assert torch.equal(torch.get_rng_state(), after)


@pytest.mark.parametrize("hard", [True, False])
def test_gumbel_softmax_is_torchs(hard):
    logits = torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
    results = []
    for function in (gumbel_softmax, chance.gumbel_softmax):
        leaf = logits.clone().requires_grad_()
        torch.manual_seed(2)
        weights = function(leaf, 0.7, hard)
        (weights * torch.arange(6.0)).sum().backward()
        results.append((weights.detach(), leaf.grad))
    assert torch.equal(results[0][0], results[1][0]) and torch.equal(results[0][1], results[1][1])


def test_the_inner_generator_counts_and_the_outer_one_returns():
    outer, inner = torch.Generator(), torch.Generator()
    assert chance.generator_for("cpu") is None
    with chance.drawing_from(outer):
        with pytest.raises(KeyError), chance.drawing_from(inner):
            assert chance.generator_for("cpu") is inner
            assert chance.generator_for("cuda") is None  # of another device
            raise KeyError
        assert chance.generator_for(torch.device("cpu")) is outer
        with chance.drawing_from():
            assert chance.generator_for("cpu") is None
        seen = []
        thread = Thread(target=lambda: seen.append(chance.generator_for("cpu")))
        thread.start()
        thread.join()
        assert seen == [None]  # another thread has its own
    assert chance.generator_for("cpu") is None


def test_built_with_a_seed_is_built_after_manual_seed():
    torch.manual_seed(11)
    expected = build_quantizer("multihead", RUNS["multihead"]).state_dict()
    torch.manual_seed(12)
    before = torch.get_rng_state()
    with chance.drawing_from(torch.Generator().manual_seed(1)), chance.built_with(11):
        found = build_quantizer("multihead", RUNS["multihead"]).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(found[name], expected[name]) for name in ("views.0.weight", "levels.1.vectors"))


def test_no_quantizer_draws_by_itself():
    drawing = r"torch\.(rand\w*|normal|bernoulli|multinomial|poisson)\(|\.(normal|uniform|exponential|random)_\("
    folder = Path(chance.__file__).parent
    found = {path.name for path in folder.rglob("*.py") if re.search(drawing, path.read_text("utf-8"))}
    assert found == {"chance.py"}
    gumbel = (folder / "gumbel.py").read_text("utf-8")
    assert "import gumbel_softmax" not in gumbel and "chance.gumbel_softmax" in gumbel
