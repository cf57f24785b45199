"""Networks of the published systems, their weights, and how pictures are run through them.

Everything here imports torch, except `shipped`: methods import the other modules on first use.
"""
