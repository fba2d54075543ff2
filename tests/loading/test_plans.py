"""From a file to a tokenizer for everybody: what is said before weights are read, one copy, a budget of memory."""

import gc
import shutil
import subprocess
import sys
import threading
import time

import made_format
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from explorer import tokenizers
from explorer.foundation.errors import Cancelled, CheckpointError, ExplorerError
from explorer.loading import planning, recognition
from explorer.loading.planning import load, plan, plan_file
from explorer.tokenizers import list_tokenizers, load_tokenizer, loaded_bytes, memory

PIXELS = np.random.default_rng(0).random((16, 24, 3), dtype=np.float32)


def saved(path, codes=16, dim=5, seed=0, wrap=None, **more):
    """A checkpoint of the made format."""
    tensors = made_format.state(codes, dim, seed) | more
    if path.suffix == ".safetensors":
        save_file(tensors, path)
    else:
        torch.save({wrap: tensors, "epoch": 3} if wrap else tensors, path)
    return path


@pytest.mark.parametrize("name", ["model.safetensors", "last.ckpt", "weights.pt"])
def test_a_file_is_planned_loaded_and_listed(made, set_settings, tmp_path, name):
    set_settings()
    path = saved(tmp_path / name, wrap="state_dict" if name == "last.ckpt" else None, **{"loss.weight": torch.ones(3)})
    found = plan(str(path))
    count = 16 * 5 + 5 * 48 + 5 + 5 * 48 + 3
    assert (found.parameters, found.memory_bytes, found.licence) == (count, 4 * count, "not stated")
    assert found.complete and found.download_bytes == 0 and found.spec.source == "file"
    assert found.title == f"{name} (Made format)" and list_tokenizers()[-1].id != found.id
    spec = load(found, "cpu")
    assert list_tokenizers()[-1] == spec and spec.id.startswith(f"file--{path.stem}-")
    indices, decoded = made_format.answer(made_format.state(), PIXELS)
    record = load_tokenizer(spec.id, "cpu").tokenize(PIXELS)
    assert np.array_equal(record.levels[0].indices, indices) and record.tokenizer_id == spec.id
    assert np.abs(record.reconstruction - decoded).max() < 1e-5


def test_the_id_follows_from_what_is_in_the_file(made, tmp_path):
    first, other = saved(tmp_path / "a.pt"), saved(tmp_path / "other.pt", seed=1)
    (tmp_path / "b").mkdir()
    copy = shutil.copy(first, tmp_path / "b" / "A.pt")
    assert plan_file(first).id == plan_file(copy).id != plan_file(other, "a.pt").id
    assert plan_file(other, "a.pt").id.startswith("file--a-")
    assert plan_file(other, "../Über uns/<b>.pt").id.startswith("file--b-")


def test_planning_needs_no_torch(tmp_path):
    path = saved(tmp_path / "a.pt")
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]; from explorer.loading.planning import plan\n"
        "from explorer.foundation.errors import CheckpointError\n"
        "try: plan(sys.argv[1])\n"
        "except CheckpointError as error: print('of no format' in str(error), 'torch' in sys.modules)"
    )
    line = [sys.executable, "-c", code, str(path)]
    assert subprocess.run(line, capture_output=True, text=True, check=True).stdout.split() == ["True", "False"]


def test_an_average_beside_the_model_is_asked_about_too(made, set_settings, tmp_path):
    set_settings()
    torch.save({"model": {"head.weight": torch.ones(3)}, "ema": made_format.state()}, tmp_path / "x.pt")
    found = plan_file(tmp_path / "x.pt")
    assert found.header.wrapper == "ema" and "Read from its part 'ema'." in found.notes
    assert load(found, "cpu").codebook_size == 16


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32(made, set_settings, tmp_path, dtype):
    set_settings()
    tensors = {key: value.to(dtype) for key, value in made_format.state().items()}
    torch.save(tensors, tmp_path / "x.pt")
    found = plan_file(tmp_path / "x.pt")
    assert found.memory_bytes == 4 * found.parameters
    load(found, "cpu")
    indices, _ = made_format.answer(tensors, PIXELS)
    assert np.array_equal(load_tokenizer(found.id, "cpu").tokenize(PIXELS).levels[0].indices, indices)


