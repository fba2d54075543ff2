"""The contract of every tokenizer of pictures: small random checkpoints of all quantizers, and those that ship.

`test_native_media.py` has what sounds and clips add.
"""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from small_zoo import SMALL, picture

from explorer.foundation.config import settings
from explorer.foundation.errors import MediaError, RecordError
from explorer.quantizers import QUANTIZERS
from explorer.tokenizers import list_tokenizers, load_tokenizer
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from tests.shipped import shipped_ids

KINDS = ("vq-vae-2", "titok")  # have tokens of other places: test_native_kinds.py
SHIPPED = [name for name in shipped_ids("image") if name not in KINDS]
CASES = [("small", name) for name in SMALL] + [("shipped", name) for name in SHIPPED]
TRUE_CODES = 2048  # brute force lists no more codes than this


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request, small_checkpoints):
    """A tokenizer and its record of a picture of 48 x 64."""
    where, name = request.param
    tokenizer = load_tokenizer(name, "cpu", small_checkpoints if where == "small" else settings().checkpoints)
    return tokenizer, tokenizer.tokenize(picture(48, 64))


def test_every_quantizer_has_a_small_checkpoint():
    assert set(SMALL) == set(QUANTIZERS)


def test_checkpoints_ship():
    if not SHIPPED:
        pytest.skip("checkpoints/ is empty: python -m explorer train NAME fills it")
    assert len(shipped_ids("image")) >= 15
    assert all(spec.downsampling == 8 and spec.layout == "grid2d" for spec in list_tokenizers() if spec.id in SHIPPED)


def test_shapes_of_a_record(case):
    tokenizer, record = case
    spec = tokenizer.spec
    assert type(tokenizer) is AdaptedTokenizer and spec.memory_bytes >= 4 * spec.parameters
    assert record.tokenizer_id == spec.id and record.combination == spec.combination
    assert tokenizer.layouts((48, 64)) == tuple(level.layout for level in record.levels)
    assert len(record.levels) == spec.num_quantizers and record.num_tokens == 6 * 8 * spec.num_quantizers
    assert record.reconstruction.shape == (48, 64, 3) and record.reconstruction.dtype == np.float32
    assert record.reconstruction.min() >= 0 and record.reconstruction.max() <= 1
    assert np.array_equal(record.media, picture(48, 64)) and set(record.seconds) == {"encode", "quantize", "decode"}
    for level, codebook in zip(record.levels, tokenizer.codebooks(), strict=True):
        assert level.indices.shape == (6, 8) and level.z_q.shape == (48, spec.codebook_dim)
        assert codebook.codebook_size == spec.codebook_size and codebook.counts.shape == (spec.codebook_size,)
    assert len(np.unique(record.levels[0].indices)) > 1 or spec.id == "vq-collapsed"


def test_z_q_is_the_row_of_the_index(case):
    for level in case[1].levels:
        np.testing.assert_allclose(level.codebook.rows(level.indices.ravel()), level.z_q, atol=1e-6)


def test_indices_are_the_nearest_by_brute_force(case):
    for level in case[1].levels:
        assert level.codebook.codebook_size <= TRUE_CODES
        codes = level.codebook.rows(np.arange(level.codebook.codebook_size)).astype(np.float64)
        distances = cdist(level.z_e.astype(np.float64), codes, "sqeuclidean")  # (N, K)
        chosen = np.take_along_axis(distances, level.indices.reshape(-1, 1), axis=1)[:, 0]
        scale = np.square(level.z_e).sum(1) + np.square(codes).sum(1).max()
        assert np.all(chosen <= distances.min(axis=1) + 1e-5 * scale)


def test_levels_take_what_they_should(case):
    """A residual level is given what the levels before it left, an additive one what all others leave; the latents of
    groups are slices."""
    tokenizer, record = case
    for before, after in zip(record.levels, record.levels[1:], strict=False):
        if tokenizer.spec.id == "additive":
            np.testing.assert_allclose(after.z_e - after.z_q, before.z_e - before.z_q, atol=1e-4)
        elif tokenizer.spec.combination == "sum":
            np.testing.assert_allclose(after.z_e, before.z_e - before.z_q, atol=1e-4)
        else:
            assert not np.allclose(after.z_e, before.z_e)


