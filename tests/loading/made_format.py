"""A format for tests: one convolution to 4 x 4 patches, a table of codes, one convolution back. Small and whole."""

import torch
from torch import nn

from explorer.foundation.errors import CheckpointError
from explorer.joints.record import Codebook
from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.format import Format
from explorer.tokenizers.codec import Codec, CodecLevel, flat, lookup, nearest

PATCH = 4


class MadeCodec(Codec):
    """Patches -> nearest rows -> patches."""

    def __init__(self, codes, dim):
        super().__init__()
        self.encoder = nn.Conv2d(3, dim, PATCH, PATCH)
        self.codes = nn.Embedding(codes, dim)
        self.decoder = nn.ConvTranspose2d(dim, 3, PATCH, PATCH)

    def latents(self, media):
        return self.encoder(media)

    def quantize(self, latents):
        z_e = flat(latents)
        indices = nearest(z_e, self.codes.weight)
        return [CodecLevel(indices.reshape(-1, *latents.shape[2:]), z_e, self.codes(indices))]

    def embed(self, level, indices, kept=None):
        return lookup(self.codes.weight, indices, kept)

    def decode(self, embedded):
        return self.decoder(embedded[0])

    def codebooks(self):
        return (Codebook(*self.codes.weight.shape, "euclidean", self.codes.weight.numpy()),)


class MadeFormat(Format):
    """Recognised by its table."""

    id, title, modality = "made", "Made format", "image"

    def recognises(self, header):
        return "codes.weight" in header.tensors

    def describe(self, header):
        shape = header.shape("codes.weight")
        if len(shape) != 2:
            raise CheckpointError(f"codes.weight has shape {shape}; (codes, dimensions) was expected.")
        count = sum(info.count for key, info in header.tensors.items() if self.rename(key))
        return TokenizerSpec("", "", "For tests.", "image", "vq", *shape, 1, "single", PATCH, count, "")

    def build(self, header):
        return MadeCodec(*header.shape("codes.weight"))

    def rename(self, key):
        return None if key.startswith("loss.") else key


MADE = MadeFormat()


def state(codes=16, dim=5, seed=0):
    """A state dict of the format, random by seed."""
    torch.manual_seed(seed)
    return {key: value.clone() for key, value in MadeCodec(codes, dim).state_dict().items()}


def answer(tensors, pixels):
    """(indices, pixels) by hand, from patches and matrix products alone."""
    height, width = pixels.shape[0] // PATCH, pixels.shape[1] // PATCH
    patches = torch.from_numpy(pixels).reshape(height, PATCH, width, PATCH, 3).permute(0, 2, 4, 1, 3).reshape(-1, 48)
    z_e = patches @ tensors["encoder.weight"].float().reshape(-1, 48).T + tensors["encoder.bias"].float()
    table = tensors["codes.weight"].float()
    indices = (z_e[:, None] - table).square().sum(-1).argmin(1)
    out = table[indices] @ tensors["decoder.weight"].float().reshape(len(table[0]), -1)
    out = out.reshape(height, width, 3, PATCH, PATCH) + tensors["decoder.bias"].float()[:, None, None]
    decoded = out.permute(0, 3, 1, 4, 2).reshape(pixels.shape).clamp(0, 1)
    return indices.reshape(height, width).numpy(), decoded.numpy()
