"""Codebooks and latents that come with plain indices, against sums over the whole arrays."""

import numpy as np
import pytest

from explorer.__main__ import main
from explorer.analysis.codebook.diagnosis import diagnose
from explorer.audit.indices import blocks as index_blocks
from explorer.audit.indices import vectors as index_vectors
from explorer.audit.indices.run import Reading, audit_indices
from explorer.audit.indices.vectors import load_codebooks, read_belongings
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.files.audits import load_audit


def nearest(latents, codes):
    return np.square(latents[:, None] - codes[None]).sum(-1).argmin(1)


@pytest.fixture
def residual(tmp_path):
    """Two residual levels over 30 media of 20 tokens."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(600, 4)).astype(np.float32)
    books = [rng.normal(size=(16, 4)).astype(np.float32), 0.4 * rng.normal(size=(8, 4)).astype(np.float32)]
    first = nearest(z, books[0])
    left = z - books[0][first]
    second = nearest(left, books[1])
    np.save(tmp_path / "i.npy", np.stack([first.reshape(30, 20), second.reshape(30, 20)], 1))
    np.save(tmp_path / "z.npy", z.reshape(30, 20, 4))
    np.savez(tmp_path / "e.npz", codebook_0=books[0], codebook_1=books[1])
    return tmp_path, z, left, books, (first, second)


@pytest.mark.parametrize("piece", [2**22, 130])
def test_residual_levels_are_given_what_is_left(residual, piece, monkeypatch):
    folder, z, left, books, codes = residual
    monkeypatch.setattr(index_blocks, "PIECE", piece)
    monkeypatch.setattr(index_vectors, "ROWS", 37)
    belongings = read_belongings(folder / "e.npz", folder / "z.npy")
    audit = audit_indices(folder / "i.npy", None, Reading(axes="b,q,t"), belongings)
    assert [level.codebook_size for level in audit.levels] == [16, 8]
    for level, given, book, chosen in zip(audit.levels, (z, left), books, codes, strict=True):
        squared = np.square(given.astype(float) - book[chosen]).sum(1)
        expected = [squared[chosen == k].mean() if np.any(chosen == k) else np.nan for k in range(len(book))]
        np.testing.assert_allclose(level.error, expected, rtol=1e-5)
        norms = np.linalg.norm(given.astype(float), axis=1)
        np.testing.assert_allclose(level.latent_norm, [norms.mean(), norms.std(), norms.max()], rtol=1e-5)
        np.testing.assert_allclose(level.latents, given, atol=1e-6)
        np.testing.assert_array_equal(level.latent_codes, chosen)


def test_groups_have_columns_of_their_own(tmp_path):
    rng = np.random.default_rng(1)
    z, books = rng.normal(size=(400, 6)).astype(np.float32), rng.normal(size=(2, 10, 3)).astype(np.float32)
    codes = [nearest(z[:, 3 * g : 3 * g + 3], books[g]) for g in range(2)]
    np.save(tmp_path / "i.npy", np.stack(codes, 1))
    np.save(tmp_path / "z.npy", z)
    np.save(tmp_path / "e.npy", books)
    belongings = read_belongings(tmp_path / "e.npy", tmp_path / "z.npy")
    audit = audit_indices(tmp_path / "i.npy", None, Reading(axes="t,q"), belongings)
    assert [level.name for level in audit.levels] == ["group 1", "group 2"]
    np.testing.assert_allclose(audit.levels[1].latents, z[:, 3:], atol=1e-6)


def test_padding_has_latents_that_do_not_count(residual):
    folder, z, _, books, (first, _) = residual
    codes = first.copy()
    codes[::7] = -1
    np.save(folder / "p.npy", codes)
    np.save(folder / "e.npy", books[0])
    audit = audit_indices(folder / "p.npy", None, Reading(), read_belongings(folder / "e.npy", folder / "z.npy"))
    np.testing.assert_allclose(audit.levels[0].latents, z[codes >= 0], atol=1e-6)


@pytest.mark.parametrize(
    ("latents", "words"), [(599, "599 latents, and 600 tokens or more"), (601, "601 latents, and 600 tokens on")]
)
def test_latents_of_other_tokens_are_refused(residual, latents, words):
    folder, *_, books, (first, _) = residual
    np.save(folder / "f.npy", first)
    np.save(folder / "e.npy", books[0])
    np.save(folder / "z.npy", np.zeros((latents, 4), np.float32))
    with pytest.raises(RecordError, match=words):
        audit_indices(folder / "f.npy", None, Reading(), read_belongings(folder / "e.npy", folder / "z.npy"))


def test_codebooks_that_are_none(tmp_path):
    np.save(tmp_path / "flat.npy", np.zeros(5))
    np.save(tmp_path / "e.npy", np.zeros((5, 2)))
    np.save(tmp_path / "z.npy", np.zeros((7, 3), np.float32))
    (tmp_path / "text.npy").write_text("hello")
    for codebook, latents, words in (
        ("flat.npy", None, r"a codebook is \(K, D\)"),
        ("text.npy", None, "no array of numpy"),
        ("none.npy", None, "no array of numpy"),
        ("e.npy", "z.npy", "latents have 3 dimensions, the codes 2"),
        ("e.npy", "flat.npy", "must hold latents"),
    ):
        with pytest.raises(RecordError, match=words):
            read_belongings(tmp_path / codebook, None if latents is None else tmp_path / latents)
    with pytest.raises(SettingsError, match="euclidean, cosine, dot"):
        read_belongings(tmp_path / "e.npy", None, "manhattan")


def test_the_command_keeps_the_codebook_beside_the_audit(residual, capsys):
    folder, *_, books, (first, _) = residual
    np.save(folder / "f.npy", first)
    np.save(folder / "e.npy", books[0])
    line = [
        "audit",
        "--indices",
        str(folder / "f.npy"),
        "--out",
        str(folder / "a"),
        "--codebook",
        str(folder / "e.npy"),
    ]
    assert main([*line, "--latents", str(folder / "z.npy")]) == 0
    audit = load_audit(folder / "a")
    (book,) = load_codebooks(folder / "a", [16])
    np.testing.assert_array_equal(book.vectors, books[0])
    assert load_codebooks(folder / "a", [17]) is None
    assert audit.levels[0].latents is not None
    assert not any("belong together" in finding.title for finding in diagnose(audit, [book]))
    assert not list((folder / "a").glob("*.part"))
    (folder / "a" / "exemplars").mkdir()
    (folder / "a" / "exemplars" / "codes-00000-00015.png").write_bytes(b"of other media")
    assert main([*line[:5], "--codebook-size", "16"]) == 0
    assert load_codebooks(folder / "a", [16]) is None, "vectors that an earlier audit left are not of these codes"
    assert [path.name for path in (folder / "a" / "exemplars").iterdir()] == ["exemplars.csv"]
    capsys.readouterr()
    assert main([*line[:5], "--latents", str(folder / "z.npy"), "--codebook-size", "16"]) == 2
    assert "--latents need --codebook" in capsys.readouterr().err
