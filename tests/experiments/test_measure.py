"""What experiments measure, against sums in float64 by hand; and that a training without a quantizer has none."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.experiments import measure as measures
from explorer.experiments.cross_modal import recipe_of
from explorer.experiments.held_out import source_of, tensors_of
from explorer.experiments.measure import Sums, measure
from explorer.experiments.train import CURVES, train
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.sounds import Sound

CPU = torch.device("cpu")


def model_of(modality="image", condition="plain"):
    torch.manual_seed(0)
    recipe = recipe_of(modality, condition, 2, 0)
    return TokenizerModel(recipe.quantizer, recipe.config, recipe.architecture, recipe.modality), recipe


def pictures(count=3, side=32):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (side, side, 3), np.uint8) for _ in range(count)]


def test_an_error_is_the_share_of_the_variance_whatever_the_offset():
    rng = np.random.default_rng(0)
    true, other = rng.normal(5, [1, 3], (400, 2)), rng.normal(5, 2, (400, 2))
    sums = Sums()
    for part in (slice(0, 150), slice(150, 400)):
        sums.add(torch.from_numpy(true[part]), torch.from_numpy(other[part]))
    assert sums.share == pytest.approx(((true - other) ** 2).sum() / ((true - true.mean(0)) ** 2).sum(), rel=1e-9)
    mean = Sums()
    mean.add(torch.from_numpy(true), torch.from_numpy(np.broadcast_to(true.mean(0), true.shape).copy()))
    assert mean.share == pytest.approx(1)
    flat = Sums()
    flat.add(torch.ones(4, 1), torch.zeros(4, 1))
    assert np.isnan(flat.share) and np.isnan(Sums().share)


def test_figures_are_those_of_the_model_by_hand():
    model, recipe = model_of()
    media = tensors_of(pictures(), recipe)
    found = measure(model, media, census=10**6)
    model.eval()
    with torch.no_grad():
        targets = [model.network.to_network(one) for one in media]
        outputs = [model(target) for target in targets]
    codes = np.concatenate([output.indices[0, ..., 0].numpy()[None] for _, output in outputs])  # (3, 4, 4)
    true = np.concatenate([t[0].permute(1, 2, 0).reshape(-1, 3).numpy() for t in targets]).astype(np.float64)
    made = np.concatenate([d[0].permute(1, 2, 0).reshape(-1, 3).numpy() for d, _ in outputs]).astype(np.float64)
    lost = ((true - made) ** 2).sum() / ((true - true.mean(0)) ** 2).sum()
    assert found.figures["media_error"] == pytest.approx(lost, rel=1e-6)
    assert found.counts.tolist() == np.bincount(codes.ravel(), minlength=256).tolist()
    assert found.figures["tokens"] == 48 and found.figures["used"] == len(np.unique(codes))
    assert found.figures["largest"] == np.bincount(codes.ravel()).max() / 48
    share = np.bincount(codes.ravel()) / 48
    assert found.figures["perplexity"] == pytest.approx(np.exp(-sum(p * np.log(p) for p in share if p)))
    assert found.figures["pairs"] == 36 and found.figures["repeated"] == (codes[:, :, 1:] == codes[:, :, :-1]).mean()
    with torch.no_grad():
        z = np.concatenate([model.encode(t)[0].reshape(-1, 8).numpy() for t in targets]).astype(np.float64)
    axes = np.sort(np.linalg.svd(z - z.mean(0), compute_uv=False) ** 2 / (len(z) - 1))[::-1]
    assert [found.figures[f"axis_{n}"] for n in range(1, 9)] == pytest.approx(axes, rel=1e-4)


@pytest.mark.parametrize(
    ("quantizer", "extra"), [("rvq", {"num_quantizers": 3}), ("pq", {"num_quantizers": 2}), ("vq", {})]
)
def test_the_error_of_codes_is_that_of_latents_to_what_the_codes_make(quantizer, extra):
    recipe = replace(recipe_of("image", "mended", 2, 0), quantizer=quantizer)
    torch.manual_seed(0)
    model = TokenizerModel(quantizer, dict(recipe.config) | extra, recipe.architecture)
    media = tensors_of(pictures(), recipe)
    with torch.no_grad():
        for one in media:
            model.train()(model.network.to_network(one))
        model.eval()
        z = torch.cat([model.encode(model.network.to_network(one)).reshape(-1, 8) for one in media]).double().numpy()
        z_q = torch.cat([model(model.network.to_network(one))[1].z_q.reshape(-1, 8) for one in media]).double().numpy()
    share = ((z - z_q) ** 2).sum() / ((z - z.mean(0)) ** 2).sum()
    assert measure(model, media).figures["code_error"] == pytest.approx(share, rel=1e-4)


def test_cosine_codes_are_compared_on_the_sphere():
    recipe = recipe_of("image", "mended", 2, 0)
    torch.manual_seed(0)
    options = dict(recipe.config["options"]) | {"metric": "cosine"}
    model = TokenizerModel("vq", dict(recipe.config) | {"options": options}, recipe.architecture)
    media = tensors_of(pictures(), recipe)
    with torch.no_grad():
        model.train()(model.network.to_network(media[0]))
    assert 0 < measure(model, media).figures["code_error"] < 1.5


def test_as_many_tokens_are_counted_of_every_medium():
    model, recipe = model_of()
    found = measure(model, tensors_of(pictures(), recipe), census=20)
    assert found.figures["tokens"] == found.counts.sum() == 20


def test_along_time_or_to_the_left():
    assert measures._repeats(np.array([3, 3, 1, 1, 1])[:, None]) == (3, 4)
    assert measures._repeats(np.array([[5, 5, 2], [2, 2, 2]])[..., None]) == (3, 4)  # of pictures along the rows
    clip = np.array([[[1, 2]], [[1, 3]], [[1, 3]]])[..., None]  # one of two, then two of two
    assert measures._repeats(clip) == (3, 4)
    assert measures._repeats(np.array([[3, 0], [3, 1], [3, 1]])) == (1, 2)  # of two levels both must agree


@pytest.mark.parametrize("modality", ["image", "audio", "video"])
def test_every_medium_trains_with_and_without_the_quantizer(modality):
    rng = np.random.default_rng(0)
    made = {
        "image": ([rng.integers(0, 256, (70, 70, 3), np.uint8)] * 2, pictures(2)),
        "video": (
            [rng.integers(0, 256, (140, 140, 3), np.uint8)] * 2,
            [rng.integers(0, 256, (5, 32, 32, 3), np.uint8)],
        ),
        "audio": (
            [Sound(rng.normal(0, 0.1, 16000).astype(np.float32))] * 2,
            [Sound(rng.normal(0, 0.1, 1000).astype(np.float32))],
        ),
    }
    media, held_out = made[modality]
    recipe = recipe_of(modality, "mended", 2, 0)
    tensors = tensors_of(held_out, recipe)
    trained = train(recipe, media, tensors, CPU)
    bare = train(recipe_of(modality, "none", 2, 0), media, tensors, CPU, quantized=False)
    again = train(recipe, media, tensors, CPU)
    assert trained.steps.tolist() == [0, 1, 2] and set(trained.curves) == set(CURVES)
    assert trained.measured.figures == again.measured.figures  # from the seed alone
    assert set(bare.curves) == {"media_error"} and len(bare.measured.counts) == 0
    source = source_of(held_out, recipe, "held out")
    assert len(source) == len(held_out) and source.open(0, modality) is not None


def test_the_network_alone_is_trained_on_what_it_decodes_from_latents():
    """Without a quantizer the codes neither learn nor act."""
    recipe = recipe_of("image", "none", 3, 0)
    media, held_out = (
        [np.random.default_rng(1).integers(0, 256, (70, 70, 3), np.uint8)],
        tensors_of(pictures(1), recipe),
    )
    trained = train(recipe, media, held_out, CPU, quantized=False)
    torch.manual_seed(recipe.schedule.seed)
    fresh = TokenizerModel(recipe.quantizer, recipe.config, recipe.architecture, recipe.modality)
    before, after = (model.quantizer.codebooks()[0].vectors for model in (fresh, trained.model))
    assert np.array_equal(before, after)
    with torch.no_grad():
        target = trained.model.network.to_network(held_out[0])
        made = trained.model.decode(trained.model.encode(target))
    lost = ((target - made) ** 2).sum() / ((target - target.mean((0, 2, 3), keepdim=True)) ** 2).sum()
    assert trained.measured.figures["media_error"] == pytest.approx(float(lost), rel=1e-5)
