"""Discrete Tokenizer Explorer: see what a discrete tokenizer does.

The way of the data: media -> tokenizer -> TokenRecord -> analysis -> view -> page.

In a notebook, without a page (each is imported when it is first asked for, so that `import explorer` costs nothing):

    import explorer

    tokenizer = explorer.load("fsq")                       # an id, a file or folder, or owner/name of the Hub
    record = explorer.tokenize(tokenizer, "picture.png")   # a TokenRecord
    audit = explorer.audit(tokenizer, "folder/")           # an Audit; or of indices alone
    for finding in explorer.diagnose(audit, tokenizer):    # what is wrong with it, in words
        print(finding.title, finding.text)
    explorer.figures.usage(audit).show()                   # a figure of plotly
    explorer.figures.norms(explorer.geometry(audit, tokenizer)).show()
"""

from __future__ import annotations

from explorer.foundation.registry import Registry
from explorer.foundation.threads import decide_threads

decide_threads()  # here, since torch reads it when it is imported, and whatever imports it here comes after this

CALLS: Registry = Registry(
    "call",
    {
        "audit": "explorer.notebook:audit",
        "diagnose": "explorer.notebook:diagnose",
        "figures": "explorer.notebook:figures",
        "geometry": "explorer.notebook:geometry",
        "load": "explorer.notebook:load",
        "tokenize": "explorer.notebook:tokenize",
    },
)


def __getattr__(name: str) -> object:
    if name not in CALLS:
        raise AttributeError(f"module 'explorer' has no attribute {name!r}")
    return CALLS.load(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *CALLS})
