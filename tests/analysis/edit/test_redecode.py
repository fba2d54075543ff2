"""Windows decode to the very pixels of the whole decode, for every tokenizer of pictures that ships."""

import numpy as np
import pytest

from explorer.analysis.edit.influence import decode
from explorer.analysis.edit.redecode import ROUNDING, eight_bit, redecode, visible_change, window_of
from explorer.analysis.edit.tokens import EditedTokens
from explorer.tokenizers import load_tokenizer
from tests.shipped import shipped_ids

ROWS, COLUMNS = 20, 30
IDS = [name for name in shipped_ids("image") if name not in ("vq-vae-2", "titok")]


@pytest.fixture(scope="module")
def rng():
    return np.random.default_rng(5)


def random_tokens(spec, rng, left_out=0.0):
    shape = (ROWS, COLUMNS)
    indices = tuple(rng.integers(spec.codebook_size, size=shape) for _ in range(spec.num_quantizers))
    return EditedTokens(indices, tuple(rng.random(shape) >= left_out for _ in indices))


def painted(tokens, box, code, kept=True):
    """All levels of a box set to a code."""
    top, left, height, width = box
    indices = [level.copy() for level in tokens.indices]
    masks = [mask.copy() for mask in tokens.kept]
    for level, mask in zip(indices, masks, strict=True):
        level[top : top + height, left : left + width] = code
        mask[top : top + height, left : left + width] = kept
    return EditedTokens(tuple(indices), tuple(masks))


@pytest.mark.parametrize("tokenizer_id", IDS)
def test_a_window_has_the_pixels_of_the_whole_decode(tokenizer_id, rng):
    tokenizer = load_tokenizer(tokenizer_id, device="cpu")
    before = random_tokens(tokenizer.spec, rng, left_out=0.1)
    picture = decode(tokenizer, before)
    for box, kept in (((0, 0, 1, 1), True), ((19, 29, 1, 1), True), ((3, 0, 2, 3), False)):
        after = painted(before, box, 1, kept)
        made = redecode(tokenizer, before, picture, after)
        whole = decode(tokenizer, after)
        assert made.window is not None and made.window[2] * made.window[3] < ROWS * COLUMNS / 2
        assert np.abs(whole - picture).max() > 0.01  # the edit is seen
        assert np.abs(made.picture - whole).max() < ROUNDING / 2


def test_a_window_in_the_middle_of_a_large_grid_is_exact_on_all_four_sides(rng):
    tokenizer = load_tokenizer(IDS[0], device="cpu")
    before = EditedTokens((rng.integers(tokenizer.spec.codebook_size, size=(44, 44)),), (np.ones((44, 44), bool),))
    if tokenizer.spec.num_quantizers > 1:
        pytest.skip("the first tokenizer has several levels; the test above has them all")
    picture, after = decode(tokenizer, before), painted(before, (21, 22, 1, 2), 0)
    made = redecode(tokenizer, before, picture, after)
    reach = tokenizer.token_reach
    assert made.window == (21 - reach, 22 - reach, 2 * reach + 1, 2 * reach + 2)
    assert np.abs(made.picture - decode(tokenizer, after)).max() < ROUNDING / 2


@pytest.mark.parametrize("tokenizer_id", IDS[:1])
def test_the_reach_is_that_of_the_network_and_no_less_would_do(tokenizer_id, rng):
    """A change is felt in the outermost token within reach, and nowhere beyond."""
    tokenizer = load_tokenizer(tokenizer_id, device="cpu")
    before = random_tokens(tokenizer.spec, rng)
    row, column, factor, reach = 10, 15, tokenizer.spec.downsampling, tokenizer.token_reach
    change = np.zeros((ROWS * factor, COLUMNS * factor))
    for code in range(8):
        after = painted(before, (row, column, 1, 1), code * 7 % tokenizer.spec.codebook_size)
        change = np.maximum(change, np.abs(decode(tokenizer, after) - decode(tokenizer, before)).max(-1))
    columns = np.flatnonzero(change.any(0)) // factor
    rows = np.flatnonzero(change.any(1)) // factor
    assert column - reach <= columns.min() and columns.max() <= column + reach
    assert row - reach <= rows.min() and rows.max() <= row + reach
    assert columns.max() - column >= reach - 2  # the weights fade towards the edge, but the window is not far too wide


def test_edits_that_are_spread_out_or_fill_the_picture_are_decoded_whole():
    assert window_of(np.array([0, 899]), (30, 30), 7) is None
    assert window_of(np.array([465]), (30, 30), 7) is None  # 29 x 29 of 30 x 30 tokens would be needed
    assert window_of(np.array([0]), (30, 30), 7) == (0, 0, 8, 8)
    assert window_of(np.array([0]), (30, 30), None) is None
    assert window_of(np.array([64 * 31 + 33]), (64, 64), 7) == (24, 26, 15, 15)


def test_only_what_differs_visibly_is_sent():
    base = np.full((6, 8, 3), 0.5, np.float32)
    edited = base.copy()
    assert visible_change(base, edited + ROUNDING / 2)[0] is None
    edited[2, 3] += 0.25
    edited[4, 5, 1] -= 0.25
    edited[3, 3] += ROUNDING / 2
    box, pixels = visible_change(base, edited)
    assert box == (2, 3, 3, 3)
    wanted = eight_bit(base)
    wanted[2, 3], wanted[4, 5, 1] = 191, 64
    np.testing.assert_array_equal(pixels, wanted[2:5, 3:6])


def test_where_a_token_reaches_everywhere_or_grids_differ_the_whole_is_decoded(rng):
    """VQ-VAE-2's two grids, as it ships: there is no window, and the pixels are those of the whole."""
    tokenizer = load_tokenizer("vq-vae-2", device="cpu")
    shapes = ((6, 8), (12, 16))
    indices = tuple(rng.integers(512, size=shape) for shape in shapes)
    before = EditedTokens(indices, tuple(np.ones(shape, bool) for shape in shapes))
    changed = [level.copy() for level in indices]
    changed[0][2, 3] = (changed[0][2, 3] + 1) % 512
    after = EditedTokens(tuple(changed), before.kept)
    made = redecode(tokenizer, before, decode(tokenizer, before), after)
    assert made.window is None
    np.testing.assert_array_equal(made.picture, decode(tokenizer, after))
