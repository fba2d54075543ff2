"""torchrun and Ray count what one process counts, to the bit, also when a worker is killed in the middle."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from small_audit import GreyTokenizer, after, assert_same, save_picture

from explorer.__main__ import main
from explorer.audit.distributed.ranks import Rank, rank_of
from explorer.audit.indices.run import Reading
from explorer.audit.run import run_audit
from explorer.audit.shards.indices import run_index_shard
from explorer.audit.shards.plan import Shard
from explorer.audit.sources import open_source
from explorer.foundation.config import REPOSITORY
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.files.audits import load_audit

SIZES = [(64, 96), (40, 48), (8, 8), (96, 64)]
FILES = ("counts.npy", "details.npz", "exemplars/exemplars.csv")


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    root = tmp_path_factory.mktemp("many") / "media"
    for number in range(90):
        save_picture(root / f"{number:02}.png", *SIZES[number % 3 if number % 5 else 3], seed=number)
    for number in (5, 33, 34, 70):
        (root / f"{number:02}.png").write_text("no picture")
    return root


def test_two_ranks_of_torchrun_of_which_one_was_killed(media, tmp_path):
    """The first run ends with rank 1 killed by -9; the same command again writes the files of one process."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += [str(Path(__file__).with_name("distributed_audit.py"))]
    command += ["audit", "vq-ema-reseed", str(media), "--device", "cpu", "--side", "64", "--out", str(tmp_path / "two")]
    environment = os.environ | {
        "DIED": str(tmp_path / "died"), "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"
    }  # fmt: skip
    options = {"cwd": REPOSITORY, "env": environment, "capture_output": True, "text": True}
    killed = subprocess.run(command, **options)
    assert killed.returncode != 0 and (tmp_path / "died").exists(), killed.stderr
    left = sorted(path.name for path in (tmp_path / "two" / "shards").iterdir())
    assert Shard(2, 2).file in left and not (tmp_path / "two" / "audit.json").exists()
    again = subprocess.run(command, **options)
    assert again.returncode == 0, again.stderr
    line = [*command[command.index("audit") : -1], str(tmp_path / "one")]
    alone = subprocess.run([sys.executable, "-m", "explorer", *line], **options)  # as many threads: the same roundings
    assert alone.returncode == 0, alone.stderr
    assert_same(load_audit(tmp_path / "two"), load_audit(tmp_path / "one"))
    for name in FILES:
        assert (tmp_path / "two" / name).read_bytes() == (tmp_path / "one" / name).read_bytes(), name
    assert not (tmp_path / "two" / "shards").exists() and "86 of 90 media, 4 skipped" in again.stdout


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """Two files of lines of tokens, and the command that counts them."""
    folder = tmp_path_factory.mktemp("lines")
    for name in ("a", "b"):
        random = np.random.default_rng(ord(name))
        rows = [random.integers(0, 500, length).tolist() for length in random.integers(1, 200, 300)]
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, [*rows, [500]])))
    return ["audit", "--indices", str(folder), "--codebook-size", "500"]


def test_two_ranks_that_count_indices(lines, tmp_path):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "explorer"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, *lines, "--out", str(tmp_path / "two")],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert main([*lines, "--out", str(tmp_path / "one")]) == 0
    assert_same_files(tmp_path / "two", tmp_path / "one")
    assert not (tmp_path / "two" / "shards").exists() and "2 of 602 lines were left out" in done.stdout


def assert_same_files(folder, other):
    assert_same(load_audit(folder), load_audit(other))
    for name in FILES[:2]:
        assert (folder / name).read_bytes() == (other / name).read_bytes(), name


def may_go_on(marker):
    return marker.with_name("go on")


class MortalOrder:
    """Counts a shard, the second once in a process that dies at that, and those behind the fourth when they may."""

    def __init__(self, places, marker):
        self._places, self._marker = places, marker

    def __call__(self, shard, folder):
        if shard.number == 2 and not self._marker.exists():
            self._marker.write_text("died")
            os.kill(os.getpid(), signal.SIGKILL)
        while shard.number > 4 and not may_go_on(self._marker).exists():
            time.sleep(0.05)  # so that a stop comes before the end, however slow the one who asks for it
        return run_index_shard(self._places, 500, Reading("t"), None, shard, folder)


