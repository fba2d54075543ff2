"""Where the sources of presets lead: threads on GitHub as links, surveys by their names.

The code cites surveys by number, as its docstrings do; a visitor is told what they are.
"""

from __future__ import annotations

import re

SURVEYS = {
    "survey 002": "Discrete Tokenization for Multimodal LLMs: A Comprehensive Survey (Li et al., arXiv 2507.22920)",
    "survey 004": "the survey Discrete Visual Tokenizers for Multimodal LLMs: Bridging Vision and Language (2025)",
}


def named_source(source: str) -> str:
    """The source with each survey under its name. Raises KeyError for a survey that has none here."""
    return re.sub(r"survey \d{3}", lambda found: SURVEYS[found[0]], source)


def thread_of(source: str) -> dict[str, str] | None:
    """'owner/name/issues/12 (what it says)' as {href, text, rest}; None for a source that is no thread on GitHub."""
    found = re.match(r"([\w.-]+/[\w.-]+)/issues/(\d+)", source)
    if not found:
        return None
    name, number = found.groups()
    href = f"https://github.com/{name}/issues/{number}"
    return {"href": href, "text": f"{name}, issue {number}", "rest": source[found.end() :]}
