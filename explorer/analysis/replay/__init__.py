"""Recorded runs: what the diagnosis and the lives of codes read of a recording. Numpy only."""
