"""Quantizers whose codes follow from a rule and are stored nowhere: levels of each axis, or signs."""
