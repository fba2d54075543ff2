"""YAML as far as a config needs it: plain values, no Python objects, no aliases."""

from __future__ import annotations

from explorer.foundation.errors import CheckpointError

YAML_BYTES = 2**18


def yaml_mapping(text: str, name: str) -> dict:
    """Plain values of a YAML text; a tag that asks for a Python object is refused, `target:` is only a word.

    Aliases are refused, too: a few of them within each other stand for a text without end. name: of the text, for
    messages. Raises CheckpointError.
    """
    import yaml  # comes with transformers; only original checkpoints have such files

    try:
        if len(text) > YAML_BYTES:
            raise CheckpointError(f"{name} is longer than {YAML_BYTES:,} bytes.")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise CheckpointError(f"{name} uses aliases (* and &), which no config needs; write them out.")
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = str(getattr(error, "problem", None) or error).partition("\n")[0]
        raise CheckpointError(f"{name} is not plain YAML: {reason[:200]}.") from error
    return value if isinstance(value, dict) else {}
