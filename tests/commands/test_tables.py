from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence
from tg_skeleton.__main__ import main
from tg_skeleton.commands import runs, tables
from tg_skeleton.commands.ablation_rows import Row
from tg_skeleton.commands.ablations import TABLES, rows_of
from tg_skeleton.commands.tables import _beside
from tg_skeleton.datasets.table import DATASETS, Location
from tg_skeleton.evaluation import Scores, ensemble
from tg_skeleton.nn import SFEM
from tg_skeleton.nn.blocks.self_attention_block import Kind
from tg_skeleton.training import Setting
from tg_skeleton.training.recipes import NETWORKS

BARYCENTERS = ("joint-barycenter", "bone-barycenter")

NTU60, NW_UCLA = (DATASETS[name].body(Location(Path())) for name in ("ntu60", "nw_ucla"))


def run(prepared: Path, out: Path, *arguments: str) -> int:
    where = ("--dataset", "nw_ucla", "--root", str(prepared), "--out", str(out), "--device", "cpu")
    return main([*arguments, *where, "--fast-dev-run", "--trainval"])


def test_compare_has_a_line_for_each_network(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(prepared, tmp_path, "compare", "--model", "sgn", "esan", "--seed", "3", "4") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-4] == "nw_ucla, joint stream, seeds 3, 4"
    assert lines[-3].split() == [
        *("network", "top-1", "(%)", "class", "mean", "(%)", "macro", "F1", "(%)"),
        *("parameters", "GMACs", "epochs", "training", "(s)"),
    ]
    folder = tmp_path / "fast_dev_run" / "compare_nw_ucla_joint" / "sgn"
    scores = [Scores.load(folder / f"seed{seed}" / "test.npz") for seed in (3, 4)]
    expected = ["sgn"]
    for figure in (Scores.top_k, Scores.mean_class_accuracy, Scores.macro_f1):
        values = [100 * figure(one) for one in scores]
        expected += [f"{np.mean(values):.2f}", "±", f"{np.std(values, ddof=1):.2f}"]
    assert lines[-2].split()[:-1] == [*expected, "665,018", "0.135", "50"]
    assert lines[-1].split()[0] == "esan"


def test_ablate_fuses_what_the_paper_fuses_and_resumes_what_tables_share(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(prepared, tmp_path, "ablate", "esan-streams") == 0
    said = capsys.readouterr().out.splitlines()
    parts = [
        Scores.load(tmp_path / "fast_dev_run" / "ablate_nw_ucla" / name / "seed0" / "test.npz")
        for name in ("esan_joint", "esan_bone")
    ]
    assert said[-1].startswith("paper A, Table 2; here: block V, which the paper does not name here, four blocks")
    two = next(line.split() for line in said if line.startswith("2-stream"))
    assert two == ["2-stream", "1,733,236", "90.6", f"{100 * ensemble(parts).top_k(1):.2f}"]
    shared = tmp_path / "fast_dev_run" / "ablate_nw_ucla" / "esan" / "seed0" / "test.npz"
    before = shared.stat().st_mtime_ns
    assert run(prepared, tmp_path, "ablate", "esan-directed", "--resume") == 0
    assert shared.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("table", "said", "names"),
    [
        ("esan-streams", "2-stream", ["esan joint", "esan bone", "esan"]),
        ("amanet-streams", "J + B ", [f"amanet {name}" for name in ("joint", "bone", *BARYCENTERS)]),
    ],
)
def test_a_network_in_several_rows_is_trained_once(
    table: str,
    said: str,
    names: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trained: Counter[tuple[str, int]] = Counter()
    scores = Scores(["a", "b", "c"], np.eye(3), [0, 1, 1])

    def count(name: str, setting: Setting, options: runs.Options, folder: Path) -> runs.Outcome:
        trained[name, options.seed] += 1
        return runs.Outcome(scores, None, seconds=1.0, epochs=1, parameters=100, macs=1)

    monkeypatch.setattr(tables, "run", count)
    assert run(tmp_path, tmp_path, "ablate", table, "--seed", "0", "1") == 0
    assert trained == {(name, seed): 1 for name in names for seed in (0, 1)}
    fused = next(line for line in capsys.readouterr().out.splitlines() if line.startswith(said))
    assert " 200 " in fused and "66.67 ± 0.00" in fused


def test_pairs_in_the_paper_s_order_are_counted() -> None:
    rows = [(Row(label, paper, {}), [ours], 1000) for label, paper, ours in (("a", 3.0, 30.0), ("b", 2.0, 31.0))]
    tie = (Row("c", 2.0, {}), [29.0, 31.0], 20)
    untold = (Row("d", None, {}), [0.0], 3)
    assert _beside([*rows, tie, untold]) == [
        "row  parameters  paper (%)      ours (%)",
        "a         1,000        3.0         30.00",
        "b         1,000        2.0         31.00",
        "c            20        2.0  30.00 ± 1.41",
        "d             3          -          0.00",
        "pairs of rows in the paper's order: 0 of 2",
    ]
    assert _beside(rows[:1])[-1].startswith("a ")


def test_a_name_stands_for_one_network_in_all_tables() -> None:
    found: dict[str, set[str]] = {}
    with torch.device("meta"):  # drawing weights takes most of the time
        for table in TABLES:
            for row in rows_of(table, NW_UCLA, "xview"):
                for name, part in row.parts.items():
                    found.setdefault(name, set()).add(f"{part.build(10)} {part.recipe} {part.topology.name}")
    assert {name: len(networks) for name, networks in found.items()} == dict.fromkeys(found, 1)
    assert len(set().union(*found.values())) == len(found), "and a network has one name"


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("table", TABLES)
def test_every_row_can_be_built_on_every_data_set(table: str, dataset: str, own: Path) -> None:
    body, protocol = DATASETS[dataset].body(Location(own)), next(iter(DATASETS[dataset].protocols))
    shape = (9, 1, body.topology.num_joints, body.dims)
    score = torch.ones(shape[:3]) if body.scored else None
    given = SkeletonSequence.from_array(torch.randn(shape), body.topology, score=score)
    for row in rows_of(table, body, protocol):
        for part in row.parts.values():
            with torch.device("meta"):  # drawing weights takes most of the time
                network, prepare = part.build(7), part.recipe.preprocessing
            assert (network.num_joints, network.in_channels) == (part.topology.num_joints, part.channels)
            batch = Batch.from_data_list([prepare.train_transform(given)])
            assert prepare.train_batch_transform(batch).x.size(-1) == part.channels


def test_paper_a_s_tables() -> None:
    kinds = {row.label: row.paper for row in rows_of("esan-kinds", NTU60, "xsub")}
    assert kinds == {"S1": 89.6, "S2": 89.3, "T1": 87.3, "T2": 86.5, "ST": 90.5, "V": 90.5}
    assert set(kinds) == set(get_args(Kind))
    sizes = [
        [sum(p.numel() for p in part.build(60).parameters()) for part in row.parts.values()]
        for row in rows_of("esan-depth", NTU60, "xsub")
    ]
    assert sizes[:3] == [[129556], [285844], [893332]]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("amanet-alpha", {"MS-GCN (k = 1)": 88.4, "α = 0.8": 88.8}),
        ("amanet-beta", {"G3D (k = 1)": 88.5, "β = 0.8": 88.7}),
        ("amanet-g", {"MS-TCN, MS-TCN": 89.1, "g = R = 5": 89.6}),
        ("amanet-s", {"baseline": 89.1, "s = 1.2": 90.2}),
    ],
)
def test_sweeps_have_the_figures_that_the_text_gives(table: str, expected: dict[str, float]) -> None:
    rows = rows_of(table, NTU60, "xsub")
    assert {row.label: row.paper for row in rows if row.paper is not None} == expected
    assert len(rows) >= 5


