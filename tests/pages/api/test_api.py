"""The named endpoints through gradio_client, as scripts call them."""

import json
import re
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from made_codecs import made
from PIL import Image

from explorer.joints.files.tokens import load_tokens
from explorer.lab.batch import run_lab
from explorer.lab.settings import LabSettings
from explorer.media.medium import load_medium, values
from explorer.media.pictures.image import load_image
from explorer.media.samples import SAMPLES
from explorer.media.writing import medium_bytes
from explorer.tokenizers import list_tokenizers, load_tokenizer


def test_only_the_named_endpoints_are_offered(client):
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(named) == {
        "/list_tokenizers",
        "/load_tokenizer",
        "/open_checkpoint",
        "/tokenize",
        "/detokenize",
        "/audit",
        "/compare",
        "/lab_run",
    }


def test_list_tokenizers(client):
    answer = client.predict(api_name="/list_tokenizers")
    assert [entry["id"] for entry in answer] == [spec.id for spec in list_tokenizers()]
    assert all(entry["codebook_size"] >= 2 and entry["licence"] for entry in answer)


def test_tokenize_and_detokenize_agree_with_python(client):
    spec = list_tokenizers()[0]
    path, meta = client.predict(spec.id, handle_file(str(SAMPLES["coffee"].path)), api_name="/tokenize")
    tokens = load_tokens(path)
    assert (meta["tokenizer"], tokens.tokenizer_id) == (spec.id, spec.id)
    picture = client.predict(handle_file(path), api_name="/detokenize")
    decoded = load_tokenizer(spec.id, device="cpu").detokenize(tokens.indices)
    assert np.abs(load_image(picture).pixels - decoded).max() <= 0.5 / 255 + 1e-3
    json.dumps(meta)


@pytest.mark.parametrize(("name", "sample"), [("made-rates", "drums"), ("made-blocks", "shapes")])
def test_sounds_and_clips_go_there_and_back(made_url, new_client, tmp_path, name, sample):
    client, tokenizer = new_client(made_url), made(name.removeprefix("made-"))
    medium = SAMPLES[sample].load()
    sound = tokenizer.spec.modality == "audio"
    file = tmp_path / ("medium.wav" if sound else "medium.mp4")
    rate = medium.sample_rate_hz if sound else medium.frames_per_second
    file.write_bytes(medium_bytes(values(medium), file.suffix, rate))
    path, meta = client.predict(name, handle_file(str(file)), api_name="/tokenize")
    tokens = load_tokens(path)
    assert (tokens.tokenizer_id, tokens.modality) == (name, tokenizer.spec.modality)
    assert [tuple(level["layout"]["shape"]) for level in meta["levels"]] == [i.shape for i in tokens.indices]
    decoded = load_medium(client.predict(handle_file(path), api_name="/detokenize"))
    expected = tokenizer.detokenize(tokens.indices)
    if sound:
        assert decoded.sample_rate_hz == 8000
        assert np.abs(decoded.samples - expected.clip(-1, 32767 / 32768)).max() <= 1e-4
    else:  # frames that are alike are merged by the format
        assert decoded.seconds == pytest.approx(len(expected) / tokens.frames_per_second, rel=0.1)
        assert np.abs(decoded.frames[0] - expected[0]).max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize("case", ["unknown", "text", "no picture"])
def test_errors_are_plain_words(client, tmp_path, case):
    note = tmp_path / "note.png"
    note.write_text("not a picture")
    good = tmp_path / "good.png"
    Image.new("RGB", (16, 16)).save(good)
    tokenizer = "nope" if case == "unknown" else list_tokenizers()[0].id
    picture = {"unknown": handle_file(str(good)), "text": handle_file(str(note)), "no picture": None}[case]
    with pytest.raises(Exception, match=r"Valid ids|not a picture|No picture") as caught:
        client.predict(tokenizer, picture, api_name="/tokenize")
    assert "Traceback" not in str(caught.value)


def test_a_token_file_of_nonsense_is_refused(client, tmp_path):
    file = tmp_path / "tokens.npz"
    file.write_bytes(b"PK\x03\x04nonsense")
    with pytest.raises(Exception, match="tokens"):
        client.predict(handle_file(str(file)), api_name="/detokenize")


def test_a_foreign_host_is_refused(app_url):
    assert httpx.get(app_url, headers={"Host": "evil.example"}).status_code == 400
    assert httpx.get(app_url).status_code == 200


def test_a_run_of_the_lab_agrees_with_the_same_run_here(client):
    settings = {"codebook_size": 8, "batch_size": 32, "initialization": "kmeans"}
    answer = client.predict(json.dumps(settings), 40, api_name="/lab_run")
    side = run_lab(LabSettings().changed(settings), 40, "cpu")
    assert answer["settings"]["codebook_size"] == 8 and answer["final"]["step"] == 40
    assert answer["curves"]["names"] == ["step", *side.curves.names]
    assert np.allclose(answer["curves"]["rows"], side.curves.rows())
    assert np.allclose(answer["final"]["levels"][0]["vectors"], side.frame().levels[0].vectors)


@pytest.mark.parametrize(
    ("settings", "steps", "words"),
    [
        ('{"codebook_size": 0}', 5, "Codebook size K must be from 1"),
        ("{", 5, "not JSON"),
        ("{}", 0, "number of steps must be"),
        ("{}", 10**9, "number of steps must be"),
    ],
)
def test_a_run_that_cannot_be_is_refused_in_words(client, settings, steps, words):
    with pytest.raises(AppError, match=words):
        client.predict(settings, steps, api_name="/lab_run")


@pytest.mark.parametrize(
    ("endpoint", "sent", "words"),
    [
        ("lab_run", ["{}", "many"], r"/lab_run takes, in this order, settings_json \(text\), steps \(a number\)\."),
        ("lab_run", ["{}", [5]], r"/lab_run takes"),
        ("lab_run", ["{}"], r"/lab_run takes"),
        ("open_checkpoint", [7], r"/open_checkpoint takes, in this order, checkpoint \(an uploaded file\)\."),
        ("compare", [{"path": "/etc/passwd"}, "fsq"], r"files \(a list of uploaded files\), tokenizers \(text\)\."),
        ("detokenize", [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}], r"tokens \(an uploaded file\)"),
        ("load_tokenizer", [None, None, None], "Send either the name of a Hub repository"),
        ("audit", [None, None, None, None, None], "No file was sent"),
    ],
)
def test_what_has_the_wrong_type_or_number_is_refused_in_words(app_url, endpoint, sent, words):
    """As a script sends it by plain HTTP; it was answered with an error that had no word in it."""
    address = f"{app_url.rstrip('/')}/gradio_api/call/{endpoint}"
    event = httpx.post(address, json={"data": sent}).json()["event_id"]
    answer = httpx.get(f"{address}/{event}", timeout=60).text
    kind, data = answer.split("\n")[:2]
    assert kind == "event: error"
    assert re.search(words, json.loads(data.removeprefix("data: "))["error"]), answer


def test_a_client_writes_below_the_folder_of_its_test_alone(new_client, client, tmp_path_factory):
    """Of each file that it loads it leaves a folder where `tempfile` says."""
    folder = Path(new_client.keywords["download_files"])
    before = {path.name for path in folder.iterdir()}
    client.predict("fsq", handle_file(str(SAMPLES["coffee"].path)), api_name="/tokenize")
    made = {path.name for path in folder.iterdir()} - before
    assert any(re.fullmatch("[0-9a-f]{40}", name) for name in made)
    assert folder.is_relative_to(tmp_path_factory.getbasetemp())
