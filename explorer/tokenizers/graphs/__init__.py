"""Tokenizers of graphs: nodes in, tuples of anchors, distances and relations out."""
