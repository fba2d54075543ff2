"""Checkpoints of a run beside each other, rules without a table, and what is written of them.

Oracles: a training of vector-quantize-pytorch whose codes die and are put back at known steps; numpy on its tensors.
"""

import csv
import io
import json

import numpy as np
import pytest
import torch
from vector_quantize_pytorch import FSQ, LFQ, SimVQ

from explorer.__main__ import main
from explorer.analysis.opening.file import open_file
from explorer.analysis.opening.life_words import life_lines, table_of_lives
from explorer.analysis.opening.timeline import read_timeline
from explorer.analysis.opening.words import rule_line, summary, table_lines, wanting
from explorer.foundation.errors import SettingsError
from tests.analysis.opening.made_checkpoints import CODES, MENDED, STEPS, save_checkpoints


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    return folder, save_checkpoints(folder)


def saved(path):
    return torch.load(path, weights_only=True)["state_dict"]


def test_steps_deaths_moves_and_jumps_are_those_of_the_tensors(run):
    folder, paths = run
    timeline = read_timeline([folder])
    assert [(m.step, m.said) for m in timeline.moments] == [(step, "file") for step in STEPS] and timeline.stepped
    (life,) = timeline.lives
    counts = [saved(path)["vq._codebook.cluster_size"][0].double().numpy() for path in paths]
    dead = [(one < 0.01 * one.mean()).sum() for one in counts]
    assert life.dead.tolist() == dead and 0 < dead[1] <= dead[2] and dead[-1] == 0
    tables = [saved(path)["vq._codebook.embed"][0].double().numpy() for path in paths]
    for at in range(1, len(paths)):
        far = np.linalg.norm(tables[at] - tables[at - 1], axis=1)
        others = np.linalg.norm(tables[at - 1][:, None] - tables[at - 1][None], axis=2)
        np.fill_diagonal(others, np.inf)
        assert life.moved[at] == pytest.approx(np.sqrt((far**2).mean()), rel=1e-6)
        assert life.jumped[at] == (far > np.median(others.min(axis=1))).sum()
    assert np.isnan(life.moved[0]) and life.jumped[STEPS.index(MENDED)] == dead[-2], (
        "those that were dead were put back"
    )
    said = " ".join(life_lines(life))
    assert f"0, then 0 of {CODES}, at most {int(dead[2])} (step-60.pt)" in said
    assert f"{int(dead[2])} of {CODES} up to step-80.pt" in said


def test_the_order_is_that_of_the_steps_and_not_of_the_names(tmp_path):
    for name, step in (("a", 300), ("b", 20), ("c", 100)):
        torch.save({"vq.codebook": torch.full((4, 2), float(step)), "step": step}, tmp_path / f"{name}.pt")
    timeline = read_timeline(sorted(tmp_path.iterdir()))
    assert [moment.name for moment in timeline.moments] == ["b.pt", "c.pt", "a.pt"]
    for path in tmp_path.iterdir():
        path.rename(tmp_path / {"a.pt": "m-9.pt", "b.pt": "m-10.pt", "c.pt": "m-100.pt"}[path.name])
    table = {"vq.codebook": torch.rand(4, 2)}
    for path in tmp_path.iterdir():
        torch.save(table, path)
    assert [(m.name, m.step, m.said) for m in read_timeline([tmp_path]).moments] == [
        ("m-9.pt", 9, "name"),
        ("m-10.pt", 10, "name"),
        ("m-100.pt", 100, "name"),
    ]


def test_folders_of_a_trainer_are_checkpoints_too(tmp_path):
    for step in (500, 1000):
        (tmp_path / f"checkpoint-{step}").mkdir()
        torch.save({"vq.codebook": torch.rand(4, 2)}, tmp_path / f"checkpoint-{step}" / "pytorch_model.bin")
    assert [moment.step for moment in read_timeline([tmp_path]).moments] == [500, 1000]


def test_damaged_ones_are_named_and_tables_that_grow_are_apart(tmp_path):
    for step, size in ((1, 4), (2, 4), (3, 8), (4, 8)):
        torch.save({"vq.codebook": torch.rand(size, 2), "step": step}, tmp_path / f"step-{step}.pt")
    (tmp_path / "step-5.pt").write_bytes(b"half of a file")
    timeline = read_timeline([tmp_path])
    assert [(life.codes, life.steps.tolist()) for life in timeline.lives] == [(4, [1, 2]), (8, [3, 4])]
    assert any("step-5.pt" in note for note in timeline.notes) and any(
        "4 x 2 and 8 x 2" in note for note in timeline.notes
    )
    for path in tmp_path.glob("step-[1-3].pt"):
        path.unlink()
    with pytest.raises(SettingsError, match=r"two checkpoints or more, and 1 can be read.*step-5.pt"):
        read_timeline([tmp_path])


