"""The compiled search against sums in float64, for processors with wide registers and with narrow ones."""

from __future__ import annotations

import builtins
import os
import threading
import time

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from explorer.quantizers import search
from explorer.quantizers.compiled import machine as machines
from explorer.quantizers.compiled import sharing
from explorer.quantizers.compiled.machine import compile_kernels, features_here, machine
from explorer.quantizers.compiled.sharing import share
from explorer.quantizers.nearest import ON_CPU, nearest_code
from explorer.quantizers.scores import Scores

WIDE = ("avx512", "avx", "fma", "f16c", "vaes", "vpclmul")  # what a processor of 2006 has not


def without_features(*words: str) -> dict[str, bool]:
    return {name: has and not name.startswith(words) for name, has in features_here().items()}


@pytest.fixture(scope="module", params=["this processor", "without AVX-512", "without AVX"])
def kernels(request):
    lacks = {"this processor": (), "without AVX-512": ("avx512",), "without AVX": WIDE}[request.param]
    return compile_kernels("nearest", without_features(*lacks) if lacks else None)


def _data(count, codes, dim):
    chance = np.random.default_rng(count * codes + dim)
    return chance.normal(size=(count, dim)).astype(np.float32), chance.normal(size=(codes, dim)).astype(np.float32)


@pytest.mark.parametrize(("count", "codes", "dim"), [(1, 1, 1), (37, 5, 3), (64, 16, 8), (33, 129, 16), (5, 700, 70)])
def test_the_two_least_and_all_scores(kernels, count, codes, dim):
    z, vectors = _data(count, codes, dim)
    bias = np.square(vectors).sum(1) / 2
    table, padded = kernels.packed(vectors.T, bias)
    expected = bias.astype(np.float64) - z.astype(np.float64) @ vectors.T.astype(np.float64)
    near = 2.0**-22 * (dim + 2) * (np.abs(z) @ np.abs(vectors).T + bias).max()
    assert np.abs(kernels.scores(z, table, padded, codes) - expected).max() < near
    best, second, index, _ = kernels.two_best(z, table, padded)
    assert best.shape == second.shape == index.shape == (count,) and index.max() < codes
    least = np.sort(np.concatenate([expected, np.full((count, 1), np.inf)], 1), axis=1)
    assert np.abs(best - least[:, 0]).max() < near
    assert np.abs(expected[np.arange(count), index] - best).max() < near
    if codes > 1:
        assert np.abs(second - least[:, 1]).max() < near
    else:
        assert np.isinf(second).all()


def test_of_equal_scores_the_first_and_no_code_beyond_the_last(kernels):
    _, vectors = _data(1, 90, 4)
    vectors[40:] = vectors[40]
    z = np.stack([vectors[40], vectors[3], np.full(4, np.nan, np.float32), np.full(4, np.inf, np.float32)])
    table, bias = kernels.packed(vectors.T, np.square(vectors).sum(1) / 2)
    best, second, index, _ = kernels.two_best(z, table, bias)
    assert index[:2].tolist() == [40, 3] and best[0] == second[0] and best[1] < second[1]
    assert (index < 96).all()  # of what is not finite whatever there is: it is in doubt


@pytest.mark.parametrize("metric", ["dot", "euclidean"])
def test_sums_that_overflow_both_ways_are_in_doubt(metric, monkeypatch):
    """inf - inf is no number, and is less than none: the code it belongs to would be passed over in silence."""
    monkeypatch.setattr(search, "AT_ONCE", 0)
    monkeypatch.setattr(search, "FEW_SHORT", 0)
    vectors = np.tile(np.float32([[-1e-3, 1e-3], [2, 2], [-100, 100]]), (9, 1))
    z = np.float32([[3e38, -3e38], [1.0, 1.0]] * 20)
    expected = [1, 1] if metric == "dot" else [0, 1]  # float64 cannot tell 3e38 and 3e38 + 2 apart
    assert search.nearest_rows(z, vectors, metric, ON_CPU).tolist() == expected * 20


