"""The commands of ``python -m tg_skeleton``."""
