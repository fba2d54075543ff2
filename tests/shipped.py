"""The tokenizers that ship, by what they take, for tests that ask something of each."""

from explorer.tokenizers import list_tokenizers


def counted_ids():
    """Ids of those whose codebook can be counted over many media: a graph has codes of its own."""
    return [spec.id for spec in list_tokenizers() if spec.modality != "graph"]


def shipped_ids(*modalities):
    """Ids of the tokenizers of those modalities, in the order of the list; of all without any."""
    return [spec.id for spec in list_tokenizers() if not modalities or spec.modality in modalities]
