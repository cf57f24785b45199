"""Tables of many sets, methods and metrics: found by rule, computed in parallel, kept, reported.

`datasets` finds the sets of images, `entries` the methods and results made elsewhere, `cells`
computes one of them for one set, `runner` all, `statistics` compares, `tables` and `report` write.
"""
