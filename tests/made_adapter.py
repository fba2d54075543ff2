"""An adapter file for the tests: `python app.py --adapter tests/made_adapter.py` knows the codecs of made_codecs.py."""

from dataclasses import replace

from made_codecs import MADE, Blocks


class Twin(Blocks):
    """A second codec of clips, so that two can be compared."""

    def __init__(self):
        super().__init__()
        self.spec = replace(self.spec, id="made-twin", title="Made twin")


def tokenizer():
    return [kind() for kind in (*MADE.values(), Twin)]
