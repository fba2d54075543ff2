"""A checkpoint of no known format: tables by name and shape, their figures by hand, dead codes by kept counts, a draft.

Oracles: plain numpy over the tensors that were saved; scipy's distances; the user's own model, called directly.
"""

import json
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from scipy.spatial.distance import cdist
from torch import nn
from vector_quantize_pytorch import ResidualVQ, VectorQuantize

from explorer import tokenizers
from explorer.__main__ import main
from explorer.analysis.opening.draft import draft
from explorer.analysis.opening.file import open_file
from explorer.analysis.opening.table_facts import count_facts, table_facts
from explorer.analysis.opening.words import NOTHING, facts, summary
from explorer.foundation.errors import CheckpointError
from explorer.loading.tables import find_tables
from explorer.pages.api.loading import open_source
from explorer.public.header import TensorInfo
from explorer.tokenizers.user.adapter import bring_adapter

PICTURE = np.random.default_rng(0).random((32, 48, 3), np.float32)

# Names and shapes as the programs that people use write them -> (key, codes, dimensions, transposed, counts).
NAMES = {
    "vector-quantize-pytorch": (
        {"vq._codebook.initted": (1,), "vq._codebook.cluster_size": (1, 64), "vq._codebook.embed_avg": (1, 64, 8),
         "vq._codebook.embed": (1, 64, 8), "vq.project_in.weight": (8, 32)},
        [("vq._codebook.embed", 64, 8, False, "vq._codebook.cluster_size")],
    ),
    "VQ-VAE-2 of rosinality": (
        {"quantize_t.embed": (64, 512), "quantize_t.cluster_size": (512,), "quantize_t.embed_avg": (64, 512),
         "quantize_conv_t.weight": (64, 128, 1, 1)},
        [("quantize_t.embed", 512, 64, True, "quantize_t.cluster_size")],
    ),
    "VQ-VAE of zalandoresearch": (
        {"_vq_vae._embedding.weight": (512, 64), "_vq_vae._ema_w": (512, 64), "_vq_vae._ema_cluster_size": (512,),
         "_pre_vq_conv.weight": (64, 128, 1, 1)},
        [("_vq_vae._embedding.weight", 512, 64, False, "_vq_vae._ema_cluster_size")],
    ),
    "sums over counts": (
        {"quantizer.layers.10.codebook.embed_sum": (32, 16), "quantizer.layers.10.codebook.cluster_usage": (32,),
         "quantizer.layers.2.codebook.embed_sum": (32, 16), "quantizer.layers.2.codebook.cluster_usage": (32,)},
        [(f"quantizer.layers.{n}.codebook.embed_sum", 32, 16, False, f"quantizer.layers.{n}.codebook.cluster_usage")
         for n in (2, 10)],
    ),
    "scales that share a table": (
        {"quantize.embedding.weight": (4096, 32), "quantize.ema_vocab_hit_SV": (10, 4096)},
        [("quantize.embedding.weight", 4096, 32, False, "quantize.ema_vocab_hit_SV")],
    ),
    "k-means": ({"cluster_centers_": (10, 3)}, [("cluster_centers_", 10, 3, False, "")]),
    "no table": (
        {"model.embed_tokens.weight": (32000, 64), "transformer.wte.weight": (50, 6), "encoder.pos_embed": (1, 196, 64),
         "time_embed.0.weight": (5, 6), "quant_conv.weight": (8, 8, 1, 1), "quantizer.project_in.weight": (8, 32)},
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("program", NAMES)
def test_tables_are_known_by_name_and_shape(program):
    shapes, expected = NAMES[program]
    found = find_tables({key: TensorInfo(shape) for key, shape in shapes.items()})
    assert [(t.key, t.codes, t.dim, t.transposed, t.counts) for t in found] == expected


def test_figures_of_a_table_are_right():
    rng = np.random.default_rng(1)
    table = rng.standard_normal((300, 6)) * [3, 2, 1, 0.5, 0.1, 0.01] + 50
    table[40:60] = table[20:40] + 1e-4  # twenty pairs
    told = table_facts(table.astype(np.float32), 300)
    apart = cdist(table, table) + np.diag(np.full(300, np.inf))
    gap = np.median(apart.min(1))
    assert told.gap == pytest.approx(gap, rel=1e-3) and told.threshold == pytest.approx(0.05 * gap, rel=1e-3)
    assert told.twins == int((apart.min(1) <= 0.05 * gap).sum()) >= 40
    lengths = np.linalg.norm(table, axis=1)
    assert told.norms == pytest.approx((lengths.min(), np.median(lengths), lengths.max()), rel=1e-5)
    assert told.spread == pytest.approx(np.sqrt(((table - table.mean(0)) ** 2).sum(1).mean()), rel=1e-5)
    share = np.linalg.eigvalsh(np.cov(table.T))
    share = share / share.sum()
    assert told.dimension == pytest.approx(1 / np.square(share).sum(), rel=1e-3)
    table[3:15] = np.nan
    lost = table_facts(table, 300)
    assert lost.lost == 12 and lost.fault == "12 of 300 codes are NaN: the run diverged" and lost.norms is not None


def test_figures_of_counts_are_right():
    counts = np.array([100.0, 50, 30, 20, 0.4, 0, 0.6, 0])  # the mean is 25.125, so that dead is below 0.25125
    told = count_facts(counts)
    assert np.flatnonzero(told.dead).tolist() == [5, 7] and told.total == 201
    share = counts[counts > 0] / 201
    assert told.effective == pytest.approx(np.exp(-(share * np.log(share)).sum())) and told.most == pytest.approx(
        100 / 201
    )
    for silent, words in ((np.ones(9), "all of them are 1, as before the first step"), (np.zeros(9), "none were kept"),
                          (np.array([1, np.nan]), "NaN"), (np.array([-1.0, 2]), "below 0")):  # fmt: skip
        assert words in count_facts(silent).silent and count_facts(silent).dead is None


def trained(quantizer, steps=60):
    """A quantizer of the library after some steps on latents that lie about 40 of its codes alone."""
    made, near = torch.Generator().manual_seed(0), quantizer._codebook.embed[0, :40].clone()
    quantizer.train()
    for _ in range(steps):
        chosen = near[torch.randint(40, (4, 200), generator=made)]
        quantizer(chosen + 1e-3 * torch.randn(4, 200, 8, generator=made))
    return quantizer.eval()


@pytest.mark.parametrize("kind", ["safetensors", "pt", "old.pt"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_dead_codes_are_told_without_any_data(kind, dtype, tmp_path):
    torch.manual_seed(0)
    state = {f"vq.{key}": value for key, value in trained(VectorQuantize(dim=8, codebook_size=64)).state_dict().items()}
    embed, counts = state["vq._codebook.embed"], state["vq._codebook.cluster_size"][0].numpy()
    state["vq._codebook.embed"] = embed.to(dtype)
    path = tmp_path / f"run.{kind}"
    if kind == "safetensors":
        save_file(state, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=kind == "pt")
    (table,) = open_file(path).tables
    dead = counts < 0.01 * counts.mean()
    assert dead.sum() == 24 and np.array_equal(table.counted.dead, dead)
    lengths = embed.to(dtype).double()[0].norm(dim=1).numpy()
    assert table.facts.norms == pytest.approx((lengths.min(), np.median(lengths), lengths.max()))
    said = facts(open_file(path), "")
    assert said["tables"][0]["dead_codes"] == np.flatnonzero(dead).tolist()
    words = f"({table.found.counts}) {dead.sum()} of 64 codes were dead, below 1% of the mean count"
    assert any(words in line for line in said["tables"][0]["lines"])


def test_tables_that_lie_otherwise_are_read_as_they_are_meant(tmp_path):
    rng = torch.Generator().manual_seed(3)
    table, usage = torch.randn(6, 50, generator=rng), torch.rand(50, generator=rng) + 0.5
    heads, head_counts = torch.randn(2, 16, 4, generator=rng), torch.rand(2, 16, generator=rng) * 9
    sums = torch.randn(20, 5, generator=rng)
    state = {
        "a.quantize.embed": table.T.contiguous().T, "a.quantize.cluster_size": torch.arange(50.0),
        "b.vq._codebook.embed": heads, "b.vq._codebook.cluster_size": head_counts,
        "c.codebook.embed_sum": sums, "c.codebook.cluster_usage": usage[:20],
    }  # fmt: skip
    torch.save(state, tmp_path / "x.pt")
    first, one, two, summed = open_file(tmp_path / "x.pt").tables

    def longest(vectors):
        return vectors.double().norm(dim=1).max().item()

    assert first.facts.norms[2] == pytest.approx(longest(table.T)) and first.facts.codes == 50
    assert np.flatnonzero(first.counted.dead).tolist() == [0]
    assert [t.facts.norms[2] for t in (one, two)] == pytest.approx([longest(heads[0]), longest(heads[1])])
    assert two.counted.total == pytest.approx(head_counts[1].sum().item())
    assert summed.facts.norms[2] == pytest.approx(longest(sums / usage[:20, None]), rel=1e-6)


def test_a_large_table_is_read_in_part(tmp_path):
    rows = torch.arange(40_000.0)[:, None].expand(40_000, 2).contiguous()
    save_file({"codebook": rows}, tmp_path / "x.safetensors")
    (table,) = open_file(tmp_path / "x.safetensors").tables
    assert table.facts.read == 16_384 and table.facts.codes == 40_000
    assert table.facts.norms[2] > 0.99 * 40_000 * 2**0.5  # from its whole length, not only from its beginning


def test_a_file_without_a_table_says_so(tmp_path):
    save_file({"head.weight": torch.ones(3, 4)}, tmp_path / "x.safetensors")
    opened = open_file(tmp_path / "x.safetensors")
    assert summary(opened) == f"{NOTHING} The file holds 1 tensor."
    assert "adapt(" in draft(opened, "x.safetensors")


class Model(nn.Module):
    """A model as people write it: what the draft must find is in its names."""

    def __init__(self, quantizer):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, 12, 4, 2, 1), nn.ReLU(), nn.Conv2d(12, 8, 4, 2, 1))
        self.decoder = nn.ConvTranspose2d(8, 3, 4, 4)
        self.quant_conv, self.post_quant_conv = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1)
        self.vq = quantizer


def of_library():
    return VectorQuantize(dim=8, codebook_size=32)


def residual():
    return ResidualVQ(dim=8, codebook_size=32, num_quantizers=3)


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(32, 8)


@pytest.mark.parametrize("quantizer", [of_library, residual, Plain])
def test_the_draft_is_an_adapter_once_the_class_is_put_in(quantizer, tmp_path, monkeypatch):
    """The class is the user's, all else is drafted; codes are those of the user's own model."""
    torch.manual_seed(0)
    model = Model(quantizer()).eval()
    path = tmp_path / "run 1.ckpt"
    torch.save({"state_dict": {f"module.{key}": value for key, value in model.state_dict().items()}}, path)
    text = draft(open_file(path), path)
    compile(text, "my_adapter.py", "exec")
    assert max(map(len, text.splitlines())) < 200
    (tmp_path / "my_adapter.py").write_text(text, encoding="utf-8")
    maker = type(sys)("my_model")
    maker.MyModel = lambda: Model(quantizer())
    monkeypatch.setitem(sys.modules, "my_model", maker)
    (spec,) = bring_adapter(tmp_path / "my_adapter.py")
    try:
        assert spec.title == "run 1" and spec.downsampling == 4
        record = tokenizers.load_tokenizer(spec.id, "cpu").tokenize(PICTURE)
    finally:
        tokenizers.forget(spec.id)
    with torch.inference_mode():
        z = model.quant_conv(model.encoder(torch.from_numpy(PICTURE).movedim(-1, 0)[None] * 2 - 1))
        flat = z.flatten(2).transpose(1, 2)
        if quantizer is Plain:
            codes = torch.cdist(flat, model.vq.embedding.weight[None]).argmin(-1)[..., None]
        else:
            codes = model.vq(flat)[1].reshape(1, -1, len(record.levels))
    for number, level in enumerate(record.levels):
        assert np.array_equal(level.indices.ravel(), codes[0, :, number].numpy())
    assert len(record.levels) == (3 if quantizer is residual else 1)


def test_several_tables_and_odd_names_still_give_a_file_that_compiles(tmp_path):
    odd = {f"a\"'{n}.codebook": torch.randn(9, 4) for n in range(3)} | {"encoder.0.weight": torch.ones(4, 3, 8)}
    save_file(odd, tmp_path / "x.safetensors")
    opened = open_file(tmp_path / "x.safetensors")
    text = draft(opened, 'odd """ name.ckpt')
    compile(text, "x.py", "exec")
    assert 'modality="audio"' in text and text.count("codebook'],") + text.count('codebook"],') == 3


def test_of_many_dead_codes_some_are_named_and_the_rest_counted(tmp_path):
    counts = torch.cat([torch.zeros(30), torch.ones(10)])
    save_file({"q.codebook": torch.randn(40, 4), "q.cluster_size": counts}, tmp_path / "x.safetensors")
    (line,) = [one for one in facts(open_file(tmp_path / "x.safetensors"), "")["tables"][0]["lines"] if "dead" in one]
    assert "30 of 40 codes were dead" in line and line.endswith(": " + ", ".join(map(str, range(24))) + " and 6 more.")


def test_the_command_prints_and_writes(tmp_path, capsys):
    save_file({"q.codebook": torch.randn(9, 4), "q.cluster_size": torch.arange(9.0)}, tmp_path / "x.safetensors")
    out = tmp_path / "my_adapter.py"
    assert main(["open", str(tmp_path / "x.safetensors"), "--draft", str(out)]) == 0
    said = capsys.readouterr().out
    assert "x.safetensors is of no format that is known here" in said and "9 codes of 4 dimensions." in said
    assert "1 of 9 codes were dead, below 1% of the mean count of 4: 0." in said
    assert "def tokenizer():" in out.read_text(encoding="utf-8")
    assert main(["open", str(tmp_path / "x.safetensors"), "--draft", str(out)]) == 2  # never over a file
    assert "is there already" in capsys.readouterr().err
    assert main(["open", str(tmp_path / "x.safetensors"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["tables"][0]["dead_codes"] == [0] and "def tokenizer():" in told["adapter"]
    assert open_source(str(tmp_path / "x.safetensors"))["tables"] == told["tables"]


def test_a_known_format_is_opened_too(tmp_path, capsys):
    import convvq_originals as originals

    torch.save({"state_dict": dict(originals.state("taming"))}, tmp_path / "last.ckpt")
    assert main(["open", str(tmp_path / "last.ckpt")]) == 0
    said = capsys.readouterr().out
    assert "last.ckpt is taming VQGAN: --checkpoint loads it." in said and "quantize.embedding.weight" in said


def test_nothing_of_a_file_is_run_by_opening_it(tmp_path):
    witness = tmp_path / "witness"

    class Hostile:
        def __reduce__(self):
            return (open, (str(witness), "w"))

    torch.save({"codebook": torch.ones(3, 2), "x": Hostile()}, tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match="Nothing of it was run"):
        open_file(tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match="Send one file"):
        open_source(None)
    assert not witness.exists()
