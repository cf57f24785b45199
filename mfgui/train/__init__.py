"""Trainers of the networks, resumable at any moment."""
