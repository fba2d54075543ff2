"""The convolutional VQ family: taming-transformers' encoder and decoder, and the fifteen formats that descend from it.

`names` maps every dialect of key names onto one, `plan` infers the whole configuration from names and shapes (both
without torch), `layers` and `trunk` are the modules, `codes` the ways of choosing codes, `codec` joins them, and
`formats` holds the table of what cannot be inferred: distance rule, pixel range, scales, training resolution.
"""
