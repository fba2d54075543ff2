"""What several rules of the diagnosis of a run share."""

DEAD_BAD, DEAD_WARN = 0.5, 0.1  # share of K
SETTLED = 150  # steps before which a bad fit says nothing
