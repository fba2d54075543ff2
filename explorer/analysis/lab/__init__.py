"""What is said of a run of the lab."""
