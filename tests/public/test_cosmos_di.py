"""Cosmos DI: its TorchScript archives load without being run, and codes and pictures are those of the original.

goldens/cosmos_di.npz was made with NVIDIA/Cosmos-Tokenizer (3584ae7) on a CPU in float32, DiscreteImageTokenizer filled
by `fill_by_rule`: indices of `encode`, pixels of `decode_code` brought to [0, 1] and clamped. "f16" and "f8":
`discrete_image` with channels=32, channels_mult=[1, 2, 2], num_res_blocks=1, z_channels=16 and spatial_compression 16
and 8, for ruled_picture(32, 48), every second row and column kept; "published": `discrete_image` as it is, for
ruled_picture(64, 96), every eighth kept.
"""

import numpy as np
import pytest
import torch
from ruled_weights import golden, ruled_picture, ruled_state, shell

from explorer.foundation.errors import CheckpointError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.public.cosmos.format import COSMOS_DI
from explorer.public.cosmos.wavelet import PICTURE_AXES, haar, unhaar
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit")  # old, but the files are of that kind
SIDES = {"encoder": ("encoder.", "quant_conv."), "decoder": ("decoder.", "post_quant_conv.")}
DERIVED = {  # buffers that TorchScript keeps and a state dict does not
    "encoder": {"encoder.patcher.wavelets": torch.ones(2), "quantizer._levels": torch.tensor([8, 8, 8, 5, 5, 5])},
    "decoder": {"inv_quant.quantizer.implicit_codebook": torch.zeros(9, 6), "decoder.unpatcher._arange": torch.ones(2)},
}


def archive(state, path):
    """A TorchScript archive that holds these tensors."""
    torch.jit.save(torch.jit.script(shell(state)), path)
    return path


def save(folder, kind, halves=("encoder", "decoder")):
    state = ruled_state(golden("cosmos_di")[f"{kind}_shapes"])
    for side in halves:
        part = {key: t for key, t in state.items() if key.startswith(SIDES[side])}
        archive(part | DERIVED[side], folder / f"{side}.jit")
    return folder


def load(path):
    header = read_header(path)
    assert COSMOS_DI.recognises(header)
    return AdaptedTokenizer(fill(COSMOS_DI, header), COSMOS_DI.describe(header), "cpu")


@pytest.fixture(scope="module", params=["f16", "f8"])
def made(request, tmp_path_factory):
    return request.param, load(save(tmp_path_factory.mktemp(request.param), request.param))


def test_codes_and_pixels_are_the_originals(made):
    kind, tokenizer = made
    arrays = golden("cosmos_di")
    record = tokenizer.tokenize(ruled_picture(32, 48))
    (level,) = record.levels
    assert np.array_equal(level.indices, arrays[f"{kind}_indices"]) and len(np.unique(level.indices)) > 5
    expected = arrays[f"{kind}_pixels"]
    assert ((expected > 0) & (expected < 1)).mean() > 0.2  # not all of it is clamped
    assert np.abs(record.reconstruction[::2, ::2] - expected).max() < 1e-4
    assert np.abs(tokenizer.detokenize([arrays[f"{kind}_indices"]])[::2, ::2] - expected).max() < 1e-4


def test_codes_are_points_of_the_lattice(made):
    kind, tokenizer = made
    (level,), (book,) = tokenizer.tokenize(ruled_picture(32, 48)).levels, tokenizer.codebooks()
    assert book.rule.levels == (8, 8, 8, 5, 5, 5) and book.codebook_size == 64_000
    assert np.allclose(book.rows(level.indices.ravel()), level.z_q, atol=1e-6)
    step = 1 / (np.array(book.rule.levels) // 2)
    assert (np.abs(level.z_e - level.z_q) <= step / 2 + 1e-6).all()
    assert tokenizer.spec.downsampling == {"f16": 16, "f8": 8}[kind] and tokenizer.token_reach is None
    assert tokenizer.spec.parameters == sum(int(np.prod(s)) for s in golden("cosmos_di")[f"{kind}_shapes"].values())


def test_a_token_that_is_left_out_is_the_middle_of_the_lattice(made):
    kind, tokenizer = made
    indices = golden("cosmos_di")[f"{kind}_indices"]
    middle = sum(
        level // 2 * place for level, place in zip((8, 8, 8, 5, 5, 5), (1, 8, 64, 512, 2560, 12800), strict=True)
    )
    kept = np.ones(indices.shape, bool)
    kept[0, 1] = False
    decoded = tokenizer.detokenize([np.where(kept, indices, middle)])
    assert np.allclose(tokenizer.decode_kept([indices], [kept]), decoded, atol=1e-6)
    side = tokenizer.spec.downsampling
    assert tokenizer.decode_alone(0, [0, 63_999]).shape == (2, side, side, 3)


def test_one_archive_of_both_halves_is_the_same(tmp_path):
    state = ruled_state(golden("cosmos_di")["f16_shapes"])
    tokenizer = load(archive(state | DERIVED["encoder"], tmp_path / "autoencoder.jit"))
    (level,) = tokenizer.tokenize(ruled_picture(32, 48)).levels
    assert np.array_equal(level.indices, golden("cosmos_di")["f16_indices"])


def test_what_has_no_tokens_or_no_decoder_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"encoder of Cosmos DI alone\. Put encoder\.jit and decoder\.jit"):
        COSMOS_DI.describe(read_header(save(tmp_path, "f16", ["encoder"]) / "encoder.jit"))
    state = ruled_state(golden("cosmos_di")["f16_shapes"])
    state["quant_conv.weight"] = torch.zeros(16, 16, 1, 1)
    header = read_header(archive(state, tmp_path / "autoencoder.jit"))
    assert COSMOS_DI.recognises(header)
    with pytest.raises(CheckpointError, match=r"latents of 16 dimensions.*no tokens to show"):
        COSMOS_DI.describe(header)


def test_wavelets_are_those_of_a_written_out_case_and_turn_back():
    picture = torch.tensor([[1.0, 2.0], [3.0, 5.0]])[None, None]
    bands = haar(picture, PICTURE_AXES, 1).flatten().tolist()
    assert bands == [11 / 4, (3 - 8) / 4, (1 - 2 + 3 - 5) / 4, (1 - 2 - 3 + 5) / 4]  # mean, rows, columns, both
    noise = torch.randn(2, 3, 8, 16, generator=torch.Generator().manual_seed(1))
    assert haar(noise, PICTURE_AXES, 2).shape == (2, 48, 2, 4)
    assert torch.allclose(unhaar(haar(noise, PICTURE_AXES, 2), PICTURE_AXES, 2), noise, atol=1e-6)


@pytest.mark.slow
def test_the_published_widths_give_the_originals_codes(tmp_path):
    arrays = golden("cosmos_di")
    tokenizer = load(save(tmp_path, "published"))
    record = tokenizer.tokenize(ruled_picture(64, 96))
    assert np.array_equal(record.levels[0].indices, arrays["published_indices"])
    assert np.abs(record.reconstruction[::8, ::8] - arrays["published_pixels"]).max() < 1e-4
    assert tokenizer.spec.parameters == 83_723_958
