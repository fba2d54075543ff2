"""Graphs: edge lists as people keep them, samples, and how a graph is laid out and drawn."""
