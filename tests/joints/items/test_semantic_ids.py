"""Semantic ids: collisions, prefixes, tree, neighbours and categories against counting by hand and scikit-learn."""

from collections import Counter

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import normalized_mutual_info_score

from explorer.foundation.errors import RecordError
from explorer.joints.measures.items.categories import category_agreement
from explorer.joints.measures.items.nearest import by_shared_prefix, shared_prefixes
from explorer.joints.measures.items.tree import prefix_tree
from explorer.joints.measures.semantic_ids import (
    collision_rate,
    items_per_id,
    prefix_use,
)

BY_HAND = np.array([[1, 2, 3], [1, 2, 3], [1, 2, 4], [1, 5, 3], [0, 2, 3], [0, 2, 3], [0, 2, 3]])


def random_ids(seed=0, many=400, sizes=(5, 7, 6)):
    rng = np.random.default_rng(seed)
    return np.stack([rng.choice(size, many, p=rng.dirichlet(np.ones(size))) for size in sizes], axis=1)


def test_collisions_by_hand():
    assert items_per_id(BY_HAND).tolist() == [3, 2, 1, 1]
    assert collision_rate(BY_HAND) == pytest.approx(5 / 7)
    assert collision_rate(BY_HAND[:0]) == 0


@pytest.mark.parametrize("seed", range(3))
def test_collisions_and_prefixes_are_those_of_counting(seed):
    ids = random_ids(seed)
    counts = Counter(map(tuple, ids.tolist()))
    assert collision_rate(ids) == pytest.approx(sum(n for n in counts.values() if n > 1) / len(ids))
    for use in prefix_use(ids, (5, 7, 6)):
        prefixes = Counter(tuple(one[: use.length]) for one in ids.tolist())
        share = np.array(list(prefixes.values())) / len(ids)
        assert (use.used, use.largest) == (len(prefixes), max(prefixes.values()))
        assert use.possible == np.prod((5, 7, 6)[: use.length]) and use.ceiling == min(use.possible, len(ids))
        assert use.entropy_bits == pytest.approx(-(share * np.log2(share)).sum())


@pytest.mark.parametrize("seed", range(3))
def test_every_prefix_is_one_run_of_the_tree(seed):
    ids = random_ids(seed)
    tree = prefix_tree(ids)
    assert sorted(tree.order.tolist()) == list(range(len(ids)))
    for level, nodes in enumerate(tree.nodes):
        counts = Counter(tuple(one[: level + 1]) for one in ids.tolist())
        assert len(nodes) == len(counts) and nodes[0, 1] == 0 and nodes[-1, 2] == len(ids)
        assert (nodes[1:, 1] == nodes[:-1, 2]).all()
        for code, first, end in nodes:
            run = {tuple(one) for one in ids[tree.order[first:end], : level + 1].tolist()}
            assert len(run) == 1 and next(iter(run))[-1] == code and counts[next(iter(run))] == end - first
    sizes = tree.nodes[0][:, 2] - tree.nodes[0][:, 1]
    assert (np.diff(sizes) <= 0).all(), "the fullest first"


def test_nearest_by_shared_prefix_by_hand():
    assert by_shared_prefix(BY_HAND, 0) == [(1, 3), (2, 2), (3, 1)]
    assert by_shared_prefix(BY_HAND, 4, most=1) == [(5, 3)]
    with pytest.raises(RecordError, match="no item 7"):
        by_shared_prefix(BY_HAND, 7)


def test_near_items_and_shared_prefixes_are_those_of_brute_force():
    rng = np.random.default_rng(4)
    vectors = rng.normal(size=(150, 6))
    ids = np.stack([(vectors[:, 0] > 0) * 1, rng.integers(3, size=150)], axis=1)
    found = shared_prefixes(ids, vectors, near=7)
    distances = cdist(vectors, vectors)
    np.fill_diagonal(distances, np.inf)
    near = np.argsort(distances, axis=1)[:, :7]
    first = ids[near][..., 0] == ids[:, None, 0]
    both = first & (ids[near][..., 1] == ids[:, None, 1])
    np.testing.assert_allclose(found.kept, [first.mean(), both.mean()])
    pairs = [(a, b) for a in range(150) for b in range(150) if a != b]
    alike = [np.mean([(ids[a, :n] == ids[b, :n]).all() for a, b in pairs]) for n in (1, 2)]
    np.testing.assert_allclose(found.chance, alike)
    assert (found.near, found.queries) == (7, 150) and found.kept[0] > found.chance[0] + 0.1
    assert shared_prefixes(ids[:2], vectors[:2]) is None


def test_agreement_with_a_category_is_that_of_scikit_learn():
    rng = np.random.default_rng(5)
    kinds = rng.integers(4, size=300)
    ids = np.stack(
        [np.where(rng.random(300) < 0.7, kinds, rng.integers(6, size=300)), rng.integers(3, size=300)], axis=1
    )
    names = [f"kind {kind}" for kind in kinds]
    found = category_agreement(ids, names)
    assert found.information == pytest.approx(normalized_mutual_info_score(kinds, ids[:, 0]))
    best = sum(Counter(kinds[ids[:, 0] == code].tolist()).most_common(1)[0][1] for code in np.unique(ids[:, 0]))
    assert found.purity == best / 300 and found.largest == max(Counter(kinds.tolist()).values()) / 300
    assert found.by_chance < 0.1 < found.information and found.categories == 4
    longer = category_agreement(ids, names, length=2)
    assert longer.information == pytest.approx(normalized_mutual_info_score(kinds, 10 * ids[:, 0] + ids[:, 1]))
    assert category_agreement(ids, ["one"] * 300) is None
    assert category_agreement(np.zeros((300, 1), int), names) is None