def test_nan_in_one_checkpoint_hides_nothing_of_the_others(tmp_path):
    table = torch.rand(8, 3)
    torch.save({"vq.codebook": table, "step": 1}, tmp_path / "1.pt")
    broken = table.clone()
    broken[2] = torch.nan
    torch.save({"vq.codebook": broken, "step": 2}, tmp_path / "2.pt")
    (life,) = read_timeline([tmp_path]).lives
    assert life.moved[1] == 0 and life.jumped[1] == 0 and np.isfinite(life.dimension).all()


def test_the_command_prints_writes_and_refuses(run, tmp_path, capsys):
    folder, paths = run
    out = [tmp_path / "t.csv", tmp_path / "t.html"]
    assert main(["open", "--timeline", str(folder), "--csv", str(out[0]), "--report", str(out[1])]) == 0
    assert "4 checkpoints, steps 20 to 80." in capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO(out[0].read_text())))
    assert [row["step"] for row in rows] == [str(step) for step in STEPS] and rows[0]["moved"] == ""
    assert out[0].read_text() == table_of_lives(read_timeline(paths).lives)
    assert 'data-figure="0"' in out[1].read_text() and "step-60.pt" in out[1].read_text()
    assert main(["open", "--json", "--timeline", *map(str, paths)]) == 0
    assert json.loads(capsys.readouterr().out)["tables"][0]["rows"][3]["dead"] == 0
    for line, said in (
        ([str(paths[0]), str(paths[1])], "--timeline"),
        ([str(paths[0]), "--csv", "x.csv"], "--timeline"),
        (["--timeline", str(paths[0])], "two checkpoints"),
        (
            ["https://huggingface.co/a/b/resolve/main/model.pt"],
            "https:// is an address, and open reads only files on this",
        ),
        (
            ["hf://a/b/model.safetensors"],
            "Fetch it by your own means and open the file; or bring a whole repository of",
        ),
        (["--timeline", str(folder), "--csv", str(tmp_path / "no" / "x.csv")], "cannot write"),
    ):
        assert main(["open", *line]) == 2
        assert said in capsys.readouterr().err


def test_rules_without_a_table_are_told(tmp_path):
    fsq, lfq = FSQ([8, 5, 5]), LFQ(codebook_size=1024, dim=10)
    state = {"quantizer._levels": fsq._levels, "quantizer._basis": fsq._basis, "other.mask": lfq.mask.clone()}
    state["written.implicit_codebook"] = fsq.implicit_codebook.clone()
    torch.save(state, tmp_path / "implicit.pt")
    found = open_file(tmp_path / "implicit.pt")
    assert [(rule.key, rule.levels, rule.codes, rule.kind) for rule in found.rules] == [
        ("other.mask", (2,) * 10, 1024, "signs"),
        ("quantizer._levels", (8, 5, 5), 200, "lattice"),
        ("written.implicit_codebook", (8, 5, 5), 200, "lattice"),
    ]
    assert found.tables == () and "none is a table" in summary(found) and "8 x 5 x 5" in rule_line(found.rules[1])
    assert "--codebook-size 1024" in wanting(found)


def test_the_codes_of_a_frozen_table_are_its_product(tmp_path):
    vq = SimVQ(dim=6, codebook_size=40)
    with torch.no_grad():
        vq.code_transform.weight.add_(0.3 * torch.randn(6, 6))
    torch.save(vq.state_dict(), tmp_path / "simvq.pt")
    (table,) = open_file(tmp_path / "simvq.pt").tables
    assert np.allclose(table.rows, vq.codebook.detach().numpy(), atol=1e-6)
    assert "multiplied by code_transform.weight" in table_lines(table)[0]


def test_names_with_other_digits_are_read(tmp_path):
    for name in ("\u00b2.pt", "\u0663.pt", "1.pt"):
        torch.save({"vq.layers.\u00b2.codebook": torch.rand(4, 2)}, tmp_path / name)
    assert {moment.name for moment in read_timeline([tmp_path]).moments} == {"\u00b2.pt", "\u0663.pt", "1.pt"}


def test_what_is_no_rule_is_none(tmp_path):
    torch.save(
        {"a.mask": torch.tensor([1, 2, 5]), "a.levels": torch.tensor([1, 0]), "b.mask": torch.ones(3)},
        tmp_path / "x.pt",
    )
    assert open_file(tmp_path / "x.pt").rules == ()


def test_a_tokenizer_of_this_app_is_said_to_be_one(capsys):
    assert main(["open", "checkpoints/rvq-4"]) == 0
    assert "is a tokenizer that this app trained, 'rvq-4'" in capsys.readouterr().out


def test_the_report_of_a_file_draws_its_codes_and_escapes_names(tmp_path, capsys):
    torch.save({"<b>.codebook": torch.rand(16, 3)}, tmp_path / "m.pt")
    assert main(["open", str(tmp_path / "m.pt"), "--report", str(tmp_path / "m.html")]) == 0
    text = (tmp_path / "m.html").read_text()
    assert "<b>" not in text and "&lt;b&gt;.codebook" in text and text.count('data-figure="') == 2
