"""Every quantizer names a paper that can be found: by an arXiv number, or by where it was printed."""

from __future__ import annotations

import re

import pytest

from explorer.learn.references import PAPER, references
from explorer.quantizers import QUANTIZERS

FIRST = {  # of each quantizer, as bibliographies have them
    "vq": "van den Oord et al. 2017, arXiv 1711.00937",
    "kmeans": "Hsu et al. 2021, arXiv 2106.07447",
    "rvq": "Zeghidour et al. 2021, arXiv 2107.03312",
    "pq": "Jegou et al. 2011, IEEE TPAMI 33",
    "multihead": "Bai et al. 2024, arXiv 2411.16681",
    "fsq": "Mentzer et al. 2023, arXiv 2309.15505",
    "lfq": "Yu et al. 2023, arXiv 2310.05737",
    "bsq": "Zhao et al. 2024, arXiv 2406.07548",
    "simvq": "Zhu et al. 2024, arXiv 2411.02038",
    "gumbel": "Jang et al. 2017, arXiv 1611.01144",
    "soft": "Agustsson et al. 2017, arXiv 1704.00648",
    "ibq": "Shi et al. 2024, arXiv 2412.02692",
    "affine": "Huh et al. 2023, arXiv 2305.08842",
    "cvq": "Zheng and Vedaldi 2023, arXiv 2307.15139",
    "nsvq": "Vali and Backstrom 2022, IEEE Access 10",
    "opq": "Ge et al. 2013, CVPR",
    "additive": "Babenko and Lempitsky 2014, CVPR",
    "diveq": "Vali et al. 2025, arXiv 2509.26469",
    "gradual": "Li et al. 2025, arXiv 2507.22920",
}


def test_every_quantizer_names_its_paper_and_where_it_is():
    assert {one.id: one.papers[0] for one in references()} == FIRST
    assert list(FIRST) == list(QUANTIZERS)


def test_every_paper_that_is_named_has_a_place_and_stands_once():
    for one in references():
        assert all(re.search(r", (arXiv \d{4}\.\d{4,5}|[A-Z]\S+( \w+ \d+)?)$", paper) for paper in one.papers), one
        years = [re.match(r".*? (\d{4}),", paper)[0] for paper in one.papers]
        assert len(set(years)) == len(years)
    found = {one.id: one.papers for one in references()}
    assert found["additive"][1:] == ("Martinez et al. 2016, ECCV", "Martinez et al. 2018, ECCV", "Vali 2025, Aalto")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Lee et al. 2022, arXiv 2203.01941, section 3", ("Lee et al. 2022", "arXiv 2203.01941", "")),
        ("Jang et al. 2017 (arXiv 1611.01144), eqs 1 and 2", ("Jang et al. 2017", "", "arXiv 1611.01144")),
        ("Ge et al. 2013 (Optimized codes, for search, CVPR), and", ("Ge et al. 2013", "", "CVPR")),
        ("Li et al. 2025 (arXiv 2507.22920, section 2.8)", ("Li et al. 2025", "", "arXiv 2507.22920")),
        ("Page et al. 1999), and Doe 2001 (a book)", ("Page et al. 1999", "", "")),
    ],
)
def test_papers_are_read_from_sentences(text, found):
    assert PAPER.findall(text)[0] == found
