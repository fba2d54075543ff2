"""A visit of the Inspect page with a made codec, and the figures it sends."""

import json

from made_codecs import made

from explorer.media.samples import samples_of
from explorer.pages.shared.session import Visit


def visit_of(name, **changes):
    modality = made(name).spec.modality
    sample = next(iter(samples_of(modality)))
    return Visit(tokenizer=f"made-{name}", picture=sample, modality=modality, **changes)


def figures_of(value):
    return {one["id"]: one["value"] for one in json.loads(value)["figures"]}
