"""What the environments of torchrun and SLURM say about the processes of a training."""

from __future__ import annotations

import pytest

from tg_skeleton.commands.processes import Launch, is_first, launch_of, processes_of, restarted

TORCHRUN = {
    "TORCHELASTIC_RUN_ID": "none",
    "WORLD_SIZE": "4",
    "LOCAL_WORLD_SIZE": "2",
    "GROUP_WORLD_SIZE": "2",
    "RANK": "2",
    "LOCAL_RANK": "0",
}
SRUN = {
    "SLURM_STEP_ID": "0",
    "SLURM_JOB_NAME": "train",
    "SLURM_NTASKS": "4",
    "SLURM_NNODES": "2",
    "SLURM_NTASKS_PER_NODE": "2",
    "SLURM_PROCID": "0",
}


def test_the_launchers_are_read() -> None:
    assert launch_of(TORCHRUN) == Launch("torchrun", 2, 2, 2)
    assert launch_of(SRUN) == Launch("srun", 2, 2, 0)
    assert launch_of({}) is None
    assert launch_of({**SRUN, "SLURM_JOB_NAME": "interactive"}) is None
    assert launch_of({"SLURM_NTASKS": "1"}) is None  # a job of one task, without srun
    assert launch_of({**SRUN, **TORCHRUN}).by == "torchrun"  # srun torchrun ...


@pytest.mark.parametrize("environment", [TORCHRUN, SRUN])
def test_a_launcher_s_processes_need_no_arguments(environment: dict[str, str]) -> None:
    assert processes_of("auto", None, environment) == ("2", 2)
    assert processes_of("2", 2, environment) == ("2", 2)


def test_without_a_launcher_the_arguments_count() -> None:
    assert processes_of("auto", None, {}) == ("auto", 1)
    assert processes_of("3", 1, {}) == ("3", 1)


@pytest.mark.parametrize(
    ("devices", "num_nodes", "environment", "message"),
    [
        ("auto", 1, TORCHRUN, "--num-nodes: torchrun has started processes on 2 nodes, got 1; leave --num-nodes out"),
        ("1", None, TORCHRUN, "--devices: torchrun has started 2 processes on each node, got 1; leave --devices out"),
        ("4", None, SRUN, "--devices: srun has started 2 processes on each node, got 4"),
        ("auto", 2, {}, "--num-nodes: expected torchrun or srun to start the processes of 2 machines"),
        ("auto", None, {**TORCHRUN, "WORLD_SIZE": "3"}, "the same --nproc-per-node on all nodes, got 3 processes on 2"),
        (
            "auto",
            None,
            {**SRUN, "SLURM_NTASKS": "3"},
            "srun: expected --nodes N --ntasks-per-node M, .* got 3 tasks on 2",
        ),
        (
            "auto",
            None,
            {"SLURM_NTASKS": "2"},
            "SLURM_NTASKS: expected srun to start the job's 2 processes, got a command",
        ),
        (
            "auto",
            None,
            {"OMPI_COMM_WORLD_SIZE": "2"},
            "OMPI_COMM_WORLD_SIZE: expected one process, .* got 2 started by MPI",
        ),
        ("auto", None, {"WORLD_SIZE": "2", "RANK": "1"}, "WORLD_SIZE: expected torchrun or srun to start several"),
        ("auto", None, {**TORCHRUN, "RANK": "x"}, "RANK: expected a whole number in the environment, got 'x'"),
    ],
)
def test_differences_are_named(devices: str, num_nodes: int | None, environment: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        processes_of(devices, num_nodes, environment)


def test_one_process_is_the_first() -> None:
    assert is_first({}) and is_first(SRUN) and not is_first(TORCHRUN)
    assert is_first({"LOCAL_RANK": "0", "NODE_RANK": "0", "WORLD_SIZE": "2"})  # Lightning's own
    assert not is_first({"LOCAL_RANK": "0", "NODE_RANK": "1", "WORLD_SIZE": "2"})
    assert not is_first({"LOCAL_RANK": "1", "WORLD_SIZE": "2"})


def test_a_launcher_that_starts_again_means_resume() -> None:
    assert restarted({**TORCHRUN, "TORCHELASTIC_RESTART_COUNT": "1"})
    assert restarted({**SRUN, "SLURM_RESTART_COUNT": "2"})
    assert not restarted(TORCHRUN) and not restarted({"SLURM_RESTART_COUNT": "1"})