def test_sweeps_turn_what_they_say() -> None:
    def build(table: str, label: str) -> Setting:
        return next(part for row in rows_of(table, NTU60, "xsub") if row.label == label for part in row.parts.values())

    alpha = build("amanet-alpha", "α = 1.5").build(60).blocks[0].factorised[0]
    assert (type(alpha), alpha.attention.alpha) == (SFEM, 1.5)
    learned = build("amanet-alpha", "α learned, from 0.8 on").build(60)
    assert [name for name, _ in learned.named_parameters() if name.endswith("alpha")] == [
        f"blocks.{block}.factorised.0.attention.alpha" for block in range(3)
    ]
    beta = build("amanet-beta", "β = 0.1").build(60).blocks[2].spatio_temporal
    assert [path.attention.alpha for path in beta.paths] == [0.1, 0.1]
    frames = build("amanet-g", "g = R = 7").build(60).blocks[1].factorised[1].frame_features
    assert (frames.attention.group, frames.conv.kernel_size) == (7, (7, 1))
    scale = repr(build("amanet-s", "s = 0.8").recipe.preprocessing.train_batch_transform)
    assert "scale=0.8" in scale


@pytest.mark.parametrize(
    ("table", "label", "networks"),
    [
        ("amanet-sfem", "MS-GCN (k = 1)", ["msg3d"]),
        ("amanet-sfem", "MS-GCN (k = 13)", ["msg3d"]),
        ("amanet-sfem", "SFEM", ["msg3d", "amanet"]),
        ("amanet-sfem", "SFEM + MS-GCN", ["msg3d", "amanet"]),
        ("amanet-tfem", "TFEM", ["msg3d"]),
        ("amanet-streams", "J", ["amanet"]),
    ],
)
def test_a_row_says_the_graphs_of_its_parts(table: str, label: str, networks: list[str]) -> None:
    (setting,) = next(row.parts.values() for row in rows_of(table, NTU60, "xsub") if row.label == label)
    assert setting.graph == "; ".join(NETWORKS[name].graph for name in networks)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_says_its_source_and_values(table: str) -> None:
    assert TABLES[table].source.startswith(f"paper {'A' if table.startswith('esan') else 'B'}, ")
    assert TABLES[table].values


@pytest.mark.parametrize("table", TABLES)
def test_rows_of_a_table_differ(table: str) -> None:
    rows = rows_of(table, NTU60, "xsub")
    assert len({tuple(row.parts) for row in rows}) == len(rows) >= 2


@pytest.mark.parametrize("model", NETWORKS)
def test_an_unknown_stream_is_refused(model: str) -> None:
    with pytest.raises(ValueError, match=f"stream: {model} has .*, got smell"):
        NETWORKS[model].setting(NW_UCLA, "xview", "smell")
