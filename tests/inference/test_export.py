from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch_geometric.transforms import BaseTransform, Compose

import tg_skeleton.transforms as T
from tests.rounding import assert_equal_up_to_rounding
from tg_skeleton import NTU25, SkeletonSequence, load
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.inference.card import MODELS
from tg_skeleton.inference.export import TOLERANCE, Exported, describe, export, quantize
from tg_skeleton.inference.exportable import exportable
from tg_skeleton.inference.onnx_files import Run, onnx_metadata

onnxruntime = pytest.importorskip("onnxruntime", reason="pip install 'tg_skeleton[export]'")

FRAMES = 8
SMALL: dict[str, dict[str, Any]] = {
    "ESAN": {"num_frames": FRAMES, "widths": (8,)},
    "SGN": {"num_frames": FRAMES},
    "AMANet": {"widths": (12,)},
    "STGCN": {"widths": (8, 16)},
    "STGCNPP": {"widths": (8,)},
    "AAGCN": {"widths": (8,)},
    "ShiftGCN": {"widths": (8, 12)},
    "AGCN": {"widths": (8,)},
    "HCN": {"num_frames": 16},
    "STTR": {"widths": (8, 16), "heads": 2},
    "CTRGCN": {"widths": (8,)},
    "MSG3D": {"widths": (12,), "windows": (3,), "num_scales": (3, 2)},
    "DGNN": {"widths": (8,)},
    "DualHeadNet": {"width": 24, "num_scales": (2, 2)},
    "HyperGCN": {"widths": (16,), "heads": 2},
    "MSTGCN": {"widths": (12,)},
}
"""Arguments of small networks; most of an export's time goes by the number of their layers."""

TWO = ("AAGCN", "AGCN", "CTRGCN", "DGNN", "DualHeadNet", "HyperGCN", "MSG3D", "MSTGCN", "ShiftGCN", "STTR")
"""Networks that take two persons."""


def recognizer(
    network: str = "ESAN",
    *,
    transform: BaseTransform | None = None,
    clips: int = 1,
    **arguments: Any,
) -> ActionRecognizer:
    """A small network that was not trained, with statistics as if it were."""
    chosen = {"in_channels": 6, "num_classes": 3, **SMALL[network], **arguments}
    frames = chosen.get("num_frames", FRAMES)
    card = ModelCard(
        network=network,
        arguments=chosen,
        topology=NTU25,
        class_names=("sit", "stand", "Sprünge"),
        num_frames=frames,
        clips=clips,
        num_persons=chosen.get("num_persons", 2 if network in TWO else 1),
        transform=transform or Compose([T.CenterOnFirstFrame(1), T.SampleSegments(frames, mode="center", clips=clips)]),
        batch_transform=T.Streams("joint", "bone", clips=clips),
    )
    torch.manual_seed(0)
    model = card.build()
    for part in model.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.uniform_(part.running_mean, -0.2, 0.2)
            nn.init.uniform_(part.running_var, 0.5, 2.0)
    return ActionRecognizer(model, card)


def recordings() -> list[SkeletonSequence]:
    """Of one and two persons, shorter and longer than a clip."""
    generator = np.random.default_rng(0)
    shapes = ((30, 1), (5, 2), (61, 2))
    return [SkeletonSequence.from_array(generator.normal(2, 0.5, (*shape, 25, 3)), NTU25) for shape in shapes]


def answers(run: Run, made: Exported, source: ActionRecognizer) -> Tensor:
    return made.module.per_recording(run(made.module.of(source, recordings()))[0])


def five_clips() -> ActionRecognizer:
    """Of a network that takes them out of whole recordings, with a seed."""
    chain = [T.CenterOnFirstFrame(1), T.SampleSegments(FRAMES, clips=5, seed=0)]
    return recognizer(transform=Compose(chain), clips=5)


