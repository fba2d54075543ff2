"""The endpoints for scripts."""
