"""Parts that every view uses: elements, stages, panels, files."""