def _nearest(z, vectors):
    return cdist(z.astype(np.float64), vectors.astype(np.float64), "sqeuclidean").argmin(1)


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_however_many_threads_share_it_all_codes_are_the_nearest(threads, offset, monkeypatch):
    monkeypatch.setattr(machines, "PART_PRODUCTS", 2**14)  # parts of 16 latents
    monkeypatch.setattr(machines, "SHARED_PRODUCTS", 0)
    monkeypatch.setattr(search, "PART_LATENTS", 2000)
    z, vectors = (array + np.float32(offset) for array in _data(3001, 200, 5))
    found = search.nearest_rows(z, vectors, "euclidean", search.Kernels(ON_CPU.product, ON_CPU.least, lambda: threads))
    assert np.array_equal(found, _nearest(z, vectors))


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_whatever_rounding_may_have_swapped_is_told(kernels, offset):
    """Against the two least of float64: where they are told apart, the code is the nearest, and few are in doubt."""
    z, vectors = (array + np.float32(offset) for array in _data(3000, 400, 6))
    vectors[1:200:2] = vectors[:200:2] + np.float32(1e-4 if offset else 1e-7)  # pairs that lie close
    z[5], z[9], z[11] = np.nan, np.inf, 3e38
    scores = Scores(vectors, "euclidean")
    table, bias = kernels.packed(scores.table, scores.bias)
    centre = np.zeros(6) if scores.centre is None else scores.centre
    found = kernels.two_best(z, table, bias, centre.astype(np.float32), scores.limit(6))
    assert found.in_doubt[[5, 9, 11]].all()
    clear = np.flatnonzero(~found.in_doubt)
    assert np.array_equal(found.index[clear], _nearest(z[clear], vectors)) and len(clear) > 600
    few = kernels.two_best(z, table, bias, centre.astype(np.float32), (0.0, 0.0, np.inf)).in_doubt
    assert few.sum() < found.in_doubt.sum()  # the limit is what decides


def test_parts_that_others_have_read_and_not_done_are_done_again(kernels):
    """As if two other threads had taken parts and lost their cores, one before it had read its latents."""
    z, vectors = _data(kernels.width * 5 - 2, 40, 3)
    table, bias = kernels.packed(vectors.T, np.square(vectors).sum(1) / 2)
    whole, room = kernels.two_best(z, table, bias), kernels.width * 5
    best, second = np.full((2, room), 7, np.float32)
    index, doubt, state = np.full(room, -1), np.full(room, 9, np.uint8), np.array([2, 1, 0, 0, 0])
    turn, limit, scratch = np.array([3, 0]), np.float32([0, np.inf, np.inf]), np.empty(6 * room, np.float32)
    given = (z, table, bias, np.zeros(3, np.float32), limit, scratch, best, second, index, doubt, turn, state)
    kernels.call("two_best", *given, len(z), len(table), 3, 1, 1)
    done = np.repeat([False, True, False, True, True], kernels.width)
    assert state.tolist() == [2, 2, 0, 2, 2] and turn[0] > 5 and turn[1] == 1  # the third: not even read
    assert np.array_equal(index[done][:-2], whole.index[done[: len(z)]]) and (index[~done] == -1).all()
    assert np.array_equal(best[done][:-2], whole.best[done[: len(z)]]) and (best[~done] == 7).all()


@pytest.fixture
def shared(monkeypatch):
    """Latents and codes that several threads share, one of them under the eyes of a test: (z, vectors, watch)."""
    monkeypatch.setattr(machines, "PART_PRODUCTS", 2**14)
    monkeypatch.setattr(machines, "SHARED_PRODUCTS", 0)
    usual, main = machines.Machine.call, threading.get_ident()

    def watch(of_others, of_main=None):
        def call(here, *arguments):
            do = of_main if threading.get_ident() == main else of_others
            return do(usual, here, *arguments) if do else usual(here, *arguments)

        monkeypatch.setattr(machines.Machine, "call", call)

    return *_data(3001, 200, 5), watch


def test_a_thread_that_gets_no_core_is_not_waited_for(shared):
    z, vectors, watch = shared
    begun, go_on, ended = (threading.Event() for _ in range(3))

    def late(usual, here, *arguments):
        begun.set()
        assert go_on.wait(20)
        arguments[9][:] = -1  # whatever it writes late is not in what was given out
        ended.set()

    def after(usual, here, *arguments):
        assert begun.wait(20)
        usual(here, *arguments)

    watch(late, after)
    kernels = search.Kernels(ON_CPU.product, ON_CPU.least, lambda: 2)
    found = machine().two_best(z, *machine().packed(vectors.T, np.square(vectors).sum(1) / 2), threads=2).index
    go_on.set()
    assert ended.wait(20)
    assert np.array_equal(found, _nearest(z, vectors))
    watch(None)
    assert np.array_equal(search.nearest_rows(z, vectors, "euclidean", kernels), found)


