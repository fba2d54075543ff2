"""What every quantizer of the registry promises, whatever its method."""

from __future__ import annotations

import copy
import importlib
import inspect
import io
import pickle
from pathlib import Path

import pytest
import torch

import explorer.quantizers as package
from explorer.foundation.errors import SettingsError
from explorer.quantizers import QUANTIZERS
from explorer.quantizers.base import Quantizer, QuantizerOutput
from tests.quantizers.made_quantizers import (
    SETTINGS,
    SIZED,
    build,
    latents,
    newly_trained,
    trained,
)


def test_every_quantizer_is_registered():
    registered = {path.partition(":")[2] for path in QUANTIZERS.entries.values()}
    defined = set()
    root = Path(package.__file__).parent
    for file in root.rglob("*.py"):
        dotted = ".".join(file.relative_to(root).with_suffix("").parts)
        module = importlib.import_module(f"explorer.quantizers.{dotted}")
        for label, value in vars(module).items():
            own = inspect.isclass(value) and issubclass(value, Quantizer) and value.__module__ == module.__name__
            if own and not inspect.isabstract(value):
                defined.add(label)
    bases = {"LatticeQuantizer", "SignQuantizer"}
    assert defined - bases == registered
    assert set(SETTINGS) == set(QUANTIZERS)


@pytest.mark.parametrize("leading", [(), (7,), (2, 3), (2, 3, 4)])
@pytest.mark.parametrize("training", [False, True])
def test_any_leading_shape_gives_all_fields(name, leading, training):
    quantizer = trained(name).train(training)
    z = latents(quantizer.dim, max(1, torch.Size(leading).numel())).view(*leading, quantizer.dim)
    output = quantizer(z)
    assert isinstance(output, QuantizerOutput)
    assert output.z_q.shape == z.shape and output.z_q.dtype == torch.float32
    assert output.indices.shape == (*leading, quantizer.num_quantizers) and output.indices.dtype == torch.int64
    assert output.indices.min() >= 0 and output.indices.max() < quantizer.codebook_size
    assert output.loss.shape == () and torch.isfinite(output.loss)
    torch.testing.assert_close(output.loss, sum(output.loss_terms.values(), torch.tensor(0.0)))
    assert len(output.stages) == quantizer.num_quantizers
    for level, (stage, book) in enumerate(zip(output.stages, quantizer.codebooks(), strict=True)):
        assert stage.z_e.shape == stage.z_q.shape == (*leading, book.codebook_dim)
        assert torch.equal(stage.indices, output.indices[..., level])
        assert not stage.z_e.requires_grad and not stage.z_q.requires_grad


def test_lookup_inverts_the_indices(setting):
    quantizer = trained(setting).eval()
    output = quantizer(latents(quantizer.dim, 60).view(3, 20, -1))
    assert torch.equal(quantizer.lookup(output.indices), output.z_q)
    for stage, vector in zip(output.stages, quantizer.level_vectors(output.indices), strict=True):
        assert torch.equal(stage.z_q, vector)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e3, 1e6])
def test_evaluation_returns_exactly_the_code(setting, size):
    """z + (q - z) is 3% off at |z| = 10^6."""
    quantizer = trained(setting).eval()
    z = (latents(quantizer.dim, 60) * size).requires_grad_()
    output = quantizer(z)
    assert torch.equal(output.z_q, quantizer.lookup(output.indices))
    output.z_q.sum().backward()
    assert torch.isfinite(z.grad).all()


def test_lookup_refuses_what_is_no_code(name):
    quantizer = build(name)
    levels = quantizer.num_quantizers
    with pytest.raises(SettingsError, match="levels"):
        quantizer.lookup(torch.zeros(4, levels + 1, dtype=torch.long))
    for wrong in (-1, quantizer.codebook_size):
        indices = torch.zeros(4, levels, dtype=torch.long)
        indices[2, -1] = wrong
        with pytest.raises(SettingsError, match=rf"outside 0\.\.{quantizer.codebook_size - 1}"):
            quantizer.lookup(indices)
    with pytest.raises(SettingsError, match="integers"):
        quantizer.lookup(torch.zeros(4, levels))
    assert quantizer.lookup(torch.zeros(0, levels, dtype=torch.int32)).shape == (0, quantizer.dim)


