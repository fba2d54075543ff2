"""Repositories of a Hub with a format that is made, and files of pickles."""

import io

import made_format
import torch
from fake_hub import Repository
from safetensors.torch import save

CARD = {"license": "apache-2.0"}


def repository(card=CARD, tensors=None, **more):
    """A repository with config and weights; more: path with "__" for "." -> bytes."""
    files = {"config.json": b'{"model_type": "made"}', "model.safetensors": save(tensors or made_format.state())}
    return Repository(files | {name.replace("__", "."): data for name, data in more.items()}, card)


def pickled(tensors):
    buffer = io.BytesIO()
    torch.save({"state_dict": tensors}, buffer)
    return buffer.getvalue()


def fetched(asked):
    """Names of the files that were given whole."""
    return {one.path.rpartition("/")[2] for one in asked if one.method == "GET" and "/resolve/" in one.path}
