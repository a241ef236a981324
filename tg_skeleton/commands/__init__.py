"""What ``python -m tg_skeleton`` does, a file per command."""
