"""The page of experiments in the browser."""
