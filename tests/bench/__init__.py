"""Benchmarks: how fast, how small, how flat, each beside a plain limit measured in the same run (README.md)."""