def test_a_format_that_stumbles_is_said_in_words(made, monkeypatch, tmp_path):
    monkeypatch.setattr(made_format.MadeFormat, "describe", lambda self, header: header.config["nothing"])
    with pytest.raises(
        CheckpointError, match="looks like Made format, but it cannot be described: KeyError: 'nothing'"
    ):
        plan_file(saved(tmp_path / "a.pt"))


def test_a_model_that_cannot_be_made_is_said_in_words(made, set_settings, monkeypatch, tmp_path):
    set_settings()

    def stumble(self, *_):
        raise RuntimeError("shapes of\n a stranger")

    found = plan_file(saved(tmp_path / "a.pt"))
    monkeypatch.setattr(made_format.MadeFormat, "build", stumble)
    with pytest.raises(CheckpointError, match="can be made of it: shapes of"):
        load(found, "cpu")
    monkeypatch.setattr("explorer.loading.fill.fill", stumble)
    with pytest.raises(CheckpointError, match="no model can be made of it: RuntimeError: shapes of a stranger"):
        load(found, "cpu")
    monkeypatch.setattr(made_format.MadeFormat, "recognises", lambda self, header: header.config["gone"])
    with pytest.raises(CheckpointError, match="of no format that is known"):
        plan_file(saved(tmp_path / "a.pt"))


def test_all_visitors_share_one_copy(made, set_settings, tmp_path):
    set_settings()
    found, loaded = plan_file(saved(tmp_path / "a.pt")), []

    def visit():
        load(found, "cpu")
        loaded.append(load_tokenizer(found.id, "cpu"))

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(loaded) == 4 and len(set(map(id, loaded))) == 1


