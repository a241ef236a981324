"""ONNX files: write them, say what is in them, run them, and make them smaller."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import torch
from torch import Tensor
from torch.export import ExportedProgram

from tg_skeleton.inference.onnx_halves import halve

Quantization: TypeAlias = Literal["int8", "fp16"]
"""How an ONNX file is made smaller: weights of products as whole numbers of 8 bits, or the network in 16-bit floats."""

SCOPES = "pkg.torch.onnx.name_scopes"
"""Under which torch notes the module that a node comes from."""

Run: TypeAlias = Callable[[Sequence[Tensor]], tuple[Tensor, Tensor]]
"""Inputs to logits and probabilities."""


def check_installed() -> None:
    """Raises ImportError where a package is missing that writes ONNX files, before minutes have passed."""
    for name in ("onnx", "onnxscript", "onnxruntime"):
        try:
            import_module(name)
        except ImportError as error:
            raise _missing(name) from error


def write_onnx(
    program: ExportedProgram,
    path: Path,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    opset: int | None,
    metadata: Mapping[str, str],
) -> None:
    """Writes a program as one ONNX file.

    Raises:
        RuntimeError: The exporter does not know the opset, or an operator in it.
    """
    with quiet():
        try:
            made: Any = torch.onnx.export(
                program, input_names=inputs, output_names=outputs, opset_version=opset, dynamo=True, verbose=False
            )
        except torch.onnx.errors.OnnxExporterError as error:
            raise RuntimeError(
                f"the network can't be written as ONNX with opset {opset or 'of torch'}: {error}"
            ) from error
        for node in made.model.graph.all_nodes():  # of the exporter's notes the one that `quantize_onnx` reads
            scopes = node.metadata_props.get(SCOPES)
            node.metadata_props.clear()
            node.metadata_props.update({} if scopes is None else {SCOPES: scopes})
        made.model.metadata_props.update(metadata)
        made.save(path, external_data=False)


def onnx_metadata(path: str | Path) -> dict[str, str]:
    """What a file says about itself: the card under ``tg_skeleton``, class names, joints, frames, its inputs.

    Raises:
        ImportError: onnxruntime is not installed.
    """
    found: dict[str, str] = _session(Path(path), 1).get_modelmeta().custom_metadata_map
    return found


def onnx_runner(path: str | Path, threads: int | None = None) -> Run:
    """A function that runs a file on the CPU.

    Args:
        path: The ONNX file.
        threads: How many; None: as many as torch.

    Raises:
        ImportError: onnxruntime is not installed.
    """
    session = _session(Path(path), torch.get_num_threads() if threads is None else threads)
    names = [item.name for item in session.get_inputs()]

    def run(inputs: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        given = {name: value.numpy() for name, value in zip(names, inputs, strict=True)}
        logits, probabilities = session.run(None, given)
        return torch.from_numpy(logits), torch.from_numpy(probabilities)

    return run


def quantize_onnx(path: str | Path, out: str | Path, to: Quantization) -> None:
    """Writes a smaller file of the same network; its inputs and outputs stay 32-bit floats.

    ``"int8"``: onnxruntime's dynamic quantization; weights of matrix products and convolutions are whole numbers of 8
    bits, the features that meet them are rounded on the way, and all else stays. ``"fp16"``: weights and features of
    the network are 16-bit floats; the geometry in front of it is not, for frames and meters need more digits.

    Raises:
        ValueError: ``to`` is unknown.
        ImportError: onnx or onnxruntime is not installed.
    """
    if to not in get_args(Quantization):
        raise ValueError(f"quantize: expected one of {get_args(Quantization)}, got {to!r}")
    try:
        import onnx
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError as error:
        raise _missing("onnx and onnxruntime") from error
    model = onnx.load(path)
    metadata = {item.key: item.value for item in model.metadata_props}
    with quiet():
        if to == "int8":
            _fold(path, out)
            # Unsigned, for onnxruntime's convolutions of signed weights take several times as long.
            kinds, unsigned = ["MatMul", "Gemm", "Conv"], QuantType.QUInt8
            quantize_dynamic(_shapeless(onnx.load(out)), out, kinds, per_channel=True, weight_type=unsigned)
            model = onnx.load(out)
        else:
            halve(_shapeless(model), onnx, _of_network)
    onnx.helper.set_model_props(model, metadata)
    onnx.save_model(model, out)


def _fold(path: str | Path, out: str | Path) -> None:
    """Works out beforehand what depends on weights alone, so that they stand where a quantizer looks for them."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(out)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _shapeless(model: Any) -> Any:
    """The model with the types of its values alone: some weights have been transposed since their shapes were noted."""
    for item in model.graph.value_info:
        item.type.tensor_type.ClearField("shape")
    return model


def _of_network(node: Any) -> bool:
    """Whether a node came from the network, and not from the geometry in front of it or the mean behind it.

    onnxruntime's sums of persons (ScatterElements) know 32-bit floats alone.
    """
    return node.op_type != "ScatterElements" and any(
        item.key == SCOPES and "'network'" in item.value for item in node.metadata_props
    )


def _session(path: Path, threads: int) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise _missing("onnxruntime") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # not its remarks about initialisers
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@contextmanager
def quiet() -> Iterator[None]:
    """Without the remarks of exporters about their own steps and their own code."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        logging.disable(before)


def _missing(what: str) -> ImportError:
    return ImportError(f"an ONNX file needs {what}, not installed here; pip install 'tg_skeleton[export]'")