def test_indices_alone_give_the_reconstruction_back(case):
    tokenizer, record = case
    decoded = tokenizer.detokenize([level.indices for level in record.levels])
    np.testing.assert_allclose(decoded, record.reconstruction, atol=1e-5)


def test_decoding_all_levels_or_none(case):
    tokenizer, record = case
    everything = range(tokenizer.spec.num_quantizers)
    np.testing.assert_allclose(tokenizer.decode_levels(record, everything), record.reconstruction, atol=1e-5)
    nothing = tokenizer.decode_levels(record, [])
    assert nothing.shape == (48, 64, 3) and np.isfinite(nothing).all()
    assert np.abs(nothing - record.reconstruction).max() > 1e-3


def test_a_level_that_is_not_there_is_refused(case):
    tokenizer, record = case
    for levels in ([-1], [0, tokenizer.spec.num_quantizers]):
        with pytest.raises(RecordError, match=rf"levels 0\.\.{tokenizer.spec.num_quantizers - 1}, got"):
            tokenizer.decode_levels(record, levels)
    with pytest.raises(RecordError, match="levels 0"):
        tokenizer.decode_alone(tokenizer.spec.num_quantizers, [0])


def test_a_code_alone_is_the_middle_of_a_constant_field(case):
    tokenizer, _ = case
    last = tokenizer.spec.codebook_size - 1
    patches = tokenizer.decode_alone(0, [0, last, 1])
    assert patches.shape == (3, 8, 8, 3) and patches.dtype == np.float32
    assert tokenizer.decode_alone(0, []).shape == (0, 8, 8, 3)
    if tokenizer.spec.num_quantizers == 1:
        for code, patch in zip([0, last, 1], patches, strict=True):
            field = tokenizer.detokenize([np.full((3, 3), code)])
            np.testing.assert_allclose(patch, field[8:16, 8:16], atol=1e-5)
    else:
        assert np.abs(patches[0] - patches[1]).max() > 0


def test_a_field_of_codes_is_decoded_with_the_other_levels_left_out(case):
    tokenizer, record = case
    fields = record.levels[0].indices[None, :3, :4].repeat(2, axis=0)
    decoded = tokenizer.decode_fields(0, fields)
    assert decoded.shape == (2, 24, 32, 3) and decoded.dtype == np.float32
    np.testing.assert_allclose(
        decoded[0], decoded[1], atol=1e-5
    )  # float32 sums of hundreds of products near 1, which a batch may take in another order
    if tokenizer.spec.num_quantizers == 1:
        np.testing.assert_allclose(decoded[0], tokenizer.detokenize([fields[0]]), atol=1e-5)
    else:  # the whole grid of one level, by the other way that leaves levels out
        whole = tokenizer.decode_fields(0, record.levels[0].indices[None])
        np.testing.assert_allclose(whole[0], tokenizer.decode_levels(record, [0]), atol=1e-5)
    for wrong in (fields[0], fields.astype(float), fields[:, :0], fields - 1000):
        with pytest.raises(RecordError, match="fields"):
            tokenizer.decode_fields(0, wrong)


def test_many_codes_alone_are_the_same_in_batches(small_checkpoints):
    tokenizer = load_tokenizer("fsq", "cpu", small_checkpoints)
    codes = [i % 36 for i in range(100)]  # more than one batch
    patches = tokenizer.decode_alone(0, codes)
    assert len(patches) == 100
    np.testing.assert_allclose(
        patches[36:72], patches[:36], atol=1e-5
    )  # float32 sums of hundreds of products near 1, which a batch may take in another order


def test_codes_alone_are_checked(case):
    tokenizer, _ = case
    for code in (-1, tokenizer.spec.codebook_size):
        with pytest.raises(RecordError, match="codes of fields must lie in"):
            tokenizer.decode_alone(0, [0, code])
    with pytest.raises(RecordError, match="at least one token"):
        tokenizer.decode_alone(0, [0], tokens=0)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (8, 1000), (256, 256)])
