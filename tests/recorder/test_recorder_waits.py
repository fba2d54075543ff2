"""Between records nothing waits for the device: no operation is asked for a value, or has a shape that depends on
one."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from explorer.quantizers import QUANTIZERS
from explorer.recorder import Recorder
from tests.recorder.made_training import VALUES, batch

WAITS = (
    *(
        "_local_scalar_dense",
        "item",
        "nonzero",
        "masked_select",
        "_unique",
        "unique",
        "bincount",
        "is_nonzero",
        "equal",
    ),
    *("_to_cpu", "repeat_interleave", "index.Tensor_bool", "argwhere", "histc", "_is_all_true", "_is_any_true"),
)


class Asked(TorchDispatchMode):
    """The operations that would wait for a GPU."""

    def __init__(self):
        super().__init__()
        self.found, self.all = [], 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.name().split("::")[-1].split(".")[0]
        self.all += 1
        masks = (
            [one for one in args[1] or () if one is not None] if name in ("index", "index_put_", "index_put") else []
        )
        if name.startswith(WAITS) or any(mask.dtype == torch.bool for mask in masks):
            self.found.append(name)
        return function(*args, **(kwargs or {}))


def asked_in(recorder, model, first, last):
    """What is asked for in steps `first` to `last`, of which none has a record."""
    with Asked() as asked:
        for number in range(first, last + 1):
            step(model, number)
            recorder.step()
    return asked


def step(model, number):
    decoded, own = model(batch(number))
    (decoded.square().mean() + own).backward()


class Still(torch.nn.Module):
    """A quantizer that itself asks for nothing, so that what is found is the recorder's."""

    def __init__(self, quantizer):
        super().__init__()
        self.encoder, self.quantizer = torch.nn.Linear(VALUES, 8), quantizer

    def forward(self, x):
        output = self.quantizer(self.encoder(x))
        quantized, _, *loss = output if isinstance(output, tuple) else (output.z_q, None, output.loss)
        return quantized, loss[0].sum() if loss else torch.zeros(())


@pytest.mark.parametrize("name", ["FSQ", "SimVQ", "VectorQuantize", "ResidualVQ", "LFQ", "fsq"])
def test_nothing_waits_between_records(name, tmp_path):
    library = pytest.importorskip("vector_quantize_pytorch")
    made = {
        "FSQ": lambda: library.FSQ(levels=[5, 3], dim=8),
        "LFQ": lambda: library.LFQ(dim=8, codebook_size=16),
        "SimVQ": lambda: library.SimVQ(dim=8, codebook_size=32),
        "VectorQuantize": lambda: library.VectorQuantize(8, 32, threshold_ema_dead_code=0),
        "ResidualVQ": lambda: library.ResidualVQ(dim=8, codebook_size=32, num_quantizers=2, threshold_ema_dead_code=0),
        "fsq": lambda: QUANTIZERS.load("fsq")((5, 3, 3, 2, 2, 2, 2, 2)),
    }
    torch.manual_seed(0)
    model, alone = Still(made[name]()), Still(made[name]())
    with Asked() as without:
        for number in range(21, 60):
            step(alone, number)
    with Recorder(tmp_path / "run", every=100).watch(model) as recorder:
        for number in range(1, 21):
            step(model, number)
            recorder.step()
        found = asked_in(recorder, model, 21, 59)
    extra = sorted(found.found)
    for one in without.found:  # what the quantizer itself asks for
        if one in extra:
            extra.remove(one)
    assert extra == [] and found.all > without.all + 39 * 3  # it did count meanwhile


def test_what_waits_is_found():
    with Asked() as asked:
        x = torch.arange(5)
        int(x.sum()), x[x > 2], torch.nonzero(x), torch.bincount(x)
    assert asked.found == ["_local_scalar_dense", "index", "nonzero", "bincount"]
