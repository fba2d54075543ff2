"""From a folder to tokens as a visitor goes: plan, load, `load_tokenizer`, a record, its bits, and its picture."""

import numpy as np
import pytest

from explorer.analysis.pictures.depiction import depict
from explorer.loading.planning import load, plan
from explorer.media.medium import LoadedAudio, fit_medium, values
from explorer.tokenizers import forget, load_tokenizer
from tests.public.transformers.hub_folders import sound
from tests.public.transformers.hub_models import MODELS


@pytest.mark.parametrize("name", ["encodec 48 kHz", "dac 44.1 kHz", "mimi", "neucodec", "wav2vec2"])
def test_a_sound_of_any_rate_goes_the_whole_way(name, tmp_path):
    MODELS[name]().save_pretrained(tmp_path)
    planned = plan(str(tmp_path))
    spec = load(planned, "cpu")
    assert spec.parameters == planned.spec.parameters and spec.title
    tokenizer = load_tokenizer(spec.id, "cpu")
    forget(spec.id)
    fitted = fit_medium(LoadedAudio(sound(16_000)[:, 0:1], 16_000, ()), tokenizer.spec, 256)
    record = tokenizer.tokenize(values(fitted))
    assert record.modality == "audio" and record.bitrate_bps("uniform") > 0
    picture = depict(record)
    assert picture.modality == "image" and np.isfinite(picture.reconstruction).all()
