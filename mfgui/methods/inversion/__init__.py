"""Defocus inversion: what a blurred near object covers is computed from both frames of a pair."""
