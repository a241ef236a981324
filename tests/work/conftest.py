"""A checkpoint for commands that predict."""

import pytest

from tests.campaigns.checkpoint import write_checkpoint


@pytest.fixture(scope="session")
def checkpoint_of_esan(tmp_path_factory):
    return write_checkpoint(tmp_path_factory.mktemp("run") / "model.safetensors", widths=(8, 8))