def test_one_visitor_who_stops_does_not_stop_another(made, set_settings, tmp_path):
    set_settings()
    found = plan_file(saved(tmp_path / "a.pt"))
    reading, second_waits, got = threading.Event(), threading.Event(), []

    def stop(share, words):
        if words.startswith("reading"):
            reading.set()
            assert second_waits.wait(10)
            raise Cancelled("Stopped.")

    def first():
        with pytest.raises(Cancelled):
            load(found, "cpu", stop)
        got.append("stopped")

    def second():
        assert reading.wait(10)
        second_waits.set()
        got.append(load(found, "cpu").id)

    threads = [threading.Thread(target=one) for one in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(got) == sorted(["stopped", found.id])
    assert load_tokenizer(found.id, "cpu").spec.id == found.id
    assert not planning._unproven and not +planning._busy


def test_a_page_that_waits_goes_on_when_the_visitor_who_loads_stops(made, set_settings, tmp_path):
    """It is listed while it is loaded, so pages may ask for it; nobody but the visitor who stopped hears of that."""
    set_settings()
    found = plan_file(saved(tmp_path / "a.pt"))
    reading, page_waits, got = threading.Event(), threading.Event(), []

    def stop(share, words):
        if words.startswith("reading"):
            reading.set()
            assert page_waits.wait(10)
            time.sleep(0.2)  # until the page stands in the same line
            raise Cancelled("Stopped.")

    def visitor():
        with pytest.raises(Cancelled):
            load(found, "cpu", stop)

    def page():
        assert reading.wait(10)
        page_waits.set()
        try:
            got.append(load_tokenizer(found.id, "cpu").spec.id)
        except ExplorerError as error:
            got.append(type(error).__name__)

    threads = [threading.Thread(target=one) for one in (visitor, page)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert got in ([found.id], ["UnknownIdError"])  # it may be forgotten already, but nobody here stopped anything


def test_numbers_of_another_kind_are_refused_and_small_floats_are_not(made, set_settings, tmp_path):
    set_settings()
    state = made_format.state()
    torch.save(state | {"encoder.bias": state["encoder.bias"].long()}, tmp_path / "whole.pt")
    with pytest.raises(CheckpointError, match=r"encoder\.bias holds int64; floats were expected"):
        load(plan_file(tmp_path / "whole.pt"), "cpu")
    torch.save(state | {"encoder.bias": state["encoder.bias"].double() * 0 + 1e300}, tmp_path / "large.pt")
    with pytest.raises(CheckpointError, match=r"encoder\.bias holds NaN or infinite"):
        load(plan_file(tmp_path / "large.pt"), "cpu")
    small = state["encoder.weight"].to(torch.float8_e4m3fn)
    torch.save(state | {"encoder.weight": small}, tmp_path / "small.pt")
    spec = load(plan_file(tmp_path / "small.pt"), "cpu")
    assert torch.equal(load_tokenizer(spec.id, "cpu")._codec.encoder.weight, small.float())


def test_a_failed_load_leaves_nothing(made, set_settings, monkeypatch, tmp_path):
    set_settings()
    found = plan_file(saved(tmp_path / "a.pt"))
    data = (tmp_path / "a.pt").read_bytes()
    (tmp_path / "a.pt").write_bytes(data[:900])
    with pytest.raises(CheckpointError, match="ends early"):
        load(found, "cpu")
    assert list_tokenizers() == [] or list_tokenizers()[-1].id != found.id
    assert not tokenizers.is_loaded(found.id, "cpu") and loaded_bytes() == 0
    (tmp_path / "a.pt").write_bytes(data)
    assert load(found, "cpu").id == found.id


def test_no_memory_is_said_in_words(made, set_settings, monkeypatch, tmp_path):
    set_settings()

    def fail(format, header, progress):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: not enough memory")

    monkeypatch.setattr("explorer.loading.fill.fill", fail)
    with pytest.raises(CheckpointError, match=r"not enough memory to load a\.pt"):
        load(plan_file(saved(tmp_path / "a.pt")), "cpu")


def test_what_cannot_fit_is_refused_before_it_is_read(made, set_settings, monkeypatch, tmp_path):
    found = plan_file(saved(tmp_path / "a.pt", codes=1000, dim=40))
    set_settings(tokenizer_bytes=100_000)
    with pytest.raises(CheckpointError, match=r"needs 1 MiB of memory.*keeps at most"):
        load(found, "cpu")
    set_settings(tokenizer_bytes=2**40)
    monkeypatch.setattr(memory, "free_bytes", lambda: memory.ROOM)
    with pytest.raises(CheckpointError, match="are free now"):
        load(found, "cpu")
    assert loaded_bytes() == 0


def test_the_least_recently_used_make_room(made, set_settings, tmp_path):
    found = [plan_file(saved(tmp_path / f"{name}.pt", codes=1000, seed=seed)) for seed, name in enumerate("abc")]
    size = found[0].memory_bytes
    set_settings(tokenizer_bytes=2 * size + 1000)
    for one in found[:2]:
        load(one, "cpu")
    first = load_tokenizer(found[0].id, "cpu")  # now the second is the older
    load(found[2], "cpu")
    assert loaded_bytes() <= 2 * size + 1000
    assert [tokenizers.is_loaded(one.id, "cpu") for one in found] == [True, False, True]
    assert {one.id for one in found} <= {spec.id for spec in list_tokenizers()}  # still listed
    assert load_tokenizer(found[0].id, "cpu") is first
    again = load_tokenizer(found[1].id, "cpu")  # loaded again on use
    assert np.array_equal(
        again.tokenize(PIXELS).levels[0].indices, made_format.answer(made_format.state(1000, seed=1), PIXELS)[0]
    )
    assert not tokenizers.is_loaded(found[2].id, "cpu")


def test_what_was_let_go_is_freed(made, set_settings, tmp_path):
    import weakref

    found = [plan_file(saved(tmp_path / f"{name}.pt", codes=1000, seed=seed)) for seed, name in enumerate("ab")]
    set_settings(tokenizer_bytes=found[0].memory_bytes + 1000)
    load(found[0], "cpu")
    gone = weakref.ref(load_tokenizer(found[0].id, "cpu"))
    load(found[1], "cpu")
    gc.collect()
    assert gone() is None


def test_the_budget_is_less_on_a_small_machine(monkeypatch):
    from explorer.foundation.config import Limits

    monkeypatch.setattr(memory, "total_bytes", lambda: 4 * 2**30)
    assert memory.budget(Limits()) == 2 * 2**30
    monkeypatch.setattr(memory, "total_bytes", lambda: 64 * 2**30)
    assert memory.budget(Limits()) == Limits().tokenizer_bytes == 6 * 2**30
    assert 0 < memory.free_bytes() <= memory.total_bytes()


def test_a_container_says_how_much_there_is(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    whole = memory.total_bytes()
    (tmp_path / "memory.max").write_text("1073741824\n")
    (tmp_path / "memory.current").write_text("805306368\n")
    assert memory.total_bytes() == min(whole, 2**30) and memory.free_bytes() <= 2**28
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.total_bytes() == whole


def test_every_format_that_is_listed_loads():
    assert recognition.FORMATS and all(recognition.format_of(name).title for name in recognition.FORMATS)
