"""Torch networks of the published systems, their weights, and how pictures are run through them.

Everything here imports torch: methods import these modules on first use.
"""
