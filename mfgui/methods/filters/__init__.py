"""Filters of planes that keep edges."""