def test_sizes_from_one_token_up(height, width, small_checkpoints):
    tokenizer = load_tokenizer("rvq", "cpu", small_checkpoints)
    record = tokenizer.tokenize(picture(height, width))
    assert record.levels[0].indices.shape == (height // 8, width // 8)
    assert record.reconstruction.shape == (height, width, 3)
    decoded = tokenizer.detokenize([level.indices for level in record.levels])
    np.testing.assert_allclose(decoded, record.reconstruction, atol=1e-5)


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 4), (0, 8, 3), (1, 8, 8, 3), (12, 8, 3), (8, 9, 3)])
def test_other_shapes_are_refused(shape, small_checkpoints):
    reason = "multiples of 8" if shape in ((12, 8, 3), (8, 9, 3)) else "image with 3 channels last"
    with pytest.raises(MediaError, match=reason):
        load_tokenizer("vq", "cpu", small_checkpoints).tokenize(np.zeros(shape, np.float32))


@pytest.mark.parametrize("value", [255.0, -1.0, np.nan, np.inf])
def test_values_outside_the_range_are_refused(value, small_checkpoints):
    media = picture(16, 16)
    media[3, 4, 1] = value
    with pytest.raises(MediaError, match="from 0 to 1"):
        load_tokenizer("vq", "cpu", small_checkpoints).tokenize(media)


GRID = np.zeros((2, 3), np.int64)


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([GRID], "has 3 levels, got 1"),
        ([GRID, GRID, GRID[:1]], r"need the shapes \[\(2, 3\), \(2, 3\), \(2, 3\)\], got"),
        ([GRID[0]] * 3, "have 2 axes, none of them empty, got shapes"),
        ([GRID[:0]] * 3, "have 2 axes, none of them empty, got shapes"),
        ([GRID + 0.5] * 3, "must be integers, got float64"),
        ([GRID, GRID, GRID + 32], r"from 32 to 32, outside 0\.\.31"),
        ([GRID, GRID - 1, GRID], r"from -1 to -1, outside 0\.\.31"),
    ],
)
def test_indices_that_do_not_fit_are_refused(indices, message, small_checkpoints):
    with pytest.raises(RecordError, match=message):
        load_tokenizer("rvq", "cpu", small_checkpoints).detokenize(indices)


def test_a_level_left_out_of_groups_is_the_mean_of_its_codes(small_checkpoints):
    """By hand: with both groups left out, a table whose codes all are that mean decodes to the same."""
    tokenizer = load_tokenizer("pq", "cpu", small_checkpoints)
    record = tokenizer.tokenize(picture(32, 32))
    mean = np.concatenate([book.vectors.mean(0) for book in tokenizer.codebooks()])  # (8,)
    import torch

    field = torch.from_numpy(mean).expand(1, 4, 4, 8)
    with torch.inference_mode():
        expected = (tokenizer._codec.model.decode(field)[0].permute(1, 2, 0).numpy() + 1) / 2
    np.testing.assert_allclose(tokenizer.decode_levels(record, []), expected.clip(0, 1), atol=1e-5)


@pytest.mark.skipif("rvq-4" not in SHIPPED, reason="rvq-4 is not in checkpoints/")
def test_more_residual_levels_make_a_better_picture():
    from explorer.media.samples import SAMPLES

    tokenizer = load_tokenizer("rvq-4", "cpu")
    media = SAMPLES["astronaut"].load().pixels[:256, 128:384]
    record = tokenizer.tokenize(media)
    errors = [np.square(tokenizer.decode_levels(record, range(q + 1)) - media).mean() for q in range(4)]
    assert errors == sorted(errors, reverse=True) and errors[3] < 0.5 * errors[0]


@pytest.mark.skipif(not SHIPPED, reason="checkpoints/ is empty: python -m explorer train NAME fills it")
@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_checkpoint_is_near_its_measured_quality(name):
    """Another picture than those measured, so only the order of magnitude can agree."""
    from skimage.metrics import peak_signal_noise_ratio

    from explorer.media.samples import SAMPLES

    tokenizer = load_tokenizer(name, "cpu")
    media = SAMPLES["astronaut"].load().pixels[:256, 128:384]
    found = peak_signal_noise_ratio(media, tokenizer.tokenize(media).reconstruction, data_range=1)
    assert abs(found - tokenizer.spec.measured["psnr_db"]) < 4