@pytest.fixture(scope="module")
def esan(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export(five_clips(), tmp_path_factory.mktemp("esan") / "esan.onnx")


@pytest.mark.parametrize("network", SMALL)
def test_every_network_gives_the_same_in_onnxruntime(network: str, tmp_path: Path) -> None:
    """At numbers of persons and clips that the exporter has not seen."""
    source = recognizer(network)
    made = export(source, tmp_path / "network.onnx", source="x")
    run, module = made.runner(1), exportable(source, "x")
    for clips in (1, 4):
        inputs = module.example(clips, crowded=True)
        with torch.no_grad():
            logits, probabilities = module(*inputs)
        assert logits.shape == (clips, 3)
        torch.testing.assert_close(run(inputs)[0], logits, rtol=0, atol=TOLERANCE)
        torch.testing.assert_close(run(inputs)[1], probabilities, rtol=0, atol=TOLERANCE)
    assert not list(tmp_path.glob(".export*"))


def test_every_network_of_one_skeleton_is_exported() -> None:
    assert set(SMALL) == set(MODELS) - {"AnyESAN"}


def test_a_network_for_any_skeleton_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="recognizer: an AnyESAN reads in its input which joints are one person's"):
        export(load("everyday"), tmp_path / "network.onnx")


def test_a_file_of_recordings_gives_what_the_recognizer_gives(esan: Exported) -> None:
    source = five_clips()
    expected = source.logits(source.prepare(recordings()))
    assert (expected[0] - expected[2]).abs().max() > 1e-3  # it depends on the recording
    torch.testing.assert_close(answers(esan.runner(1), esan, source), expected, rtol=0, atol=TOLERANCE)
    assert esan.difference <= TOLERANCE


def test_what_lies_behind_the_end_of_a_recording_is_not_read(esan: Exported) -> None:
    pos, recording, length = esan.module.of(five_clips(), recordings())
    run = esan.runner(1)
    behind = torch.arange(pos.size(1)) >= length[recording][:, None]
    noise = torch.where(behind[..., None, None], torch.randn_like(pos), pos)
    assert torch.equal(run((noise, recording, length))[0], run((pos, recording, length))[0])


def test_the_file_says_what_it_is_and_nothing_of_the_machine(esan: Exported) -> None:
    facts = onnx_metadata(esan.path)
    assert json.loads(facts["class_names"]) == ["sit", "stand", "Sprünge"]
    assert ModelCard.from_json(facts["tg_skeleton"]).clips == 5
    assert (facts["source"], facts["topology"], facts["num_frames"], facts["clips"]) == ("recording", "NTU25", "8", "5")
    assert json.loads(facts["joints"])[0] == NTU25.joints[0]
    assert json.loads(facts["inputs"]) == {
        "pos": ["persons", "frames", 25, 3],
        "recording": ["persons"],
        "length": ["recordings"],
    }
    assert str(Path(__file__).resolve().parents[2]).encode() not in esan.path.read_bytes()


@pytest.mark.parametrize(("to", "share", "near"), [("int8", 0.7, 0.05), ("fp16", 0.7, 0.005)])
def test_smaller_files_say_nearly_the_same(esan: Exported, to: Any, share: float, near: float) -> None:
    source = five_clips()
    small = quantize(esan, to)
    assert small.path.name == f"esan.{to}.onnx" and small.kind == to
    assert small.megabytes < share * esan.megabytes
    assert onnx_metadata(small.path) == onnx_metadata(esan.path)
    expected = source.logits(source.prepare(recordings()))
    assert 0 < (answers(small.runner(1), small, source) - expected).abs().max() < near


def test_the_geometry_is_not_halved(esan: Exported) -> None:
    """A body a kilometer away is centered before anything is rounded to 16 bits, which tell meters apart there."""
    pos, recording, length = esan.module.of(five_clips(), recordings())
    run = quantize(esan, "fp16").runner(1)
    near, far = run((pos, recording, length))[0], run((pos + 1000, recording, length))[0]
    assert (near - far).abs().max() < 0.005


def test_a_program_of_torch_gives_what_the_recognizer_gives(tmp_path: Path) -> None:
    source = recognizer(clips=2)
    made = export(source, tmp_path / "esan.pt2", "torch-export")
    expected = source.logits(source.prepare(recordings()))
    assert_equal_up_to_rounding(answers(made.runner(), made, source), expected, depth=source.model)
    kept: dict[str, Any] = dict.fromkeys(describe(made.module, "recording"), "")
    torch.export.load(made.path, extra_files=kept)
    assert json.loads(kept["class_names"]) == ["sit", "stand", "Sprünge"]
    assert str(Path(__file__).resolve().parents[2]).encode() not in made.path.read_bytes()


