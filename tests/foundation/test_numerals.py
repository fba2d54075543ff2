"""Numbers as text: what stands there is what is read, and what Python alone would make of the rest is refused."""

import argparse
import math
import re

import pytest

from explorer.__main__ import main
from explorer.foundation import numerals
from explorer.foundation.config import REPOSITORY

ODD = ["1_0", "1_000", "\u0661\u0662", "\uff11\uff12", "\u00b2", "", " ", "1 0", "x", "0x10", "--1", "\u22121"]


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("-1", -1), (" +7\n", 7), ("007", 7), ("9" * 30, 10**30 - 1)])
def test_whole_numbers(text, number):
    assert numerals.read_whole(text) == number and numerals.whole_option(text) == number


@pytest.mark.parametrize("text", [*ODD, "1.0", "1e3", "nan", "inf", "9" * 5000])
def test_no_whole_numbers(text):
    with pytest.raises(ValueError, match="is no whole number in plain digits"):
        numerals.read_whole(text)


@pytest.mark.parametrize(
    ("text", "number"), [("0.5", 0.5), ("-1", -1.0), (" 1e-3 ", 0.001), ("+.25", 0.25), ("3.", 3.0)]
)
def test_numbers(text, number):
    assert numerals.read_number(text) == number == numerals.read_number_or_nan(text)


@pytest.mark.parametrize("text", [*ODD, "inf", "-Infinity", "1e400", "-1e400", "1_0.5", "1e1_0"])
def test_no_numbers(text):
    for read in (numerals.read_number, numerals.read_number_or_nan):
        with pytest.raises(ValueError, match="is no number in plain digits"):
            read(text)


def test_nan_where_it_stands_for_what_is_missing():
    assert math.isnan(numerals.read_number_or_nan(" NaN "))
    with pytest.raises(ValueError, match="'nan' is no number"):
        numerals.read_number("nan")


def test_options_say_it_in_their_own_words():
    assert numerals.wholes_option("1024,-5, 7") == [1024, -5, 7]
    with pytest.raises(argparse.ArgumentTypeError, match="'1_0' is no whole number in plain digits, such as 12"):
        numerals.wholes_option("1024,1_0")
    with pytest.raises(argparse.ArgumentTypeError, match="'1e400' is no number"):
        numerals.number_option("1e400")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("audit --indices t.npy --codebook-size 1_024 --out o", "argument --codebook-size: '1_024' is no whole number"),
        ("audit --indices t.npy --codebook-size 9 --ignore 1_0 --out o", "argument --ignore: '1_0' is no number"),
        ("lab --steps \u0661\u0662 --out o", "argument --steps: '\u0661\u0662' is no whole number in plain digits"),
        ("train fsq --rate nan", "argument --rate: 'nan' is no number in plain digits"),
    ],
)
def test_the_command_line_refuses_them(line, words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 2 and words in capsys.readouterr().err


def test_no_option_is_read_by_python_alone():
    """int and float as the type of an option would let "1_0" and "nan" in again."""
    sources = [REPOSITORY / "app.py", *(REPOSITORY / "explorer").rglob("*.py")]
    text = {path: path.read_text(encoding="utf-8") for path in sources}
    asked = [path for path, source in text.items() if "_option" in source and "add_argument" in source]
    assert len(asked) >= 5
    assert not [path for path, source in text.items() if re.search(r"add_argument\([^)]*type=(int|float)\b", source)]
