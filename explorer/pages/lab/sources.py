"""Where the sources of presets lead: threads on GitHub as links."""

from __future__ import annotations

import re


def thread_of(source: str) -> dict[str, str] | None:
    """'owner/name/issues/12 (what it says)' as {href, text, rest}; None for a source that is no thread on GitHub."""
    found = re.match(r"([\w.-]+/[\w.-]+)/issues/(\d+)", source)
    if not found:
        return None
    name, number = found.groups()
    href = f"https://github.com/{name}/issues/{number}"
    return {"href": href, "text": f"{name}, issue {number}", "rest": source[found.end() :]}
