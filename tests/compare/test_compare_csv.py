"""The tables as CSV, read by pandas and by the csv module: one header, every cell a number or a word."""

import csv
import io
import math

import numpy as np
import pandas as pd
import pytest
from made_tokenizers import Greys, media_of, never, picture

from explorer.compare.columns import columns_of
from explorer.compare.csv_files import csv_texts
from explorer.compare.differences import differences
from explorer.compare.kinds import KINDS
from explorer.compare.rates import reference_points
from explorer.compare.run import Options, run_comparison
from explorer.compare.table import make_table
from explorer.media.pictures.image import LoadedImage

TEXTS = {
    "table.csv": {"scope", "medium", "tokenizer", "title", "licence"},
    "differences.csv": {"baseline", "tokenizer", "column", "better", "pairs_of"},
    "codecs.csv": {"medium", "codec", "matched", "counted"},
}


@pytest.fixture(scope="module")
def found():
    flat = LoadedImage(np.full((48, 48, 3), 1, np.float32))  # comes out as it was
    made = [
        Greys("r", 9, levels=2, title='Residual, "two"'),
        Greys("g", 16, licence="=HYPERLINK(1)"),
        Greys("n", 2, refuse=never),
    ]
    images = {"=1+1": picture(), "a, b": picture(48, 40, seed=1), "white": flat}
    return run_comparison(media_of(images), made, Options(repeats=2))


def frames(found):
    return {
        name: pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])
        for name, text in csv_texts(found).items()
    }


def test_every_column_is_a_number_or_a_word_under_one_header(found):
    for name, text in csv_texts(found).items():
        rows = list(csv.reader(io.StringIO(text)))
        assert len({len(row) for row in rows}) == 1 and len(set(rows[0])) == len(rows[0]), name
        frame = frames(found)[name]
        assert len(frame) == len(rows) - 1
        for column in frame:
            kind = frame[column].dtype
            if column in TEXTS[name]:
                assert frame[column].dropna().map(lambda cell: isinstance(cell, str)).all(), column
            else:  # units, ± or thousands would make it text
                assert pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind), (name, column, kind)
    assert not [cell for text in csv_texts(found).values() for cell in ("±", " x ", "★", " dB") if cell in text]


def test_the_numbers_are_those_of_the_table(found):
    frame, table = frames(found)["table.csv"], make_table(found)
    whole = frame[frame.scope == "set"].set_index("tokenizer")
    assert list(whole.index) == ["r", "g"] and (whole.media == 3).all()
    for row in table.rows:
        psnr = row.cells["psnr_db"]
        assert whole.psnr_db[row.tokenizer_id] == pytest.approx(psnr.mean, rel=1e-8)
        assert whole.psnr_db_deviation[row.tokenizer_id] == pytest.approx(psnr.deviation, rel=1e-8)
        assert (whole.psnr_db_count[row.tokenizer_id], whole.psnr_db_identical[row.tokenizer_id]) == (2, 1)
        times = row.cells["encode_ms"]
        assert whole.encode_ms[row.tokenizer_id] == pytest.approx(times.median) and whole.encode_ms_runs["r"] == 6
        assert whole.encode_ms_quartile_low[row.tokenizer_id] == pytest.approx(times.low)
    assert (whole.codebook_size["r"], whole.num_quantizers["r"], whole.parameters["g"]) == (9, 2, 16)
    media = frame[frame.scope == "medium"]
    assert len(media) == 2 * 3 and media.psnr_db[media.medium == "white"].tolist() == [math.inf] * 2
    assert set(media.medium) == {"'=1+1", "a, b", "white"} and set(media.licence) == {"MIT", "'=HYPERLINK(1)"}
    one = media[(media.medium == "a, b") & (media.tokenizer == "g")].iloc[0]
    assert (one.width, one.height, one.media) == (40, 48, 1) and math.isnan(one.ms_ssim)
    keys = [column.key for column in columns_of(KINDS["image"])]
    assert set(keys) <= set(frame.columns)


def test_differences_are_those_of_the_report(found):
    frame = frames(found)["differences.csv"]
    expected = differences(found, "r")["g"]
    own = frame[(frame.baseline == "r") & (frame.tokenizer == "g")].set_index("column")
    assert len(frame) == 2 * len(own) and set(own.index) == set(expected)
    assert own.difference["psnr_db"] == pytest.approx(expected["psnr_db"].mean, rel=1e-8)
    assert own.half_width_95["psnr_db"] == pytest.approx(expected["psnr_db"].half_width, rel=1e-8)
    assert own.loc["psnr_db", ["finite_pairs", "wins", "losses", "ties"]].tolist() == [
        2, expected["psnr_db"].wins, expected["psnr_db"].losses, 1,
    ]  # fmt: skip
    assert own.pairs_of["encode_ms"] == "rounds" and own.pairs_of["psnr_db"] == "media"


def test_codecs_say_what_was_wanted_and_reached(found):
    frame = frames(found)["codecs.csv"]
    assert set(frame.codec) == {"jpeg", "webp"} and set(frame.matched) == {"r", "r, 1 level", "g"}
    own = frame[(frame.codec == "webp") & (frame.counted == "payload") & (frame.matched == "g")]
    point = reference_points(found, "webp", "payload")["g"]
    assert own.bpp_payload.mean() == pytest.approx(point.rate, rel=1e-8)
    assert own.bpp_wanted.mean() == pytest.approx(point.wanted, rel=1e-8)
    assert (~own.reached).sum() == point.unreached
    close = (frame.payload_bits.where(frame.counted == "payload", frame.file_bits) / frame.wanted_bits - 1).abs() <= 0.1
    assert (frame.reached == close).all()
