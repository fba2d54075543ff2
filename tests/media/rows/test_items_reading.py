"""Items out of .csv and .npy: names, categories, hashed features, and a sentence for what is wrong."""

import io

import numpy as np
import pytest

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.media.medium import load_medium, modality_of
from explorer.media.rows.features import FEATURES, hash_texts, item_features
from explorer.media.rows.items import fit_items, load_items
from explorer.media.rows.made_items import books_table, made_books

BOOKS = (
    "title,authors,genre,year,isbn\n"
    + "\n".join(
        f"Book {i} of the Sea,Ann Author{i % 3},{'poem' if i % 2 else 'novel'},{1990 + i},04396{i}X" for i in range(12)
    )
).encode()


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_a_table_with_titles_is_a_table_of_items():
    found = load_medium(BOOKS)
    assert modality_of(found) == "vectors" and found.values.shape == (12, FEATURES)
    assert found.labels["name"][3] == "Book 3 of the Sea" and found.labels["category"][:2] == ("novel", "poem")
    assert "made of 'title', 'authors', 'year'" in found.notes[0]
    assert modality_of(load_medium(b"a,b\n1,2\n3,4\n5,6\n")) == "series"


def test_shared_words_bring_items_together_and_case_does_not_matter():
    vectors = hash_texts(["The Silent Sea", "the silent SEA", "A Silent Sea", "Bread and Soup", ""], 64)
    alike = vectors @ vectors.T
    assert alike[0, 1] == pytest.approx(1) and alike[0, 2] > 0.6 > alike[0, 3] + 0.3
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 1, 0])
    np.testing.assert_array_equal(hash_texts(["The Silent Sea"], 64)[0], vectors[0])


def test_numbers_count_by_their_rank():
    numbers = np.array([[3.0], [1.0], [np.nan], [2.0], [2.0]])
    found = item_features(["a"] * 5, None, numbers)[:, -4]
    np.testing.assert_allclose(found, [1, -1, 0, 0, 0])


def test_plain_vectors_stay_as_they_are_and_others_are_projected():
    rng = np.random.default_rng(0)
    same = load_items(npy(rng.normal(size=(20, 8))))
    assert fit_items(same, 8) is same
    wide = load_items(npy(rng.normal(size=(60, 3)) @ rng.normal(size=(3, 40))))
    fitted = fit_items(wide, 5)
    assert fitted.values.shape == (60, 5) and "100% of the variance" in fitted.notes[-1]
    np.testing.assert_allclose(np.square(fitted.values).sum(1).mean(), 1)
    distances = lambda x: np.linalg.norm(x[:, None] - x[None], axis=-1)  # noqa: E731
    ratio = distances(fitted.values)[0, 1:] / distances(wide.values)[0, 1:]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6)
    assert not fitted.values[:, 3:].round(9).any(), "three directions are all there are"


def test_vectors_of_a_table_keep_their_category():
    rows = "\n".join(f"{i * 0.5},{-i},{'even' if i % 2 == 0 else 'odd'}" for i in range(10))
    found = load_items(f"x,y,parity\n{rows}".encode())
    assert found.values.shape == (10, 2) and set(found.labels["category"]) == {"even", "odd"}


BAD = {
    "nan": (npy(np.array([[1.0, 2], [np.nan, 3], [np.inf, 3]])), "Item 2 has no number in 'column 1'"),
    "gap": (b"x,y\n1,2\n3,\n4,5\n", "Item 2 has no number in 'y'"),
    "a word in a year": (b"title,year\nA,1990\nB,199x\nC,1991\nD,1992\n", "Line 3, column 'year': '199x' is no number"),
    "one": (npy(np.zeros((1, 4))), "items need at least 2"),
    "cube": (npy(np.zeros((2, 2, 2))), "2 x 2 x 2"),
    "no numbers": (b"title,author\nA,B\nC,D\n", "a column that is mostly numbers"),
    "beyond 32 bits": (npy(np.array([[1.0, 2], [3, -1e200]])), "Item 2 has -1e+200 in 'column 2'; 1e+15 is the most"),
    "letter": (b"hello there\nthis is a letter\n", "no table of items"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said_at_its_place(case):
    data, words = BAD[case]
    with pytest.raises(MediaError) as found:
        load_items(data)
    assert words in str(found.value)


def test_items_over_the_cap_are_left_out_and_said():
    found = load_items(npy(np.ones((50, 4)) * np.arange(50)[:, None]), Limits(item_values=40))
    assert len(found.values) == 10 and "Only the first 10 items" in found.notes[0]


@pytest.mark.parametrize("data", [npy(np.arange(61_000.0)[:, None]), b"name,price\n" + b"a,1\n" * 61_000])
def test_of_more_items_than_a_picture_holds_the_first_are_read(data):
    found = load_items(data)
    assert len(found.values) == 60_000 and "Only the first 60,000 items are read: no picture" in found.notes[-1]


def test_made_books_are_the_same_every_time():
    first, second = made_books(), made_books()
    np.testing.assert_array_equal(first.values, second.values)
    assert len(first.values) == 240 and len(set(first.labels["category"])) == 6
    assert books_table(10, 1).words["title"] != books_table(10, 2).words["title"]
