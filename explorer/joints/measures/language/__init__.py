"""Tokens as a language: ranks and frequencies, entropies of pairs, bits after compression; of grids and of audits."""
