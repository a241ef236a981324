"""Benchmarks, each a question answered by a table; ``python -m tests.benchmark [name]``."""
