"""Qt-free worker loops: frozen requests in, typed events out."""
