"""Attacks on files: ``python -m tests.fuzz`` (damaged input), ``tests.fuzz.kills`` and ``tests.fuzz.full_disk``."""
