"""The shortest ways through a graph."""
