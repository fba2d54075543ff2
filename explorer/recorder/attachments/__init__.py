"""How the quantizers of each library are listened to; an attachment is a file here and a line below."""

from __future__ import annotations

from torch import nn

from explorer.recorder.attachments import gumbel, lattices, ours, tables, vector_quantize
from explorer.recorder.attachments.attachment import Attachment

ATTACHMENTS = (ours.attach, vector_quantize.attach, lattices.attach, tables.attach, gumbel.attach)

KNOWN = (
    "VectorQuantize, ResidualVQ, GroupedResidualVQ, FSQ, LFQ (and with it BSQ), SimVQ and the residual ones of these "
    "from vector-quantize-pytorch, the quantizers of explorer.quantizers, the VQ modules of transformers, and the "
    "Gumbel quantizers of wav2vec 2.0, fairseq and taming-transformers"
)


def attach(module: nn.Module) -> Attachment | None:
    """The attachment of a module that is a quantizer, None for any other."""
    return next((found for one in ATTACHMENTS if (found := one(module)) is not None), None)


def find(model: nn.Module) -> list[tuple[str, nn.Module, Attachment]]:
    """(name in the model, module, attachment) of each quantizer, the outermost of those that hold others."""
    found: list[tuple[str, nn.Module, Attachment]] = []
    inside: set[int] = set()
    for name, module in model.named_modules():
        if id(module) in inside:
            continue
        attachment = attach(module)
        if attachment is not None:
            found.append((name, module, attachment))
            inside |= {id(child) for child in module.modules()}
    return found
