"""Audits of plain indices, of a model that need not be here: axes, blocks, counting, and what is said of them."""
