"""Measures, each a script of its own. `python -m benchmarks` (make bench) is the night as a whole."""
