"""Benchmarks: each one a question with a table as its answer; ``python -m tests.benchmark [name]``."""
