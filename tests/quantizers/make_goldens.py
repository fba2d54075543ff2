"""Write goldens.npz: what vector-quantize-pytorch computes for small inputs, so that parity needs no such package.

Made with vector-quantize-pytorch 1.32.0, einops 0.8.2, einx 0.4.3 and torch 2.13.0 on a CPU. Run again with
`python -m tests.quantizers.make_goldens` after installing those; `test_parity.py` also compares live where it can.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

GOLDENS = Path(__file__).with_name("goldens.npz")
CODES, DIM, TOKENS = 12, 4, 40
FSQ_LEVELS, BITS, TEMPERATURE = (8, 5, 4), 5, 3.0


def inputs() -> dict[str, Tensor]:
    """Latents, codes and a cotangent from numpy's generator, whose stream does not change between releases."""
    rng = np.random.default_rng(7)
    arrays = {
        "z": rng.normal(size=(TOKENS, DIM)),
        "codes": rng.normal(size=(CODES, DIM)),
        "codes_2": rng.normal(size=(CODES, DIM)) * 0.5,
        "basis": rng.normal(size=(DIM, DIM)),
        "cotangent": rng.normal(size=(TOKENS, DIM)),
        "z_fsq": rng.normal(size=(TOKENS, len(FSQ_LEVELS))) * 2,
        "z_bits": rng.normal(size=(TOKENS, BITS)) * 0.4,
    }
    return {name: torch.tensor(array, dtype=torch.float32) for name, array in arrays.items()}


def reference() -> dict[str, np.ndarray]:
    """Everything compared, computed by vector-quantize-pytorch."""
    data = inputs()
    return {
        name: value.detach().numpy()
        for part in (_ema, _cosine, _residual, _rotation, _simvq, _lattices)
        for name, value in part(data).items()
    }


def _codebook(codes: Tensor, **options: object) -> torch.nn.Module:
    from vector_quantize_pytorch import VectorQuantize

    settings = {"decay": 0.8, "rotation_trick": False, "threshold_ema_dead_code": 0} | options
    module = VectorQuantize(DIM, codebook_size=len(codes), **settings)
    module._codebook.embed.data.copy_(codes[None])
    module._codebook.embed_avg.data.copy_(codes[None])
    return module


def _ema(data: dict[str, Tensor]) -> dict[str, Tensor]:
    """One training step with EMA, then the same with expiry of codes whose count fell below 1."""
    module = _codebook(data["codes"])
    _, indices, loss = module.train()(data["z"][None])
    book = module._codebook
    found = {
        "ema_indices": indices[0],
        "ema_loss": loss,
        "ema_codes": book.embed[0],
        "ema_sum": book.embed_avg[0],
        "ema_count": book.cluster_size[0],
    }
    torch.manual_seed(0)
    module = _codebook(data["codes"], threshold_ema_dead_code=1)
    module.train()(data["z"][None])
    book = module._codebook
    replaced = (book.embed[0] != found["ema_codes"]).any(-1)
    mean = book.embed_avg[0] / book.cluster_size[0][:, None]
    return found | {"expired": replaced, "expired_codes": book.embed[0][replaced], "expired_means": mean[replaced]}


def _cosine(data: dict[str, Tensor]) -> dict[str, Tensor]:
    normalized = torch.nn.functional.normalize(data["codes"], dim=-1)
    z_q, indices, _ = _codebook(normalized, use_cosine_sim=True).eval()(data["z"][None])
    return {"cosine_indices": indices[0], "cosine_z_q": z_q[0]}


def _residual(data: dict[str, Tensor]) -> dict[str, Tensor]:
    from vector_quantize_pytorch import ResidualVQ

    module = ResidualVQ(dim=DIM, num_quantizers=2, codebook_size=CODES, rotation_trick=False).eval()
    for layer, codes in zip(module.layers, (data["codes"], data["codes_2"]), strict=True):
        layer._codebook.embed.data.copy_(codes[None])
    z_q, indices, _ = module(data["z"][None])
    return {"rvq_indices": indices[0], "rvq_z_q": z_q[0]}


def _rotation(data: dict[str, Tensor]) -> dict[str, Tensor]:
    from vector_quantize_pytorch.vector_quantize_pytorch import rotate_to

    z = data["z"].clone().requires_grad_()
    z_q = rotate_to(z, data["codes"].repeat(4, 1)[:TOKENS])
    z_q.backward(data["cotangent"])
    return {"rotation_z_q": z_q, "rotation_gradient": z.grad}


def _simvq(data: dict[str, Tensor]) -> dict[str, Tensor]:
    from vector_quantize_pytorch import SimVQ

    module = SimVQ(dim=DIM, codebook_size=CODES, rotation_trick=False, channel_first=False)
    module.frozen_codebook.data.copy_(data["codes"])
    module.code_transform.weight.data.copy_(data["basis"])
    z_q, indices, loss = module(data["z"][None])
    return {"simvq_indices": indices[0], "simvq_z_q": z_q[0], "simvq_loss": loss}


def _lattices(data: dict[str, Tensor]) -> dict[str, Tensor]:
    from vector_quantize_pytorch import FSQ, LFQ

    z_q, indices = FSQ(list(FSQ_LEVELS))(data["z_fsq"][None])
    found = {"fsq_z_q": z_q[0], "fsq_indices": indices[0]}
    for name, spherical in (("lfq", False), ("bsq", True)):
        module = LFQ(dim=BITS, spherical=spherical).train()
        result, terms = module(data["z_bits"][None], inv_temperature=TEMPERATURE, return_loss_breakdown=True)
        found |= {f"{name}_z_q": result.quantized[0], f"{name}_indices": result.indices[0]}
        found |= {f"{name}_per_sample": terms.per_sample_entropy, f"{name}_of_mean": terms.batch_entropy}
    return found


if __name__ == "__main__":
    np.savez_compressed(GOLDENS, **reference())
    print(f"{GOLDENS}: {GOLDENS.stat().st_size} bytes")
