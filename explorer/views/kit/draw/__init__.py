"""What is drawn with: colours, scales, cells."""
