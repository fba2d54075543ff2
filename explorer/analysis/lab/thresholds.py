"""What several rules of the diagnosis of a run share."""

DEAD_BAD, DEAD_WARN = 0.5, 0.1  # share of K
SETTLED = 150  # steps before which a bad fit says nothing
RECOVERED = 0.6  # of a bar: a number that is less than that at the moment does not count for what it was lately
RECENT = 100  # steps looked back over: reseeds are counted over them, errors and lengths compared
