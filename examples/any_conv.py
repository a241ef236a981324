"""Any graph convolution of PyG in a skeleton network: three of them in the same blocks, with the same training.

    python examples/any_conv.py

Data are made on this machine; nothing is downloaded. Takes two minutes on two CPU cores.
"""

import argparse
from pathlib import Path

from lightning import seed_everything
from torch import Tensor, nn
from torch_geometric.nn import GATv2Conv, GCNConv

from tg_skeleton import Topology
from tg_skeleton.datasets import SimulatedActions
from tg_skeleton.models import InputNorm, mean_over_persons, to_persons
from tg_skeleton.nn import SpatialSelfAttention, StaticGraph
from tg_skeleton.nn.blocks import ChannelNorm, Shortcut, SpatioTemporalBlock, TemporalConv
from tg_skeleton.training import Recognizer, SkeletonDataModule, fit_and_test, make_trainer, training_seconds
from tg_skeleton.training.recipes.esan import esan_simulated

CONVS = ("GCNConv", "GATv2Conv", "SpatialSelfAttention")


def spatial_part(name: str, in_channels: int, out_channels: int, topology: Topology) -> StaticGraph:
    """A convolution among the joints."""
    match name:
        case "GCNConv":  # reads all persons and frames at once, PyG's static graph
            return StaticGraph(GCNConv(in_channels, out_channels), topology.edge_index)
        case "GATv2Conv":  # does not: the graph is repeated for every person and frame
            conv = GATv2Conv(in_channels, out_channels // 4, heads=4)
            return StaticGraph(conv, topology.edge_index, unroll=True)
    return StaticGraph(SpatialSelfAttention(in_channels, out_channels), topology.normalized_adjacency)


class Network(nn.Module):
    """Blocks of a graph convolution among the joints and a convolution over the frames."""

    def __init__(self, conv: str, topology: Topology, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.num_joints = topology.num_joints
        self.in_channels = in_channels
        self.input_norm = InputNorm(topology.num_joints, in_channels, num_persons=1)
        self.blocks = nn.Sequential()
        channels = in_channels
        for width, stride in ((32, 1), (64, 2), (128, 2)):
            spatial = nn.Sequential(spatial_part(conv, channels, width, topology), ChannelNorm(width), nn.ReLU())
            temporal = nn.Sequential(TemporalConv(width, width, 5, stride=stride), ChannelNorm(width))
            self.blocks.append(SpatioTemporalBlock(spatial, temporal, Shortcut(channels, width, stride=stride)))
            channels = width
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor, batch: Tensor | None = None, batch_size: int | None = None) -> Tensor:
        """Logits ``[B, num_classes]`` of the clips in ``x [T, N, in_channels]``."""
        x = self.input_norm(to_persons(x, self.num_joints, self.in_channels))  # [P, T, V, C]
        x = self.blocks(x).mean(dim=(1, 2))  # [P, C']
        return self.classifier(mean_over_persons(x, self.num_joints, batch, batch_size))


def train_and_test(conv: str, args: argparse.Namespace) -> tuple[float, int, float]:
    """Top-1, parameters, and seconds per epoch with its validation, of a network with this convolution."""
    seed_everything(args.seed, workers=True, verbose=False)
    recipe = esan_simulated()
    if args.epochs is not None:
        recipe = recipe.with_epochs(args.epochs)
    prepare = recipe.preprocessing
    train = SimulatedActions(args.root, "train", transform=prepare.train_transform)
    val = SimulatedActions(args.root, "val", transform=prepare.val_transform)
    test = SimulatedActions(args.root, "test", transform=prepare.test_transform)

    model = Network(conv, train.topology, in_channels=6, num_classes=train.num_classes)
    recognizer = Recognizer(model, train.num_classes, recipe)
    trainer = make_trainer(recipe, args.out / conv, fast_dev_run=args.fast_dev_run)
    data = SkeletonDataModule(train, val, test, batch_size=recipe.batch_size)
    scores = fit_and_test(trainer, recognizer, data)

    folder = args.out / conv
    folder.mkdir(parents=True, exist_ok=True)
    scores.save(folder / "scores.npz")
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return scores.top_k(1), parameters, training_seconds(trainer) / trainer.current_epoch


def table(results: dict[str, tuple[float, int, float]]) -> str:
    """One line per convolution."""
    width = max(map(len, results))
    lines = [f"{'':{width}}  top-1 (%)  parameters  s/epoch"]
    for conv, (top1, parameters, seconds) in results.items():
        lines.append(f"{conv:{width}}  {100 * top1:9.2f}  {parameters:10,}  {seconds:7.2f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--root", type=Path, default=Path("datasets/simulated"), help="folder of the data set. Default: %(default)s"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/any_conv"), help="output folder. Default: %(default)s")
    parser.add_argument("--epochs", type=int, help="epochs of training. Default: the recipe's")
    parser.add_argument("--seed", type=int, default=0, help="random seed. Default: %(default)s")
    parser.add_argument("--fast-dev-run", action="store_true", help="run one batch of each split as a smoke test")
    args = parser.parse_args()

    results = {conv: train_and_test(conv, args) for conv in CONVS}
    print(f"\n{table(results)}\n\nlogs, checkpoints and scores: {args.out}")


if __name__ == "__main__":
    main()
