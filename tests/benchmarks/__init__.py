"""Benchmarks: ratios between fgrad and its peers, measured in one run."""
