"""A sample table of items made here, by formula: books that nobody wrote, with authors, genres, years and ratings."""

from __future__ import annotations

import numpy as np

from explorer.joints.columns import Column
from explorer.media.rows.items import LoadedItems, items_of
from explorer.media.rows.tables import Table

ITEMS, SEED = 240, 5
_GENRES = {  # words that titles of a genre are made of
    "mystery": ("Shadow", "Murder", "Silent", "Witness", "Midnight", "Secret", "Clue", "Alibi"),
    "romance": ("Heart", "Summer", "Kiss", "Promise", "Wedding", "Letters", "Always", "Love"),
    "space": ("Star", "Orbit", "Planet", "Gravity", "Signal", "Colony", "Void", "Ship"),
    "cooking": ("Kitchen", "Bread", "Simple", "Garden", "Soup", "Seasons", "Table", "Spice"),
    "history": ("Empire", "War", "King", "Road", "Letters", "Century", "Fall", "River"),
    "garden": ("Garden", "Soil", "Roses", "Seasons", "Wild", "Trees", "Seeds", "Green"),
}
_JOINTS = ("of the {1}", "and the {1}", "in {1}", "without {1}", "{1}s", "under the {1}")
_FIRST = ("Ada", "Boris", "Clara", "Dev", "Elif", "Femi", "Greta", "Hugo", "Ines", "Jun", "Kofi", "Lena")
_LAST = ("Marsh", "Novak", "Okoye", "Prim", "Quist", "Rossi", "Sato", "Tamm", "Ueda", "Vance", "Wren", "Yilmaz")


def made_books() -> LoadedItems:
    """ITEMS made books of six genres: each author writes of one, titles of a genre share words."""
    return items_of(books_table(ITEMS, SEED))


def books_table(count: int, seed: int) -> Table:
    """Made books as a table that was read. The same seed gives the same books."""
    rng = np.random.default_rng((13, seed))
    genres = list(_GENRES)
    authors = {genre: [f"{_FIRST[rng.integers(12)]} {_LAST[rng.integers(12)]}" for _ in range(6)] for genre in genres}
    words: dict[str, list[str]] = {"title": [], "authors": [], "genre": []}
    numbers = np.empty((count, 3))
    for row in range(count):
        genre = genres[rng.integers(len(genres))]
        first, second = rng.choice(_GENRES[genre], 2, replace=False)
        words["title"].append(f"{first} {_JOINTS[rng.integers(len(_JOINTS))].format(first, second)}")
        words["authors"].append(authors[genre][rng.integers(6)])
        words["genre"].append(genre)
        year = 2024 - rng.gamma(2.0, 6.0 + 4 * genres.index(genre))
        numbers[row] = np.round(year), np.round(np.clip(rng.normal(3.9, 0.3), 1, 5), 2), int(np.exp(rng.normal(8, 2)))
    columns = tuple(Column(name) for name in ("year", "average_rating", "ratings_count"))
    return Table(numbers, columns, words, False)
