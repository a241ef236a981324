"""Networks for other runtimes: ONNX files and programs of torch.export, held against the network before they stay."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor
from torch.export import Dim, ExportedProgram

from tg_skeleton.files import atomic_write
from tg_skeleton.inference.exportable import OUTPUTS, Exportable, Source, exportable
from tg_skeleton.inference.onnx_files import (
    Quantization,
    Run,
    check_installed,
    onnx_runner,
    quantize_onnx,
    quiet,
    write_onnx,
)
from tg_skeleton.inference.recognizer import ActionRecognizer

Format: TypeAlias = Literal["onnx", "torch-export"]
"""A file for onnxruntime and its kin, or one for torch without this package."""

SUFFIXES: Mapping[Format, str] = {"onnx": ".onnx", "torch-export": ".pt2"}

TOLERANCE = 1e-4
"""How far a logit may be from the network's own, of logits up to 1; of larger ones, in proportion."""


@dataclass(frozen=True)
class Exported:
    """A file that stands for a network.

    Args:
        path: Where it lies.
        kind: ``"onnx"``, ``"torch-export"``, ``"int8"`` or ``"fp16"``.
        difference: The largest one between its logits and the network's.
        module: The same in torch; makes the inputs of recordings (`Exportable.of`).
    """

    path: Path
    kind: str
    difference: float
    module: Exportable = field(repr=False)

    @property
    def megabytes(self) -> float:
        """The size of the file in MB (10⁶ bytes)."""
        return self.path.stat().st_size / 1e6

    def runner(self, threads: int | None = None) -> Run:
        """A function that runs the file on the CPU: inputs to logits and probabilities."""
        return torch_runner(self.path) if self.kind == "torch-export" else onnx_runner(self.path, threads)


def export(
    recognizer: ActionRecognizer,
    path: str | Path,
    format: Format = "onnx",
    *,
    source: Source = "recording",
    opset: int | None = None,
) -> Exported:
    """Writes a network to one file that needs this package no longer, and holds it against the network.

    With ``source="recording"`` the file takes whole recordings and does everything itself: centering, normalization,
    sampling, streams, and the mean over clips; where a test draws frames without a seed it takes the centers.
    With ``source="x"`` it is the network alone. Numbers of persons, recordings and frames are free. Inputs and outputs
    are described in `exportable`; an ONNX file also says of itself, in its metadata, what it is and takes.

    >>> import tempfile
    >>> from tg_skeleton.inference import ActionRecognizer
    >>> from tg_skeleton.inference.export import export
    >>> folder = tempfile.TemporaryDirectory()
    >>> made = export(ActionRecognizer(card.build(), card), f"{folder.name}/model.pt2", "torch-export")
    >>> made.path.name, made.difference < 1e-4
    ('model.pt2', True)

    Args:
        recognizer: The network and its card.
        path: The file; ends in ``.onnx`` or ``.pt2``.
        format: What to write.
        source: What the file takes.
        opset: Of ONNX; None: torch's own choice.

    Raises:
        ValueError: ``format`` or ``source`` is unknown, the path ends otherwise, a transform can't be exported, or the
            network takes any skeleton.
        RuntimeError: The file gives other logits than the network; it is removed.
        ImportError: A package of the extra ``export`` is not installed.
    """
    path = Path(path)
    if format not in get_args(Format):
        raise ValueError(f"format: expected one of {get_args(Format)}, got {format!r}")
    if path.suffix != SUFFIXES[format]:
        raise ValueError(f"path: expected a file name ending in {SUFFIXES[format]} for {format}, got '{path}'")
    if opset is not None and format != "onnx":
        raise ValueError(f"opset: only format='onnx' has one, got {opset} with {format!r}; leave it out")
    if recognizer.card.any_skeleton:
        raise ValueError(
            f"recognizer: an {recognizer.card.network} reads in its input which joints are one person's, which a file "
            "for other runtimes can't; export a network of one skeleton"
        )
    if format == "onnx":
        check_installed()
    module = exportable(recognizer, source)
    with atomic_write(path, keep_suffix=True) as part:
        program, facts = _program(module), describe(module, source)
        if format == "onnx":
            write_onnx(program, part, inputs=list(module.inputs), outputs=OUTPUTS, opset=opset, metadata=facts)
        else:
            whole = io.BytesIO()  # onto a full disk, torch's own writer would end the process
            with quiet():
                torch.export.save(program, whole, extra_files=facts)
            part.write_bytes(whole.getbuffer())
        difference = _check(module, torch_runner(part) if format == "torch-export" else onnx_runner(part), path)
    return Exported(path, format, difference, module)


