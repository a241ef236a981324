"""What injuries of recordings cost a trained network, and which of them are noticed: `python -m tests.robustness`."""
