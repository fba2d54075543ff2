"""Quantizers beside the formulas of their papers, written out in numpy, also where what is here is another one."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.fft import dct

from explorer.quantizers.composed.search import Energies, search_jointly
from explorer.quantizers.fast import CosineRounding
from explorer.quantizers.fast_merges import Merges
from explorer.quantizers.kmeans import KMeansQuantizer
from explorer.quantizers.lattices.bsq import BinarySphericalQuantizer
from explorer.quantizers.lattices.lattice import sign_entropies
from explorer.quantizers.lattices.lfq import LookupFreeQuantizer
from explorer.quantizers.learned.ibq import IndexBackpropQuantizer
from explorer.quantizers.pq import ProductQuantizer
from explorer.tokenizers.rows.codecs import FastCodec

BITS = 5
DRAW = np.random.default_rng(3)
V = DRAW.normal(size=(40, BITS))
U = V / np.linalg.norm(V, axis=1, keepdims=True)
CORNERS = (np.array([[c >> i & 1 for i in range(BITS)] for c in range(2**BITS)]) * 2 - 1) / np.sqrt(BITS)  # (K, L)


def entropy(p: np.ndarray) -> np.ndarray:
    return -(p * np.log(p)).sum(-1)


def chances(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def test_tau_of_bsq_is_twice_the_inverse_temperature():
    """q(c|u) = exp(tau c.u) / sum is a product over bits of sigmoid(2 tau u c); of the mean, bit by bit, it bounds."""
    tau = 1.7
    p = chances(tau * U @ CORNERS.T)  # (N, K)
    product = (1 / (1 + np.exp(-2 * tau * U[:, None] * CORNERS))).prod(-1)
    np.testing.assert_allclose(p, product, rtol=1e-9)
    bits = 1 / (1 + np.exp(-2 * tau * U / np.sqrt(BITS)))  # (N, L), of +1
    apart = entropy(np.stack([bits.mean(0), 1 - bits.mean(0)], -1)).sum()
    u, scale = torch.from_numpy(U).float(), BITS**-0.5
    sure, joint = sign_entropies(u, scale, tau / 2, group_bits=BITS)
    assert sure.item() == pytest.approx(entropy(p).mean(), rel=1e-5)
    assert joint.item() == pytest.approx(entropy(p.mean(0)), rel=1e-5)
    assert sign_entropies(u, scale, tau / 2, group_bits=1)[1].item() == pytest.approx(apart, rel=1e-5)
    assert apart > joint.item()


def test_lfq_s_soft_choice_is_that_of_squared_distances():
    """exp(-t |z - c|^2) over all codes at +-1, as BSQ's paper writes that of LFQ."""
    t = 0.6
    p = chances(-t * (V[:, None] - CORNERS * np.sqrt(BITS)).__pow__(2).sum(-1))
    sure, joint = sign_entropies(torch.from_numpy(V).float(), 1.0, t, group_bits=BITS)
    assert sure.item() == pytest.approx(entropy(p).mean(), rel=1e-5)
    assert joint.item() == pytest.approx(entropy(p.mean(0)), rel=1e-5)