@pytest.mark.parametrize("shape", [(0,), (3, 0)])
@pytest.mark.parametrize("training", [False, True])
def test_an_empty_batch_gives_empty_fields_and_changes_nothing(setting, shape, training):
    quantizer = trained(setting).train(training)
    before = copy.deepcopy(quantizer.state_dict())
    z = torch.zeros(*shape, quantizer.dim, requires_grad=True)
    output = quantizer(z)
    assert output.z_q.shape == z.shape and output.indices.shape == (*shape, quantizer.num_quantizers)
    assert output.loss.item() == 0.0
    (output.z_q.sum() + output.loss).backward()
    for key, value in quantizer.state_dict().items():
        assert torch.equal(value, before[key]), key


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_every_float_type_is_taken(setting, dtype):
    quantizer = trained(setting).eval()
    z = latents(quantizer.dim, 60).to(dtype).requires_grad_()
    output = quantizer(z)
    assert output.z_q.dtype == torch.float32
    assert torch.equal(output.indices, quantizer(z.float()).indices)
    output.z_q.sum().backward()
    assert z.grad.dtype == dtype
    assert torch.isfinite(quantizer.train()(z).loss)


@pytest.mark.parametrize("way", ["pickle", "copy", "torch.save"])
def test_a_module_is_copied_whole(setting, way):
    quantizer = newly_trained(setting)  # no copy itself
    z = latents(quantizer.dim, 100)
    if way == "pickle":
        other = pickle.loads(pickle.dumps(quantizer))
    elif way == "copy":
        other = copy.deepcopy(quantizer)
    else:
        file = io.BytesIO()
        torch.save(quantizer, file)
        file.seek(0)
        other = torch.load(file, weights_only=False)
    assert torch.equal(other.eval()(z).z_q, quantizer.eval()(z).z_q)
    other.load_state_dict(trained(setting, steps=5).state_dict())  # its hooks came along
    assert torch.equal(other(z).indices, trained(setting, steps=5).eval()(z).indices)


