"""Measurements: medians of several interleaved rounds, as ratios to a baseline in the same run."""
