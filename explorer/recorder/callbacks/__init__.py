"""The recorder in the loops of others: one module each, which imports its library when it is itself imported."""
