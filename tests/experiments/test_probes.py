"""What else experiments measure of a model: gradients against those by hand, and what a linear classifier reads."""

import numpy as np
import pytest
import torch

from explorer.experiments.gradient_flow import QUESTION as GRADIENTS
from explorer.experiments.gradient_flow import gradients
from explorer.experiments.held_out import tensors_of
from explorer.experiments.linear_probe import QUESTION as PROBE
from explorer.experiments.linear_probe import accuracy, digits, one_hot_tokens, split_of_digits
from explorer.tokenizers.native.model import TokenizerModel


def made(question, name):
    choice = next(one for one in question.choices if one.condition.id == name)
    recipe = choice.recipe(question.schedule)
    torch.manual_seed(0)
    model = TokenizerModel(recipe.quantizer, recipe.config, recipe.architecture)
    pictures = [np.random.default_rng(seed).integers(0, 256, (32, 32, 3), np.uint8) for seed in range(2)]
    return model, recipe, tensors_of(pictures, recipe)


def test_straight_through_copies_the_gradient_and_leaves_the_model_as_it_was():
    model, _, media = made(GRADIENTS, "ste")
    with torch.no_grad():
        model.train()(model.network.to_network(media[0]))  # codes begin on latents
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    found = gradients(model, media)
    assert found["gradient_ratio"] == pytest.approx(1) and found["gradient_cosine"] == pytest.approx(1)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_rotation_trick_scales_each_gradient_by_code_over_latent():
    model, _, media = made(GRADIENTS, "rotation")
    with torch.no_grad():
        model.train()(model.network.to_network(media[0]))
    found = gradients(model, media)
    lengths, turned = [], []
    for one in media:
        target = model.network.to_network(one)
        z = model.encode(target).detach()
        z_q = model.quantizer.eval()(z).z_q.detach().requires_grad_()
        (at_code,) = torch.autograd.grad((model.decode(z_q) - target).square().mean(), z_q)
        e, q, g = (x.reshape(-1, 8).double() for x in (z, z_q.detach(), at_code))
        for a, b, gradient in zip(e, q, g, strict=True):
            a_hat, b_hat = a / a.norm(), b / b.norm()
            r = (a_hat + b_hat) / (a_hat + b_hat).norm()
            matrix = torch.eye(8, dtype=torch.float64) - 2 * torch.outer(r, r) + 2 * torch.outer(b_hat, a_hat)
            through = b.norm() / a.norm() * matrix.T @ gradient
            lengths.append((through.norm(), gradient.norm()))
            turned.append(torch.nn.functional.cosine_similarity(through, gradient, dim=0))
    of_latents, of_codes = np.array(lengths).mean(0)
    assert found["gradient_ratio"] == pytest.approx(of_latents / of_codes, rel=1e-3)
    assert found["gradient_cosine"] == pytest.approx(float(torch.stack(turned).mean()), abs=1e-3)
    assert 0 < found["gradient_bias"] < 1


def test_tokens_are_one_hot_by_place_and_level():
    model, recipe, media = made(PROBE, "rvq")
    pictures = [np.random.default_rng(seed).integers(0, 256, (32, 32, 3), np.uint8) for seed in range(2)]
    with torch.no_grad():
        model.train()(model.network.to_network(media[0]))
        model.eval()
        indices = torch.cat([model.quantizer(model.encode(model.network.to_network(one))).indices for one in media])
    found = one_hot_tokens(model, recipe, pictures)
    assert found.shape == (2, 16 * 4 * 256) and (found.sum(1) == 64).all()
    assert found.reshape(2, 4, 4, 4, 256).argmax(-1).tolist() == indices.tolist()


def test_accuracy_is_the_share_of_what_was_held_out():
    rng = np.random.default_rng(0)
    classes, truth = np.arange(300) % 3, np.arange(60) % 3
    centres = 8 * np.eye(3)
    assert accuracy(centres[classes] + rng.normal(size=(300, 3)), classes, centres[truth], truth) == 1
    wrong = centres[truth].copy()
    wrong[:15] = centres[(truth[:15] + 1) % 3]
    assert accuracy(centres[classes] + rng.normal(size=(300, 3)), classes, wrong, truth) == 45 / 60


def test_digits_are_held_out_with_their_classes():
    pictures, classes = digits()
    split = split_of_digits()
    assert len(pictures) == len(classes) == 1797 and pictures[0].shape == (32, 32, 3)
    assert np.array_equal(split.held_out[1], pictures[5]) and np.array_equal(split.media[4], pictures[6])
    assert len(split.media) + len(split.held_out) == 1797
    assert {one.max() for one in pictures} <= {round(ink * 255 / 16) for ink in range(12, 17)}  # black paper, white ink
