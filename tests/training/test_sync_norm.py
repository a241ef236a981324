"""Two processes whose norms have the statistics of one (two imports: some seconds)."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn

from tg_skeleton.nn.blocks import ChannelNorm
from tg_skeleton.training.sync_norm import SyncedNorms

SHARE = (3, 1)
"""The persons of each process."""


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), ChannelNorm(4), nn.ReLU(), nn.Linear(4, 2), ChannelNorm(2)).double()


def persons() -> Tensor:
    return torch.randn(4, 5, 6, 3, generator=torch.Generator().manual_seed(1)).double()  # [P, T, V, C]


def gradients(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    (model(x).pow(3).sum()).backward()
    return {name: parameter.grad for name, parameter in model.named_parameters()}


def half(rank: int, port: int, folder: str) -> None:
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    model = network()
    with SyncedNorms():
        found = gradients(model, persons().split(SHARE)[rank])
    for gradient in found.values():
        dist.all_reduce(gradient)
    if rank == 0:
        torch.save((found, dict(model.named_buffers())), f"{folder}/found.pt")
    dist.destroy_process_group()


def test_a_step_of_two_processes_is_that_of_one(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
    mp.spawn(half, (port, str(tmp_path)), nprocs=2)
    found, buffers = torch.load(tmp_path / "found.pt")
    model = network()
    expected = gradients(model, persons())
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=0, atol=1e-9, msg=name)
    for name, value in model.named_buffers():
        if value.is_floating_point():
            torch.testing.assert_close(buffers[name], value, rtol=0, atol=1e-9, msg=name)


@pytest.mark.parametrize("training", [True, False])
def test_one_process_is_as_without(training: bool) -> None:
    model, plain, x = network().train(training), network().train(training), persons()
    with SyncedNorms():
        assert torch.equal(model(x), plain(x))
