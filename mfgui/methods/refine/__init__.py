"""Refiners: from a focus map to a better one."""
