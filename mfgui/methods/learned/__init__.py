"""Methods by networks that were trained."""
