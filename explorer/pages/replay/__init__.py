"""Recorded training runs: looked through while they train and after."""
