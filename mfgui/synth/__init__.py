"""Generated sources with known truth."""
