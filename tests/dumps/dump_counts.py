"""Counts of codes that tests of dumps compare."""

import numpy as np

K = 50


def counts_of(audit):
    return audit.levels[0].counts.tolist()


def counted(array):
    return np.bincount(np.asarray(array).reshape(-1), minlength=K).tolist()