def quantize(exported: Exported, to: Quantization) -> Exported:
    """Write a smaller file next to an ONNX file, ``model.int8.onnx`` or ``model.fp16.onnx``.

    How much it differs from the network is not bounded; judge it by the accuracy on recordings.

    Raises:
        ValueError: ``to`` is unknown, or the file is no ONNX file of 32-bit floats.
        RuntimeError: onnxruntime can't run the result.
        ImportError: A package of the extra ``export`` is not installed.
    """
    if exported.kind != "onnx":
        raise ValueError(f"quantize: expected an ONNX file of 32-bit floats, got {exported.kind}; use format='onnx'")
    path = exported.path.with_name(f"{exported.path.stem}.{to}.onnx")
    with atomic_write(path, keep_suffix=True) as part:
        quantize_onnx(exported.path, part, to)
        try:
            difference = largest_difference(exported.module, onnx_runner(part))[0]
        except Exception as error:  # onnxruntime's own kinds, which share no other class
            raise RuntimeError(
                f"onnxruntime can't run this network in {to}: {error}; use the one of 32 bits"
            ) from error
    return Exported(path, to, difference, exported.module)


def torch_runner(path: str | Path) -> Run:
    """A function that runs a program of torch.export."""
    with quiet():
        program = torch.export.load(path).module()

    def run(inputs: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            logits, probabilities = program(*inputs)
        return logits, probabilities

    return run


def describe(module: Exportable, source: Source) -> dict[str, str]:
    """What a file says about itself, text by name: the card under ``tg_skeleton``, and what a user without it needs."""
    card = module.card
    topology = card.topology if source == "recording" else card.network_topology or card.topology
    facts = {
        "tg_skeleton": card.to_json(),
        "source": source,
        "class_names": json.dumps(card.class_names, ensure_ascii=False),
        "topology": topology.name,
        "joints": json.dumps(topology.joints, ensure_ascii=False),
        "num_frames": str(card.num_frames),
        "num_persons": str(card.num_persons),
        "inputs": json.dumps(module.shapes(), ensure_ascii=False),
    }
    return facts if source == "x" else {**facts, "clips": str(card.clips)}


def largest_difference(module: Exportable, run: Run) -> tuple[float, float]:
    """Between the logits of a file and of the network, on noise: the largest one, and the largest in proportion.

    Recordings are of one and several persons, shorter and longer than a clip, and others than at the export.
    """
    frames = module.card.num_frames
    largest = relative = 0.0
    for recordings, length, crowded in ((1, frames + 1, False), (2, 3 * frames, True), (5, frames // 2 + 1, True)):
        inputs = module.example(recordings, length, crowded=crowded)
        with torch.no_grad():
            expected = module(*inputs)[0]
        difference = float((run(inputs)[0] - expected).abs().max())
        largest = max(largest, difference)
        relative = max(relative, difference / max(1.0, float(expected.abs().max())))
        if difference != difference:
            return difference, difference  # not a number
    return largest, relative


def _program(module: Exportable) -> ExportedProgram:
    """The module as torch.export sees it, with its free axes."""
    example = module.example(3, 2 * module.card.num_frames + 3, crowded=True)
    dims = {name: Dim(name) for axes in module.inputs.values() for name in axes.values()}
    free = {name: {axis: dims[dim] for axis, dim in axes.items()} for name, axes in module.inputs.items()}
    with torch.no_grad(), quiet():
        program = torch.export.export(module, example, dynamic_shapes=free)
    for node in program.graph.nodes:  # paths of this machine stay out of the file
        node.meta.pop("stack_trace", None)
    return program


def _check(module: Exportable, run: Run, path: Path) -> float:
    difference, relative = largest_difference(module, run)
    if not relative <= TOLERANCE:
        raise RuntimeError(
            f"'{path}': logits differ from the network's by up to {difference:.1e}, {relative:.1e} of the largest, "
            f"where {TOLERANCE:.0e} is allowed; the file was removed: try another opset, or source='x'"
        )
    return difference
