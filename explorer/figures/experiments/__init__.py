"""Figures of experiments: several trainings, their codes, their curves, and what they lost."""