def slopes(of, at: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """The gradient of a number by central differences."""
    found = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        moved = np.zeros_like(at)
        moved[place] = step
        found[place] = (of(at + moved) - of(at - moved)) / (2 * step)
    return found


def test_bsq_passes_the_paper_s_share_of_the_gradient():
    """Its code is sign_STE(u) / sqrt(L), u = v / |v|, and the stand-in for the sign has a slope of 1: it is u."""
    asked = DRAW.normal(size=V.shape)

    def stand_in(v: np.ndarray) -> float:
        return (asked * (v / np.linalg.norm(v, axis=1, keepdims=True)) / np.sqrt(BITS)).sum()

    z = torch.from_numpy(V).float().requires_grad_()
    BinarySphericalQuantizer(BITS, entropy_weight=0.0).train()(z).z_q.backward(torch.from_numpy(asked).float())
    np.testing.assert_allclose(z.grad, slopes(stand_in, V), rtol=1e-4, atol=1e-6)


def test_bsq_passes_what_its_authors_code_passes():
    """Its lines: u + (sign - u).detach(), then times the root; the gradient of the mean square of what comes out."""
    z = torch.from_numpy(V).requires_grad_()
    u = torch.nn.functional.normalize(z, dim=-1)
    authors = (u + (torch.where(u > 0, 1.0, -1.0) - u).detach()) * (1.0 / BITS**0.5)
    target = torch.from_numpy(DRAW.normal(size=V.shape))
    (authors - target).square().mean().backward()
    ours = torch.from_numpy(V).float().requires_grad_()
    z_q = BinarySphericalQuantizer(BITS, entropy_weight=0.0).train()(ours).z_q
    (z_q - target.float()).square().mean().backward()
    np.testing.assert_allclose(z_q.detach(), authors.detach(), rtol=1e-6)
    np.testing.assert_allclose(ours.grad, z.grad, rtol=1e-4, atol=1e-7)


def test_bsq_asks_for_no_commitment_and_lfq_passes_all_of_the_gradient():
    z = torch.from_numpy(V).float()
    output = BinarySphericalQuantizer(BITS, entropy_weight=0.0).train()(z)
    assert output.loss.item() == output.loss_terms["commitment"].item() == 0
    asked = DRAW.normal(size=V.shape)
    through = z.clone().requires_grad_()
    LookupFreeQuantizer(BITS, entropy_weight=0.0).train()(through).z_q.backward(torch.from_numpy(asked).float())
    np.testing.assert_allclose(through.grad, asked, rtol=1e-6)


def test_the_error_of_bsq_is_below_the_paper_s_bound_and_meets_it_on_an_axis():
    bound = np.sqrt(2 - 2 / np.sqrt(BITS))
    z_q = BinarySphericalQuantizer(BITS).eval()(torch.from_numpy(V).float()).z_q.numpy()
    away = np.linalg.norm(U - z_q, axis=1)
    assert away.max() < bound < np.sqrt(2)
    on_axis = torch.eye(BITS)[:1] * 3
    z_q = BinarySphericalQuantizer(BITS).eval()(on_axis).z_q
    assert (on_axis / 3 - z_q).norm().item() == pytest.approx(bound, rel=1e-5)


def test_indices_of_signs_are_the_paper_s_with_the_axes_in_the_other_order():
    """LFQ, eq. 4: the sum of 2^(i - 1) over the axes i that are above 0."""
    paper = ((V > 0) * 2 ** np.arange(BITS)).sum(1)
    z = torch.from_numpy(V).float()
    for quantizer in (LookupFreeQuantizer(BITS), BinarySphericalQuantizer(BITS)):
        found = quantizer.eval()(z.flip(1)).indices[:, 0]
        np.testing.assert_array_equal(found, paper)
        assert (quantizer(z).indices[:, 0].numpy() != paper).any()


def test_ibq_scores_by_products_where_codes_are_of_one_length():
    """The paper's p = softmax(z.e_k): the same in value and in what each code is asked for, but for its length."""
    torch.manual_seed(0)
    quantizer = IndexBackpropQuantizer(BITS, 2**BITS, index_entropy=0.0, beta=0.0).train()
    with torch.no_grad():
        quantizer.vectors.copy_(torch.from_numpy(CORNERS))
    z = torch.from_numpy(V).float()
    asked = DRAW.normal(size=V.shape)
    quantizer(z).z_q.backward(torch.from_numpy(asked).float())
    p = chances(V @ CORNERS.T)
    hard = np.eye(2**BITS)[(V @ CORNERS.T).argmax(1)]
    through = p * (asked @ CORNERS.T - (p * (asked @ CORNERS.T)).sum(1, keepdims=True))  # (N, K), at the scores
    paper = hard.T @ asked + through.T @ V  # (K, D)
    along = CORNERS  # of length 1
    across = paper - (paper * along).sum(1, keepdims=True) * along
    found = quantizer.vectors.grad.double().numpy()
    np.testing.assert_allclose(found - (found * along).sum(1, keepdims=True) * along, across, rtol=1e-3, atol=1e-5)
    assert not np.allclose(found, paper, atol=1e-3)


def test_k_means_ends_at_lloyd_s_two_conditions():
    """Jegou et al. 2011, eqs 4 and 5: each latent has the nearest code, each code is the mean of its cell."""
    torch.manual_seed(0)
    quantizer = KMeansQuantizer(BITS, 6, iterations=200).eval()
    x = DRAW.normal(size=(300, BITS))
    codes = quantizer.fit(torch.from_numpy(x)).double().numpy()
    cells = ((x[:, None] - codes) ** 2).sum(-1).argmin(1)
    np.testing.assert_array_equal(quantizer(torch.from_numpy(x).float()).indices[:, 0], cells)
    np.testing.assert_allclose(codes, [x[cells == one].mean(0) for one in range(6)], atol=1e-5)


def test_the_energy_of_a_sum_of_codes_is_that_of_lsq_s_paper():
    """Martinez et al. 2016, eqs 3 and 4, with one-hot b_i and books C_i (d, h); pairs are counted from both ends."""
    books = DRAW.normal(size=(3, BITS, 7))  # m books (d, h)
    chosen = DRAW.integers(7, size=(3, len(V)))
    b = np.eye(7)[chosen]  # (m, n, h)
    parts = np.einsum("mdh,mnh->nmd", books, b)  # C_i b_i
    unary = -2 * (V[:, None] * parts).sum((1, 2)) + (parts**2).sum((1, 2))
    products = np.einsum("nid,njd->nij", parts, parts)
    pairs = products.sum((1, 2)) - np.trace(products, axis1=1, axis2=2)  # i != j
    tables = [torch.from_numpy(book.T).float() for book in books]
    found = Energies(torch.from_numpy(V), tables).of(torch.from_numpy(chosen.T))
    np.testing.assert_allclose(found, unary + pairs, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose((V**2).sum(1) + unary + pairs, ((V - parts.sum(1)) ** 2).sum(1), rtol=1e-9)


def test_icm_sets_each_code_to_its_best_beside_the_others():
    """Their section 3.1, and the better of two is kept: more rounds of perturbation never cost anything."""
    books = DRAW.normal(size=(3, BITS, 7))
    tables, z = [torch.from_numpy(book.T).float() for book in books], torch.from_numpy(V).float()
    moves = ((1, 0, 3), (0, 2, 5), (4, 4, 0))
    before = np.inf
    for rounds in range(4):
        found = search_jointly(z, tables, 1, moves[:rounds]).numpy()  # (n, m)
        parts = np.stack([book.T[one] for book, one in zip(books, found.T, strict=True)], 1)  # (n, m, d)
        left = ((V - parts.sum(1)) ** 2).sum(1)
        for one, book in enumerate(books):
            others = V - parts.sum(1) + parts[:, one]
            best = ((others[:, None] - book.T) ** 2).sum(-1).min(1)
            np.testing.assert_allclose(best, left, rtol=1e-4, atol=1e-6)
        assert (left <= before + 1e-6).all()
        before = left


def test_the_errors_of_a_product_s_parts_add_up():
    """Jegou et al. 2011, eq. 11; each part has its own nearest code (eq. 8), so the whole has the nearest of all."""
    torch.manual_seed(0)
    quantizer = ProductQuantizer(6, 8, 3).eval()
    z = torch.randn(50, 6)
    output = quantizer(z)
    parts = [(stage.z_e - stage.z_q).square().sum(-1) for stage in output.stages]
    np.testing.assert_allclose((z - output.z_q).square().sum(-1).detach(), sum(parts).detach(), rtol=1e-5)
    tables = [book.vectors.astype(np.float64) for book in quantizer.codebooks()]
    for group, (table, stage) in enumerate(zip(tables, output.stages, strict=True)):
        cut = z[:, 2 * group : 2 * group + 2].double().numpy()
        np.testing.assert_array_equal(((cut[:, None] - table) ** 2).sum(-1).argmin(1), stage.indices)


def test_fast_is_algorithm_1_of_its_paper():
    """round(scale DCT) of each column, then the lowest frequency of all columns, the next, and so on."""
    actions, scale = DRAW.uniform(-1, 1, (8, 3)), 10.0  # (H, columns)
    paper = np.round(scale * dct(actions, axis=0, norm="ortho"))  # (frequency, column)
    rounding = CosineRounding(8, scale, 100)
    indices = rounding.indices_of(rounding.transform(torch.from_numpy(actions.T).float()[None]))[0]  # (columns, H)
    np.testing.assert_array_equal(rounding.integers(indices).T, paper)
    codec = FastCodec(rounding, Merges(201, np.zeros((0, 2), np.int64)))
    sent = codec.pieces(SimpleNamespace(indices=indices.numpy())).ids
    np.testing.assert_array_equal(sent - 100, [paper[frequency, one] for frequency in range(8) for one in range(3)])
