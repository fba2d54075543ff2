"""Tokenizers of series, fitted small in a folder of their own: their interface, checkpoints, and what is refused."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from scipy.fft import dct, idct

from explorer.foundation.errors import CheckpointError, MediaError, RecordError
from explorer.joints.files.tokens import load_tokens, save_tokens
from explorer.media.medium import tokenized
from explorer.media.rows.series import LoadedSeries, fit_series
from explorer.media.rows.synthetic import body_motion, reach
from explorer.quantizers.fast_merges import Merges, merge
from explorer.tokenizers.rows.checkpoint import load_rows
from explorer.training.rows.series import main

NAMES = ("fast-actions", "series-vq", "series-rvq")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One small checkpoint of each, by the command that makes those that ship."""
    root = tmp_path_factory.mktemp("rows")
    for name in NAMES:
        few = ["--series", "8", "--held-out-series", "2", "--steps", "20", "--out", str(root)]
        assert main([name, *few]) == 0
    return root


@pytest.fixture(scope="module", params=NAMES)
def tokenizer(request, folder):
    return load_rows(folder / request.param, "cpu")


@pytest.fixture(scope="module")
def record(tokenizer):
    return tokenized(reach(), tokenizer, 256)


def indices_of(record):
    return [level.indices for level in record.levels]