class Mortal(GreyTokenizer):
    """Kills its process at the third call of all, once."""

    def __init__(self, marker):
        super().__init__()
        self._marker, self._calls = marker, 0

    def encode(self, media):
        self._calls += 1
        if self._calls == 3 and not self._marker.exists():
            self._marker.write_text("died")
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(media)


@pytest.fixture(scope="module")
def ray(tmp_path_factory):
    """A Ray of two processors, which is told where the modules of the tests are."""
    module = pytest.importorskip("ray")
    pytest.importorskip("ray.data")
    patch = pytest.MonkeyPatch()
    here = tempfile.mkdtemp(prefix="ray")  # its sockets need a short path
    home = tmp_path_factory.mktemp("home")
    for name, value in {
        "PYTHONPATH": os.pathsep.join(map(str, (REPOSITORY, *Path(__file__).parents[:2]))), "HOME": str(home),
        "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "OMP_NUM_THREADS": "1",
    }.items():  # fmt: skip
        patch.setenv(name, value)
    module.init(
        num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error", _temp_dir=here,
        object_store_memory=200 * 2**20,
    )  # fmt: skip
    yield module
    module.shutdown()
    patch.undo()
    shutil.rmtree(here, ignore_errors=True)


def test_two_workers_of_ray_of_which_one_was_killed(ray, media, tmp_path):
    """The encoder is killed by -9 in the middle, and the driver stops before the end; a later one does the rest."""
    from explorer.audit.distributed.ray_job import audit_on_ray, shop_for

    source, state, marker = open_source(media), tmp_path / "state.npz", tmp_path / "died"
    whole = run_audit(GreyTokenizer(), source, title="t", seed=3)
    shop = shop_for(
        GreyTokenizer(), source, seed=3, fitting=None,
        load=partial(Mortal, marker), open_media=partial(open_source, media),
    )  # fmt: skip
    assert shop.unit == 32  # two blocks of 16
    seen = []
    part = audit_on_ray(shop, "cpu", title="t", state=state, progress=seen.append, cancelled=after(2))
    assert marker.exists() and [at.done for at in seen] == [32, 64] and not part.complete and state.exists()
    assert len(part.media) + len(part.skipped) == 64
    one = tmp_path / "copy.npz"
    shutil.copy(state, one)
    assert_same(run_audit(GreyTokenizer(), source, title="t", seed=3, resume=one), whole)
    assert_same(audit_on_ray(shop, "cpu", title="t", state=state), whole)
    assert state.exists(), "who wrote the audit takes it away"


def test_workers_of_ray_count_indices_of_which_one_was_killed(ray, lines, tmp_path, capsys):
    from explorer.audit.distributed.ray_indices import count_on_ray

    marker, seen, shards = tmp_path / "died", [], tmp_path / "s" / "shards"
    order = MortalOrder(lines[2], marker)
    assert (
        count_on_ray(order, shards, progress=seen.append, cancelled=lambda: len(seen) > 1 and marker.exists()) is None
    )
    assert marker.exists() and 0 < len(list(shards.glob("*.npz"))) < 8  # it was stopped; what is done is not done again
    assert main([*lines, "--axes", "t", "--out", str(tmp_path / "s"), "--ray"]) == 0
    assert main([*lines, "--axes", "t", "--out", str(tmp_path / "one")]) == 0
    assert_same_files(tmp_path / "s", tmp_path / "one")
    assert not shards.exists() and capsys.readouterr().out.count("2 of 602 lines were left out") == 2
    may_go_on(marker).touch()
    bad = MortalOrder(str(tmp_path / "none"), marker)
    with pytest.raises(RecordError, match="There is no file"):
        count_on_ray(bad, tmp_path / "bad")


def test_a_worker_that_sees_other_media_says_so(ray, media, tmp_path):
    from explorer.audit.distributed.ray_job import audit_on_ray, shop_for
    from explorer.foundation.errors import ExplorerError

    other = save_picture(tmp_path / "other" / "0.png", 16, 16, 0).parent
    shop = shop_for(
        GreyTokenizer(), open_source(media), seed=0, fitting=None, load=GreyTokenizer,
        open_media=partial(open_source, other),
    )  # fmt: skip
    with pytest.raises(ExplorerError, match=r"Ray stopped after 0 of 90 files: .*sees other media than were planned"):
        audit_on_ray(shop, "cpu", title="t", state=tmp_path / "state.npz")