def test_recordings_are_resampled_in_the_file(tmp_path: Path) -> None:
    chain = [T.Resample(12.5, source=30), T.CenterOnFirstFrame(1), T.SampleSegments(FRAMES, mode="center")]
    source = recognizer(transform=Compose(chain))
    made = export(source, tmp_path / "esan.onnx")
    expected = source.logits(source.prepare(recordings()))
    torch.testing.assert_close(answers(made.runner(1), made, source), expected, rtol=0, atol=TOLERANCE)


def test_persons_that_attend_to_each_other_have_an_axis(tmp_path: Path) -> None:
    source = recognizer(across_persons=True)
    made = export(source, tmp_path / "esan.pt2", "torch-export", source="x")
    assert made.module.shapes() == {"x": ["clips", "persons", FRAMES, 25, 6]}
    x = torch.randn(2, 3, FRAMES, 25, 6)
    nodes = x.permute(2, 0, 1, 3, 4).flatten(1, 3)  # [T, B M V, C]
    with torch.no_grad():
        expected = source.model(nodes, torch.arange(2).repeat_interleave(75), 2)
    assert_equal_up_to_rounding(made.runner()((x,))[0], expected, depth=source.model)


@pytest.mark.parametrize("network", ["ESAN", "AGCN"])
def test_the_network_alone_reads_what_the_recognizer_prepares(network: str) -> None:
    """Clips stand beside each other, and their logits are averaged behind it."""
    chain: list[BaseTransform] = [T.SampleSegments(FRAMES, mode="center", clips=3)]
    chain += [T.PadPersons(2)] if network in TWO else []
    source = recognizer(network, transform=Compose(chain), clips=3)
    module = exportable(source, "x")
    with torch.no_grad():
        said = module.per_recording(module(*module.of(source, recordings()))[0])
    assert_equal_up_to_rounding(said, source.logits(source.prepare(recordings())), depth=source.model)


def test_a_file_that_differs_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "esan.pt2"
    path.write_text("an earlier one")

    def wrong(file: Path) -> Run:
        return lambda inputs: (torch.full((int(inputs[1].max()) + 1, 3), 9.0), torch.ones(1))

    monkeypatch.setattr("tg_skeleton.inference.export.torch_runner", wrong)
    with pytest.raises(RuntimeError, match="esan.pt2': logits differ from the network's by up to .* 1e-04 is allowed"):
        export(recognizer(), path, "torch-export", source="x")
    assert [item.name for item in tmp_path.iterdir()] == ["esan.pt2"] and path.read_text() == "an earlier one"


@pytest.mark.parametrize(
    ("path", "given", "error"),
    [
        ("a.onnx", {"format": "tflite"}, r"format: expected one of \('onnx', 'torch-export'\), got 'tflite'"),
        ("a.pt2", {}, "path: expected a file name ending in .onnx for onnx, got 'a.pt2'"),
        ("a.pt2", {"format": "torch-export", "opset": 20}, "opset: only format='onnx' has one, got 20"),
        ("a.onnx", {"source": "video"}, "source: expected 'recording' or 'x', got 'video'"),
    ],
)
def test_says_what_is_wrong_with_the_arguments(path: str, given: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=error):
        export(recognizer(), path, **given)


def test_says_which_transform_can_not_be_exported(tmp_path: Path) -> None:
    source = recognizer(transform=Compose([T.RandomRotate(5), T.SampleSegments(FRAMES)]))
    with pytest.raises(ValueError, match="RandomRotate.* draws at random; use --from x"):
        export(source, tmp_path / "a.onnx")
    with pytest.raises(ValueError, match="across_persons: .* use --from x"):
        export(recognizer(across_persons=True), tmp_path / "a.onnx")


def test_only_whole_onnx_files_are_quantized(esan: Exported, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="quantize: expected an ONNX file of 32-bit floats, got torch-export"):
        quantize(Exported(tmp_path / "a.pt2", "torch-export", 0.0, esan.module), "int8")
    unknown: Any = "int4"
    with pytest.raises(ValueError, match=r"quantize: expected one of \('int8', 'fp16'\), got 'int4'"):
        quantize(esan, unknown)


def test_names_the_extra_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(ImportError, match=r"needs onnxscript, not installed here; pip install 'tg_skeleton\[export\]'"):
        export(recognizer(), tmp_path / "a.onnx", source="x")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match=r"needs onnxruntime, not installed here"):
        onnx_metadata(tmp_path / "a.onnx")
