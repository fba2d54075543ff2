"""The real files, where there is a network: published against measured usage and quality on the app's own samples.

`pytest --run-external -s tests/loading/test_public_files.py` prints a line a tokenizer. The samples are few and not the
data of the papers, so the figures stand beside each other and only what would be absurd fails.
"""

import made_format
import numpy as np
import pytest
import torch

from explorer import tokenizers
from explorer.foundation.config import settings
from explorer.foundation.errors import CheckpointError
from explorer.joints.measures.usage import usage
from explorer.loading.planning import load, plan, plan_file
from explorer.media.medium import tokenized
from explorer.media.quality.metrics import psnr
from explorer.media.samples import samples_of
from explorer.public.catalogue import known_tokenizers
from explorer.tokenizers.memory import check_room

SIDE_PX = 256
LEAST_DB = {"image": 12.0, "audio": -5.0, "video": 12.0}  # random weights give some 5 dB of pictures


def measured(tokenizer):
    """{psnr_db or snr_db, used, ceiling, tokens} of the first level's codes over the samples of its modality."""
    modality, indices, quality = tokenizer.spec.modality, [], []
    for sample in samples_of(modality).values():
        record = tokenized(sample.load(), tokenizer, SIDE_PX)
        indices.append(record.levels[0].indices.ravel())
        if not tokenizer.spec.decodes:
            continue
        if modality == "audio":
            error = ((record.media - record.reconstruction) ** 2).mean() + 1e-12
            quality.append(10 * np.log10((record.media**2).mean() / error + 1e-12))
        else:
            quality.append(psnr(record.media.reshape(-1, *record.media.shape[-2:]),
                                record.reconstruction.reshape(-1, *record.media.shape[-2:])))  # fmt: skip
    counted = usage(np.concatenate(indices), tokenizer.codebooks()[0].codebook_size)
    name = "snr_db" if modality == "audio" else "psnr_db"
    return {"used": counted.used, "ceiling": counted.ceiling, "tokens": counted.tokens} | (
        {name: float(np.mean(quality))} if quality else {}
    )


def line(one, found):
    """Published and measured figures of one tokenizer."""
    published = ", ".join(f"{name} {value:g}" for name, value in one.published.items()) or "not stated"
    where = f" ({one.published_on})" if one.published_on else ""
    said = ", ".join(f"{name} {value:.2f}" for name, value in found.items() if name.endswith("_db")) or "no decoder"
    used = f"{found['used']:,} of {found['ceiling']:,} codes over {found['tokens']:,} tokens"
    return f"{one.id}: published {published}{where}; measured {said}, {used}"


def test_what_is_measured_is_right(made, set_settings, tmp_path):
    """By hand for the made format: one picture, patches and matrix products alone."""
    set_settings()
    torch.save(made_format.state(), tmp_path / "x.pt")
    spec = load(plan_file(tmp_path / "x.pt"), "cpu")
    tokenizer, quality, codes = tokenizers.load_tokenizer(spec.id, "cpu"), [], []
    for sample in samples_of("image").values():
        pixels = tokenized(sample.load(), tokenizer, SIDE_PX).media
        indices, decoded = made_format.answer(made_format.state(), pixels)
        quality.append(10 * np.log10(1 / ((pixels - decoded) ** 2).mean()))
        codes.append(indices.ravel())
    found = measured(tokenizer)
    assert found["psnr_db"] == pytest.approx(np.mean(quality), abs=1e-3)
    codes = np.concatenate(codes)
    assert (found["used"], found["ceiling"], found["tokens"]) == (len(np.unique(codes)), 16, len(codes))
    known = next(one for one in known_tokenizers() if one.id == "open-magvit2-256")
    assert line(known, found).startswith(
        "open-magvit2-256: published psnr_db 21.9, usage 1 (ImageNet validation, 256 px)"
    )


@pytest.mark.external
@pytest.mark.parametrize("one", [one for one in known_tokenizers() if one.on_the_hub], ids=lambda one: one.id)
def test_the_real_file_is_what_is_published(one, capsys):
    found = plan(f"hub:{one.source}")
    try:
        check_room(one.title, found.memory_bytes or 0, settings().limits)
    except CheckpointError as error:
        pytest.skip(str(error))
    spec = load(found)
    try:
        assert spec.modality == one.modality
        if one.parameters:
            assert spec.parameters == pytest.approx(one.parameters, rel=0.02)
        figures = measured(tokenizers.load_tokenizer(spec.id))
    finally:
        tokenizers.forget(spec.id)
    with capsys.disabled():
        print(f"\n{line(one, figures)}; licence: {found.licence}")
    assert figures["used"] > 1
    for name, value in figures.items():
        assert not name.endswith("_db") or value > LEAST_DB[one.modality]
