"""Kernels that are compiled when they are first asked for, by llvmlite, which numba brings: without it numpy does it.

A library's matrix product has to write all N x K scores before their least can be looked for, and at 8 to 64 dimensions
writing and reading them takes longer than the product. These keep a score in its register until it has lost, as the
fused kernels of faiss do (Douze et al. 2024, arXiv 2401.08281), and keep the least but one too, which says whether
rounding may have swapped two codes.
"""