def test_latents_that_another_has_not_read_are_waited_for(shared):
    z, vectors, watch = shared
    taken = threading.Event()

    def late(usual, here, *arguments):
        turn = arguments[11]
        part, turn[0] = int(turn[0]), turn[0] + 1
        taken.set()
        while not turn[1]:  # until the other has found that no more is left
            time.sleep(0.001)
        usual(here, *arguments[:11], np.array([part, 0]), *arguments[12:])

    def after(usual, here, *arguments):
        assert taken.wait(20)
        usual(here, *arguments)

    watch(late, after)
    found = machine().two_best(z, *machine().packed(vectors.T, np.square(vectors).sum(1) / 2), threads=2).index
    assert np.array_equal(found, _nearest(z, vectors))


def test_latents_that_lie_otherwise_in_memory(monkeypatch):
    monkeypatch.setattr(search, "AT_ONCE", 0)
    z, vectors = _data(400, 128, 6)
    turned = torch.from_numpy(np.ascontiguousarray(z.T)).T  # as a picture's channels, moved to the end
    assert not turned.is_contiguous()
    assert np.array_equal(nearest_code(turned, torch.from_numpy(vectors)).numpy(), _nearest(z, vectors))
    every = torch.from_numpy(z)[::3, ::2]
    assert np.array_equal(
        nearest_code(every, torch.from_numpy(vectors)[:, ::2]).numpy(), _nearest(z[::3, ::2], vectors[:, ::2])
    )


def test_without_llvmlite_the_same_codes(monkeypatch):
    z, vectors = (torch.from_numpy(array) for array in _data(2000, 300, 7))
    expected = nearest_code(z, vectors)
    usual = builtins.__import__

    def refuse(name, *rest, **more):
        if name.startswith("llvmlite"):
            raise ImportError("No module named 'llvmlite'")
        return usual(name, *rest, **more)

    with monkeypatch.context() as without:
        machine.cache_clear()
        without.setattr(builtins, "__import__", refuse)
        assert machine() is None
        assert torch.equal(nearest_code(z, vectors), expected)
    machine.cache_clear()
    assert machine() is not None


def test_where_it_cannot_be_compiled_numpy_does_it(monkeypatch, caplog):
    def broken(kind):
        raise RuntimeError("LLVM ERROR: no such target")

    machine.cache_clear()
    with monkeypatch.context() as with_broken, caplog.at_level("INFO"):
        with_broken.setattr(machines, "compile_kernels", broken)
        assert machine() is None and "no such target" in caplog.text
    machine.cache_clear()


def test_shared_work_is_done_once_by_several_threads():
    both, done = threading.Barrier(2, timeout=20), []

    def work(part):
        if part < 2:
            both.wait()  # two threads have begun: one alone would wait for ever
        done.append(part)

    share(work, range(40), 2)
    assert sorted(done) == list(range(40))


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="threads cannot be kept off a core on this system")
def test_helpers_are_kept_off_the_core_of_whoever_asks_them(monkeypatch):
    allowed = os.sched_getaffinity(0)

    def cores_of_a_helper():
        seen = []
        for one in sharing.run_beside(lambda: seen.append(os.sched_getaffinity(0)), 1):
            one.result(20)
        return seen[0]

    for core in sorted(allowed)[:2]:
        monkeypatch.setattr(sharing, "_asker", lambda core=core: lambda: core)
        assert cores_of_a_helper() == (allowed - {core} or allowed)
    monkeypatch.setattr(sharing, "_asker", lambda: None)  # a system that does not tell
    assert cores_of_a_helper() <= allowed


@pytest.mark.parametrize("threads", [1, 3])
def test_a_part_that_fails_ends_the_work(threads):
    def work(part):
        if part == 5:
            raise ValueError("part 5")

    with pytest.raises(ValueError, match="part 5"):
        share(work, range(40), threads)
    done = []
    share(done.append, range(40), threads)
    assert sorted(done) == list(range(40))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_that_was_forked_does_its_own_work():
    share(lambda part: None, range(8), 2)  # the helpers of the parent are there
    child = os.fork()
    if not child:
        done = []
        share(done.append, range(40), 2)
        os._exit(0 if sorted(done) == list(range(40)) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