class Pair(torch.nn.Module):
    """What a graph can return: z_q and indices."""

    def __init__(self, quantizer: Quantizer) -> None:
        super().__init__()
        self.quantizer = quantizer

    def forward(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        output = self.quantizer(z)
        return output.z_q, output.indices


def _move_codes(quantizer: Quantizer) -> bool:
    """Change all that training may change but counts. Whether there was anything."""
    moved = [tensor for key, tensor in quantizer.state_dict().items() if _is_learnt(key, tensor)]
    for tensor in moved:
        tensor.copy_((tensor.flip(0) if tensor.ndim else tensor) * 1.1)
    return bool(moved)


def _is_learnt(key: str, value: object) -> bool:
    return "ema_" not in key and isinstance(value, torch.Tensor) and value.is_floating_point()


@pytest.mark.parametrize("name", [*SETTINGS, "rvq, beam 4", "multihead, sum", "vq, cosine"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
def test_a_traced_module_searches_the_codes_that_it_has_then(name):
    quantizer = trained(name).eval()
    traced = torch.jit.trace(Pair(quantizer), latents(quantizer.dim, 20))
    file = io.BytesIO()
    torch.jit.save(traced, file)
    file.seek(0)
    loaded = torch.jit.load(file)
    for count in (0, 3, 2000):  # more than one tile
        z = latents(quantizer.dim, count, seed=7)
        expected = quantizer(z)
        for graph in (traced, loaded):
            assert torch.equal(graph(z)[0], expected.z_q) and torch.equal(graph(z)[1], expected.indices)
    before = quantizer(z).z_q.detach().clone()
    with torch.no_grad():
        moved = _move_codes(quantizer)
    assert torch.equal(traced(z)[0], quantizer(z).z_q) and torch.equal(traced(z)[1], quantizer(z).indices)
    assert moved or name not in SIZED
    if moved:
        assert not torch.equal(quantizer(z).z_q, before)  # so that this would see baked codes


@pytest.mark.parametrize(
    "name", [n if n in ("vq", "fsq") else pytest.param(n, marks=pytest.mark.slow) for n in SETTINGS]
)
def test_one_graph_is_compiled(name):
    quantizer = trained(name).eval()
    torch._dynamo.reset()
    z = latents(quantizer.dim, 2000, seed=7)
    z_q, indices = torch.compile(Pair(quantizer), backend="eager", fullgraph=True)(z)
    assert torch.equal(indices, quantizer(z).indices) and torch.equal(z_q, quantizer(z).z_q)


def test_codebooks_list_the_codes_and_their_counts(name):
    quantizer = trained(name)
    books = quantizer.codebooks()
    assert len(books) == quantizer.num_quantizers
    for book in books:
        assert book.codebook_size == quantizer.codebook_size
        assert book.counts.shape == (book.codebook_size,)
        # decay 0.99 from one a code: K 0.99^3 + 256 (1 - 0.99^3) in all after three steps of 256 latents
        kept, begun = 0.99**3, quantizer.first_codes if quantizer.waits else book.codebook_size
        assert book.counts.sum() == pytest.approx(begun * kept + 256 * (1 - kept), rel=1e-4)


def test_codes_are_the_nearest_in_float64(name):
    quantizer = trained(name).eval()
    output = quantizer(latents(quantizer.dim, 300))
    for stage, book in zip(output.stages, quantizer.codebooks(), strict=True):
        rows = torch.tensor(book.rows(torch.arange(book.codebook_size).numpy())).double()
        distance = (stage.z_e.double()[:, None] - rows).square().sum(-1)  # (N, K)
        chosen = distance.gather(1, stage.indices[:, None])[:, 0]
        assert (chosen <= distance.min(1).values + 1e-5).all()


def test_gradient_reaches_the_latents(name):
    quantizer = trained(name).train()
    z = latents(quantizer.dim).requires_grad_()
    quantizer(z).z_q.square().sum().backward()
    assert torch.isfinite(z.grad).all()
    assert (z.grad.abs().sum(-1) > 0).float().mean() > 0.9


def test_training_lowers_the_reconstruction_error(name):
    quantizer = build(name)
    dim = quantizer.dim
    torch.manual_seed(0)
    encoder, decoder = torch.nn.Linear(dim, dim), torch.nn.Linear(dim, dim)
    parameters = [p for m in (encoder, decoder, quantizer) for p in m.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=1e-2)
    data = latents(dim, 512)

    def error() -> float:
        quantizer.eval()
        with torch.no_grad():
            value = (decoder(quantizer(encoder(data)).z_q) - data).square().mean().item()
        quantizer.train()
        return value

    start = error()
    for _ in range(120):
        output = quantizer(encoder(data))
        loss = (decoder(output.z_q) - data).square().mean() + output.loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert error() < 0.7 * start


def test_state_dict_round_trip(name):
    quantizer = trained(name)
    state = copy.deepcopy(quantizer.state_dict())
    torch.manual_seed(99)
    other = QUANTIZERS.load(name)(**SETTINGS[name])
    other.load_state_dict(state)
    z = latents(quantizer.dim, 100)
    assert torch.equal(quantizer.eval()(z).z_q, other.eval()(z).z_q)
    assert [m.step for m in other.modules() if hasattr(m, "ema_count")] == [3] * len(
        [m for m in quantizer.modules() if hasattr(m, "ema_count")]
    )
    torch.manual_seed(3)
    first = quantizer.train()(z)
    torch.manual_seed(3)
    assert torch.equal(first.z_q, other.train()(z).z_q)
    for key, value in quantizer.state_dict().items():
        assert torch.equal(value, other.state_dict()[key]), key


def test_bfloat16_autocast(name):
    quantizer = trained(name).train()
    z = latents(quantizer.dim).bfloat16().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        output = quantizer(z)
    assert output.loss.dtype == torch.float32 and torch.isfinite(output.loss)
    assert all(stage.z_e.dtype == torch.float32 for stage in output.stages)
    (output.z_q.float().sum() + output.loss).backward()
    assert z.grad.dtype == torch.bfloat16 and torch.isfinite(z.grad).all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_cuda(name):
    quantizer = trained(name)
    z = latents(quantizer.dim, 100)
    expected = quantizer.eval()(z)
    moved = quantizer.to("cuda").eval()(z.cuda())
    assert (moved.indices.cpu() == expected.indices).float().mean() > 0.98
    assert torch.isfinite(quantizer.train()(z.cuda()).loss)
