"""For tools that look for a setup.py; every fact is in pyproject.toml."""

from setuptools import setup

setup()
