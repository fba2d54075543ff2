"""One audit on many processes and machines, on engines that exist: torchrun, and Ray Data."""