def test_a_record_holds_the_series_with_its_units_and_rate(record, tokenizer):
    given = reach()
    assert record.modality == "series" and record.media.shape == (200, 7) and record.duration_s == 4.0
    offset, spread = (np.array([getattr(one, key) for one in record.columns]) for key in ("offset", "spread"))
    np.testing.assert_allclose(record.media * spread + offset, given.values, atol=1e-4)
    rows = tokenizer.spec.media_multiple
    for level in record.levels:
        assert level.layout.shape == (7, 200 // tokenizer.spec.downsampling)
        column, span = level.layout.region(level.layout.shape[1] + 3)
        assert column == slice(1, 2)
        assert span == (slice(0, 50) if rows == 50 else slice(30, 40))


def test_detokenizing_gives_the_reconstruction_back(record, tokenizer):
    np.testing.assert_allclose(tokenizer.detokenize(indices_of(record)), record.reconstruction, atol=1e-6)
    error = np.sqrt(np.square(record.reconstruction - record.media).mean())
    assert error < 0.35, "of values about -1 to 1"


def test_fast_is_the_transform_of_scipy_rounded(folder):
    tokenizer = load_rows(folder / "fast-actions", "cpu")
    record = tokenized(reach(), tokenizer, 256)
    chunks = record.media.T.reshape(7, 4, 50).astype(np.float64)
    coefficients = 10 * dct(chunks, norm="ortho", axis=-1)
    integers = np.round(coefficients).clip(-96, 96)
    clear = np.abs(coefficients - integers) < 0.499  # float32 may round a half the other way
    found = record.levels[0].indices.reshape(7, 4, 50) - 96
    assert clear.mean() > 0.99 and (found == integers)[clear].all()
    decoded = idct(found / 10, norm="ortho", axis=-1).reshape(7, 200).T
    np.testing.assert_allclose(record.reconstruction, decoded, atol=1e-5)


def test_pieces_are_the_merged_integers_low_frequencies_first(folder):
    tokenizer = load_rows(folder / "fast-actions", "cpu")
    record = tokenized(reach(), tokenizer, 256)
    pieces = tokenizer.pieces(record.levels[0])
    pairs = load_file(folder / "fast-actions" / "model.safetensors")["merges"].astype(np.int64)
    merges, grid = Merges(193, pairs), record.levels[0].indices.reshape(7, 4, 50)
    of, ids = pieces.of.reshape(7, 4, 50), []
    for chunk in range(4):
        ids += merge(grid[:, chunk].T.reshape(-1), merges).tolist()
        sent = of[:, chunk].T.reshape(-1)
        assert (np.diff(sent) >= 0).all() and (np.diff(sent) <= 1).all(), "pieces are sent one after the other"
    assert pieces.ids.tolist() == ids and pieces.of.max() == len(ids) - 1 and pieces.vocabulary == 193 + len(pairs)
    restored = [one for piece in ids for one in merges.integers_of(piece)]
    assert restored == [one for chunk in range(4) for one in grid[:, chunk].T.reshape(-1)], "merges lose nothing"
    assert len(ids) < record.levels[0].indices.size / 3


def test_only_merged_tokens_have_pieces(folder):
    tokenizer = load_rows(folder / "series-vq", "cpu")
    assert tokenizer.pieces(tokenized(reach(), tokenizer, 256).levels[0]) is None


def test_levels_of_rvq_add_up_and_each_takes_the_nearest_code(folder):
    tokenizer = load_rows(folder / "series-rvq", "cpu")
    record = tokenized(reach(), tokenizer, 256)
    residual, total = record.media.T.reshape(7 * 20, 10), 0
    for number, level in enumerate(record.levels):
        distances = np.square(residual[:, None] - level.codebook.vectors[None]).sum(-1)
        chosen = distances[np.arange(140), level.indices.reshape(-1)]
        np.testing.assert_allclose(chosen, distances.min(1), atol=1e-5)
        total = total + level.codebook.vectors[level.indices.reshape(-1)]
        residual = record.media.T.reshape(140, 10) - total
        decoded = tokenizer.decode_levels(record, range(number + 1))
        np.testing.assert_allclose(decoded, total.reshape(7, 200).T, atol=1e-5)


def test_a_code_alone_is_its_shape_or_its_frequency(folder):
    vq = load_rows(folder / "series-vq", "cpu")
    np.testing.assert_allclose(vq.decode_alone(0, [5, 2])[..., 0], vq.codebooks()[0].vectors[[5, 2]], atol=1e-6)
    fast = load_rows(folder / "fast-actions", "cpu")
    found = fast.decode_alone(0, [96 + 7, 96])  # (2, 50, 4)
    waves = idct(np.eye(50)[:4] * 7 / 10, norm="ortho", axis=-1).T
    np.testing.assert_allclose(found[0], waves, atol=1e-5)
    assert not found[1].any() and fast.decode_alone(0, []).shape == (0, 50, 4)


def test_files_of_any_columns_and_lengths_are_taken(tokenizer):
    for columns, rows in ((1, 13), (3, 50), (11, 77)):
        given = LoadedSeries(
            np.random.default_rng(rows).normal(size=(rows, columns)), body_motion(1, 1).columns[:columns]
        )
        record = tokenized(given, tokenizer, 256)
        assert record.media.shape == (
            -(-rows // tokenizer.spec.media_multiple) * tokenizer.spec.media_multiple,
            columns,
        )
        assert record.duration_s is None and record.bitrate_bps("uniform") is None


def test_wrong_media_and_tokens_are_refused_in_words(tokenizer, record):
    multiple = tokenizer.spec.media_multiple
    for media, words in (
        (np.zeros((multiple, 3, 1)), "rows, columns"),
        (np.zeros((multiple + 1, 3)), f"multiple of {multiple}"),
        (np.full((multiple, 2), np.nan), "finite"),
    ):
        with pytest.raises(MediaError, match=words):
            tokenizer.tokenize(media)
    wrong = [level[:, :-1] for level in indices_of(record)]
    if multiple > tokenizer.spec.downsampling:
        with pytest.raises(RecordError, match="whole chunks"):
            tokenizer.detokenize(wrong)
    with pytest.raises(RecordError):
        tokenizer.detokenize(indices_of(record) * 2)


def test_a_token_file_keeps_columns_chunks_and_rate(record, tokenizer, tmp_path):
    read = load_tokens(save_tokens(tmp_path / "tokens.npz", record))
    assert read.columns == record.columns and read.rate == 50.0 and read.modality == "series"
    assert [level.layout for level in read.levels] == [level.layout for level in record.levels]
    np.testing.assert_allclose(tokenizer.detokenize(read.indices), record.reconstruction, atol=1e-6)


def broken(folder, tmp_path, change):
    copy = tmp_path / "fast-actions"
    shutil.copytree(folder / "fast-actions", copy)
    change(copy)
    return copy


def edit(copy, **values):
    config = json.loads((copy / "config.json").read_text())
    for path, value in values.items():
        *where, last = path.split("__")
        part = config
        for key in where:
            part = part[key]
        part[last] = value
    (copy / "config.json").write_text(json.dumps(config))


BROKEN = {
    "columns": (lambda copy: edit(copy, columns=[{"name": "a"}]), "columns need a name"),
    "spread": (
        lambda copy: edit(copy, columns=[{"name": "a", "unit": "", "offset": 0, "spread": 0}]),
        "no sound scale",
    ),
    "rows": (lambda copy: edit(copy, architecture__rows=0), "no sound number of rows"),
    "kind": (lambda copy: edit(copy, architecture__kind="made up"), "is none of"),
    "merges": (lambda copy: edit(copy, quantizer__config__merges=3), "has shape"),
    "many merges": (lambda copy: edit(copy, quantizer__config__merges=10**9), "at most"),
    "limit": (lambda copy: edit(copy, quantizer__config__limit=10**9), "FAST needs"),
    "size": (lambda copy: edit(copy, codebook_size=7), "codebook_size 7"),
    "pickle": (lambda copy: (copy / "model.safetensors").write_bytes(b"\x80\x04abc"), "pickle"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_damaged_checkpoint_is_refused_in_words(folder, tmp_path, case):
    change, words = BROKEN[case]
    with pytest.raises(CheckpointError, match=words):
        load_rows(broken(folder, tmp_path, change), "cpu")


def test_a_merge_of_later_pieces_is_refused(folder, tmp_path):
    def change(copy):
        tables = load_file(copy / "model.safetensors")
        tables["merges"] = tables["merges"].copy()
        tables["merges"][0] = [500, 2]
        save_file(tables, copy / "model.safetensors")

    with pytest.raises(CheckpointError, match="joins pieces that come after it"):
        load_rows(broken(folder, tmp_path, change), "cpu")


def test_the_card_says_what_is_measured_again(folder):
    from explorer.media.rows.synthetic import arm_actions

    tokenizer = load_rows(folder / "fast-actions", "cpu")
    measured, squares = tokenizer.spec.measured, []
    for seed in (10_000, 10_001):
        fitted = fit_series(arm_actions(seed, 4.0), tokenizer.spec.columns, 50)
        error = tokenizer.tokenize(fitted.values.astype(np.float32)).reconstruction - fitted.values
        squares.append(np.square(error[:, :6] * [one.spread for one in fitted.columns[:6]]).mean())
    assert measured["rmse_rad"] == pytest.approx(np.sqrt(np.mean(squares)), rel=1e-3)
    card = (folder / "fast-actions" / "card.md").read_text()
    assert f"{measured['rmse_rad']:.4g}" in card and f"{measured['pieces_a_chunk']:.1f} pieces a chunk" in card
    assert measured["series"] == 2 and measured["integers_a_chunk"] == 350
