"""WavTokenizer: its Lightning checkpoints load, and codes and sound are those of the original.

goldens/wavtokenizer.npz was made with jishengpeng/WavTokenizer on a CPU: the model filled by `fill_by_rule`, but for
`head.istft.window`, which stays torch.hann_window; codes = encode_infer(ruled_sound(tokens x hop)), sound =
decode(codes_to_features(codes)) with bandwidth_id 0, of which every sixteenth sample is kept where the model is the
published one. "small": dimension 16, 4 filters, ratios [5, 4, 2], 32 codes, a decoder 64 wide with 2 blocks; "plain":
ratios [4, 2], one block, norms that do not adapt, on a single token; "published": that of 40 tokens a second.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from ruled_weights import golden, ruled_sound
from sound_files import load, save_wav, wav_state

from explorer.foundation.errors import CheckpointError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.public.sound.seanet_formats import WAVTOKENIZER


@pytest.mark.parametrize("name", ["small", "plain"])
def test_codes_and_sound_are_the_originals(name, tmp_path):
    arrays, tokenizer = golden("wavtokenizer"), load(save_wav(tmp_path, name), "wavtokenizer")
    codes, sound = arrays[f"{name}_codes"][0], arrays[f"{name}_sound"]
    hop = len(sound) // len(codes)
    assert tokenizer.spec.downsampling == tokenizer.spec.shortest == hop
    record = tokenizer.tokenize(ruled_sound(len(codes) * hop))
    (level,) = record.levels
    np.testing.assert_array_equal(level.indices, codes)
    assert name == "plain" or len(np.unique(codes)) > 5  # so that equality means something
    np.testing.assert_allclose(record.reconstruction[:, 0], sound, atol=1e-5)
    np.testing.assert_allclose(tokenizer.detokenize([codes])[:, 0], sound, atol=1e-5)


def test_latents_codes_and_counts(tmp_path):
    tokenizer, tensors = load(save_wav(tmp_path, "small"), "wavtokenizer"), wav_state("small")
    (level,) = tokenizer.tokenize(ruled_sound(20 * 40)).levels
    before = "feature_extractor.encodec.quantizer.vq.layers.0._codebook."
    book = tensors[f"{before}embed"].numpy()
    np.testing.assert_array_equal(((level.z_e[:, None] - book) ** 2).sum(2).argmin(1), level.indices)
    np.testing.assert_array_equal(level.z_q, book[level.indices])
    np.testing.assert_array_equal(level.codebook.counts, tensors[f"{before}cluster_size"].numpy())


def test_a_token_left_out_gives_nothing_to_the_decoder(tmp_path):
    tokenizer = load(save_wav(tmp_path, "small"), "wavtokenizer")
    codes = np.arange(10) % 32
    whole, kept = tokenizer.detokenize([codes]), np.arange(10) != 4
    without = tokenizer.decode_kept([codes], [kept])
    table = tokenizer.codebooks()[0].vectors
    with torch.inference_mode():
        vectors = torch.from_numpy(table[codes] * kept[:, None]).T[None]
        expected = tokenizer._codec.decode([vectors])[0].T.numpy()
    np.testing.assert_allclose(
        without, expected, atol=1e-5
    )  # float32 sums of hundreds of products near 1, which a batch may take in another order
    assert np.abs(whole - without).max() > 1e-3
    assert tokenizer.decode_alone(0, [3, 4]).shape == (2, 120, 1)


def test_the_description_needs_no_weights(tmp_path):
    path = save_wav(tmp_path, "small")
    spec = WAVTOKENIZER.describe(read_header(path))
    assert (spec.modality, spec.quantizer, spec.combination, spec.num_quantizers) == ("audio", "vq", "single", 1)
    assert (spec.codebook_size, spec.codebook_dim, spec.sample_rate_hz, spec.channels) == (32, 16, 24_000, 1)
    unread = ("multiperioddisc.", "feature_extractor.encodec.decoder.")
    kept = {k: t for k, t in wav_state("small").items() if not k.startswith(unread)}
    assert spec.parameters == sum(t.numel() for k, t in kept.items() if not k.endswith(("inited", "embed_avg")))
    guessed = "No config beside the file states its sample rate: it is that of the published models."
    assert guessed in spec.summary
    path.with_suffix(".yaml").write_text("model: {class_path: os.system, init_args: {sample_rate: 16000}}\n")
    stated = WAVTOKENIZER.describe(read_header(path))
    assert stated.sample_rate_hz == 16_000 and guessed not in stated.summary


def test_what_does_not_fit_is_named(tmp_path):
    path = tmp_path / "w.ckpt"
    for change, words in (
        ({"head.out.weight": torch.zeros(31, 64)}, "transforms 29 samples"),
        ({"backbone.embed.weight": torch.zeros(60, 16, 7)}, "60 wide"),
        ({"backbone.convnext.0.pwconv1.weight": torch.zeros(96)}, r"pwconv1\.weight has shape \(96,\)"),
        ({"feature_extractor.encodec.quantizer.vq.layers.1._codebook.embed": torch.zeros(32, 16)}, "2 levels, not 1"),
    ):
        torch.save({"state_dict": wav_state("small") | change}, path)
        with pytest.raises(CheckpointError, match=words):
            WAVTOKENIZER.describe(read_header(path))
    tensors = wav_state("small")
    del tensors["backbone.pos_net.2.q.weight"]
    torch.save({"state_dict": tensors}, path)
    with pytest.raises(CheckpointError, match=r"missing backbone\.pos_net\.2\.q\.weight"):
        fill(WAVTOKENIZER, read_header(path))


@pytest.mark.slow
def test_published_widths(tmp_path):
    arrays = golden("wavtokenizer")
    tokenizer = load(save_wav(tmp_path, "published"), "wavtokenizer")
    codes = arrays["published_codes"][0]
    assert tokenizer.spec.downsampling == 600 and tokenizer.spec.codebook_size == 4096
    record = tokenizer.tokenize(ruled_sound(len(codes) * 600))
    np.testing.assert_array_equal(record.levels[0].indices, codes)
    np.testing.assert_allclose(record.reconstruction[::16, 0], arrays["published_sound"], atol=1e-4)
