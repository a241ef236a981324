"""The pictures of docs/gallery.md: attention and saliency of two networks, their trainings, and what networks cost.

python -m tg_skeleton train --model esan --dataset simulated
python -m tg_skeleton train --model amanet --dataset simulated
python examples/gallery.py                                        # half a minute

All recordings are simulated; nothing is downloaded.
"""

import argparse
import re
from pathlib import Path

from matplotlib.figure import Figure

import tg_skeleton.visualization as tv
from tg_skeleton import SkeletonSequence, load
from tg_skeleton.datasets import SimulatedActions
from tg_skeleton.evaluation import Scores, attention_maps, occlusion_saliency
from tg_skeleton.inference import ActionRecognizer
from tg_skeleton.transforms import SampleSegments
from tg_skeleton.visualization.style import Style

NAMES = ("film", "turning", "player", "body", "saliency", "graph", "frames", "curves", "confusion", "cost")
RESULTS = Path(__file__).resolve().parents[1] / "docs/results.md"
JOINTS, FRAMES = "blocks.1.factorised.0.attention", "blocks.0.factorised.1.joint_features.attention"
"""Maps of AMANet."""


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    runs = Path("runs")
    parser.add_argument("--esan", type=Path, default=runs / "esan_simulated_xsub/joint+bone/seed0", help="a run")
    parser.add_argument("--amanet", type=Path, default=runs / "amanet_simulated_xsub/joint/seed0", help="a run")
    parser.add_argument(
        "--root", type=Path, default=Path("datasets/simulated"), help="folder of the data set. Default: %(default)s"
    )
    parser.add_argument("--out", type=Path, default=Path("examples/gallery"), help="where pictures are written")
    parser.add_argument("--page", type=Path, default=runs / "player.html", help="where the player is written")
    parser.add_argument("--style", choices=["light", "dark"], default="light")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=", ".join(NAMES))
    return parser.parse_args()


def recording(test: SimulatedActions, action: str) -> SkeletonSequence:
    """The first recording of an action that is seen from the front."""
    label = test.class_names.index(action)
    return next(one for one in test if int(one.y) == label and one.camera == 2)


def clip_of(recognizer: ActionRecognizer, sequence: SkeletonSequence) -> SkeletonSequence:
    """A clip as the network reads it: the first of those whose answers it averages."""
    batch, frames = recognizer.prepare([sequence]), recognizer.card.num_frames
    clip = batch[0]
    clip.pos, clip.x = batch.pos[:frames], batch.x[:frames]
    return clip


def costs(text: str) -> dict[str, tv.System]:
    """The networks of the table of results: name, top-1 (%), parameters, GMACs."""
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| ([\d,]+) \| ([\d.]+) \|", text, re.MULTILINE)
    return {name: tv.System(float(a) / 100, int(b.replace(",", "")), 1e9 * float(c)) for name, a, b, c in rows}


def maps_of_amanet(amanet: ActionRecognizer, test: SimulatedActions, style: Style) -> dict[str, Figure]:
    """Attention among joints, without αÅ and with it (paper B, Fig. 8), and among the frames of a joint."""
    joints, bones = test.topology.joints, test.topology.edge_index
    read = {name: clip_of(amanet, recording(test, name)).x for name in ("drink", "kick")}
    bare = {name: attention_maps(amanet.model, x, with_graph=False)[JOINTS].mean((0, 1, 2)) for name, x in read.items()}
    full = {name: attention_maps(amanet.model, x) for name, x in read.items()}
    maps = {name: [bare[name], full[name][JOINTS].mean((0, 1, 2))] for name in read}
    kinds = ("without αÅ", "with αÅ")
    graph = tv.plot_attention(maps, joints, columns=kinds, difference=True, edge_index=bones, style=style)
    limbs = ("right hand", "right foot")
    among = {name: full[name][FRAMES][0, [joints.index(limb.replace(" ", "_")) for limb in limbs], 0] for name in read}
    return {"graph": graph, "frames": tv.plot_temporal_attention(among, columns=limbs, style=style)}


def handshake(args: argparse.Namespace, test: SimulatedActions, style: Style) -> dict[str, Figure]:
    """As a film strip, and turning."""
    pair = recording(test, "handshake")
    if "turning" in args.only:
        third = SampleSegments(pair.num_frames // 3, mode="center")(pair)
        path = args.out / f"turning{ending(args)}.gif"
        tv.animate_sequence(third, path, fps=10, view=(-30, 15), turn=90, size=2.0, style=style)
    return {"film": tv.plot_sequence(pair, frames=7, view=(35, 15), style=style)}


def maps_of_esan(args: argparse.Namespace, test: SimulatedActions, style: Style) -> dict[str, Figure]:
    """Attention among joints in the second block, and saliency of joints and frames; both in the player, too."""
    esan, joints, names = load(args.esan / "model.safetensors"), test.topology.joints, ("throw", "kick", "drink")
    clips = [clip_of(esan, recording(test, name)) for name in names]
    weights = [attention_maps(esan.model, clip.x)["blocks.1.attention"][0] for clip in clips]  # [T, H, V, V]
    saliency = [occlusion_saliency(esan.model, clip.x, fill="mean") for clip in clips]  # [T, V]
    if "player" in args.only:
        whole, over = [recording(test, name) for name in names], [one.transpose(0, 1) for one in weights]
        notes = [f"ESAN: {one.label}, {100 * one.probability:.0f} %" for one in esan.predict(whole)]
        heat = [one.clamp(min=0) for one in saliency]
        player = tv.Player(whole, joints, titles=names, notes=notes, saliency=heat, attention=over, beside=True)
        player.save(args.page, "Three actions, and what ESAN looks at")
    body = tv.plot_body_attention(clips[1], weights[1], frame=[3, 8, 11, 16], style=style)
    return {"body": body, "saliency": tv.plot_saliency(clips[0], saliency[0], joints, frames=7, style=style)}


def ending(args: argparse.Namespace) -> str:
    """Of the names of files."""
    return "_dark" if args.style == "dark" else ""


def main() -> None:
    args = parse()
    args.out.mkdir(parents=True, exist_ok=True)
    style, test, wanted = args.style, SimulatedActions(args.root, "test"), set(args.only)
    figures = {}
    if wanted & {"film", "turning"}:
        figures |= handshake(args, test, style)
    if wanted & {"player", "body", "saliency"}:
        figures |= maps_of_esan(args, test, style)
    if wanted & {"graph", "frames"}:
        figures |= maps_of_amanet(load(args.amanet / "model.safetensors"), test, style)
    if "curves" in wanted:
        runs = {"ESAN": args.esan, "AMANet": args.amanet}
        logs = {name: max(run.glob("logs/*/metrics.csv")) for name, run in runs.items()}
        figures["curves"] = tv.plot_curves(logs, style=style)
    if "confusion" in wanted:
        confusion = Scores.load(args.amanet / "test.npz").confusion()
        figures["confusion"] = tv.plot_confusion(confusion, test.class_names, style=style)
    if "cost" in wanted:  # of the networks of the table of results
        systems = costs(RESULTS.read_text(encoding="utf-8"))
        figures["cost"] = tv.plot_tradeoff(systems, marked=["esan", "amanet"], style=style)
    for name in figures.keys() & wanted:
        figures[name].savefig(args.out / f"{name}{ending(args)}.png", dpi=90, pil_kwargs={"optimize": True})


if __name__ == "__main__":
    main()
