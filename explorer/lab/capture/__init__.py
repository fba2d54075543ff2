"""Steps of the lab as graphs of a GPU, and numbers on their way back from it."""