def test_units_are_whole_blocks_with_room_for_their_pixels(grey):
    from dataclasses import replace

    from explorer.audit.distributed.ray_job import unit_length
    from explorer.audit.run import subject_to_audit
    from explorer.audit.sources import MediaSource

    def unit(files, side, modality="image"):
        subject = subject_to_audit(grey, MediaSource("t", ("a",), lambda *_: None), 0, side)
        return unit_length(replace(subject, planned=files, modality=modality))

    assert [unit(100, 64), unit(100, 1024), unit(10**6, 256), unit(10**6, 1024)] == [256, 32, 256, 64]
    assert [unit(100, 4096), unit(10**6, 256, "audio"), unit(10**6, 256, "video")] == [16, 64, 4]


def test_what_torchrun_says_is_read_and_held_against_reason():
    assert rank_of({}) is None and rank_of({"RANK": "3"}) is None
    rank = rank_of({"RANK": "9", "WORLD_SIZE": "16", "LOCAL_RANK": "1"})
    assert rank == Rank(9, 16, 1) and rank.shard == Shard(10, 16)
    for said in ({"RANK": "2", "WORLD_SIZE": "2"}, {"RANK": "-1", "WORLD_SIZE": "2"}, {"RANK": "x", "WORLD_SIZE": "2"}):
        with pytest.raises(SettingsError, match="are no rank of a group"):
            rank_of(said)


def test_a_rank_takes_its_gpu_and_says_where_there_is_none(monkeypatch):
    from explorer.audit.distributed.ranks import take_gpu

    taken = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    take_gpu(Rank(5, 8, 1))
    assert taken == [1]
    with pytest.raises(SettingsError, match="There are 2 GPUs here, and this is process 3"):
        take_gpu(Rank(6, 8, 2))


def test_options_that_do_not_go_together(media, tmp_path, capsys, monkeypatch):
    out = ["--out", str(tmp_path / "out")]
    np.save(tmp_path / "i.npy", np.arange(9))
    indices = ["audit", "--indices", str(tmp_path / "i.npy"), "--codebook-size", "9", *out]
    lines = [
        ["audit", "vq-ema-reseed", str(media), *out, "--ray", "--shard", "1/2"],
        [*indices, "--ray", "--shard", "1/2"],
    ]
    for line in lines:
        assert main(line) == 2 and "two ways to share the work out" in capsys.readouterr().err
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    for line in lines:
        assert main(line) == 2 and "--shard does not go with" in capsys.readouterr().err


def test_an_address_where_no_ray_is(media, tmp_path, capsys):
    pytest.importorskip("ray.data")
    line = ["audit", "vq-ema-reseed", str(media), "--out", str(tmp_path / "out"), "--ray", "127.0.0.1:9"]
    assert main(line) == 2 and "There is no Ray at '127.0.0.1:9'" in capsys.readouterr().err


def test_without_ray_it_says_what_to_install(media, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["audit", "vq-ema-reseed", str(media), "--out", str(tmp_path / "out"), "--ray"]) == 2
    assert 'pip install "ray[data]"' in capsys.readouterr().err


def test_a_folder_that_not_all_machines_see(media, tmp_path):
    from explorer.audit.shards.merge import merge_shards
    from explorer.cli.distribution import merge_all
    from explorer.foundation.errors import RecordError

    (tmp_path / Shard(1, 2).file).write_bytes(b"mine")
    with pytest.raises(RecordError, match=r"shard-2-of-2\.npz and others \(1 of 2\) are not in .* all machines see"):
        merge_all(tmp_path, 2, merge_shards)


def test_what_killed_ranks_left_half_written_goes_with_the_shards_and_nothing_else(tmp_path):
    from explorer.cli.distribution import take_away

    folder = tmp_path / "shards"
    folder.mkdir()
    names = [Shard(1, 2).file, Shard(2, 2).file, f"{Shard(2, 2).file}x1y2.part", Shard(1, 3).file]
    for name in names:
        (folder / name).write_bytes(b"x")
    take_away(folder, 2)
    assert [path.name for path in folder.iterdir()] == [Shard(1, 3).file]
    (folder / Shard(1, 3).file).unlink()
    take_away(folder, 2)
    take_away(folder, 2)
    assert not folder.exists()
