"""The network of an ONNX file in 16-bit floats, and the geometry in front of it in 32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

FLOAT, FLOAT16 = 1, 10
"""Of ONNX's numbers of types."""


def halve(model: Any, helpers: Any, of_network: Callable[[Any], bool]) -> None:
    """Makes the nodes of the network work in 16-bit floats, in place; inputs and outputs of the graph stay.

    onnxruntime's own converter brings every value between two nodes to 16 bits, also of the nodes that it shall leave
    alone; 16 bits do not tell apart millimeters at four meters, nor frames beyond the 2048th.

    Args:
        model: A model of onnx, without subgraphs.
        helpers: The package onnx, which is an extra.
        of_network: Whether a node is of the network.
    """
    graph = model.graph
    floats = _floats(helpers.shape_inference.infer_shapes(model).graph)
    weights = {item.name: item for item in graph.initializer if item.data_type == FLOAT}
    inside = {name for node in graph.node if of_network(node) for name in node.output}
    nodes: list[Any] = []
    casts: dict[tuple[str, int], str] = {}

    def cast(name: str, to: int) -> str:
        """The name of a value in another type; made where it is needed first, behind what it is made of."""
        if (name, to) not in casts:
            casts[name, to] = f"{name}_{'half' if to == FLOAT16 else 'whole'}"
            if name in weights and to == FLOAT16:
                graph.initializer.append(_half(weights[name], casts[name, to], helpers))
            else:
                nodes.append(helpers.helper.make_node("Cast", [name], [casts[name, to]], casts[name, to], to=to))
        return casts[name, to]

    for node in graph.node:
        own = of_network(node)
        for place, name in enumerate(node.input):
            if name in floats and (name in inside) != own:
                node.input[place] = cast(name, FLOAT16 if own else FLOAT)
        if own:
            _halve_attributes(node, helpers)
        nodes.append(node)
    _keep_outputs(graph, floats & inside, nodes, helpers)
    read = {name for node in nodes for name in node.input}
    kept = [item for item in graph.initializer if item.name in read]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)


def _floats(graph: Any) -> set[str]:
    """The names of all 32-bit floats."""
    values = [*graph.value_info, *graph.input, *graph.output]
    found = {item.name for item in values if item.type.tensor_type.elem_type == FLOAT}
    return found | {item.name for item in graph.initializer if item.data_type == FLOAT}


def _half(tensor: Any, name: str, helpers: Any) -> Any:
    values = helpers.numpy_helper.to_array(tensor)
    largest = np.finfo(np.float16).max
    return helpers.numpy_helper.from_array(values.clip(-largest, largest).astype(np.float16), name)


def _halve_attributes(node: Any, helpers: Any) -> None:
    if node.op_type == "ConstantOfShape" and not node.attribute:  # a 32-bit zero
        zero = helpers.numpy_helper.from_array(np.zeros(1, np.float16))
        node.attribute.append(helpers.helper.make_attribute("value", zero))
    for attribute in node.attribute:
        if attribute.name == "to" and attribute.i == FLOAT:  # of Cast
            attribute.i = FLOAT16
        elif attribute.name == "value" and attribute.t.data_type == FLOAT:  # of Constant and ConstantOfShape
            attribute.t.CopyFrom(_half(attribute.t, attribute.t.name, helpers))


def _keep_outputs(graph: Any, halves: set[str], nodes: list[Any], helpers: Any) -> None:
    """Casts the outputs of the graph that the network gives."""
    for output in graph.output:
        if output.name not in halves:
            continue
        inner = f"{output.name}_inner"
        for node in nodes:
            for names in (node.input, node.output):
                for place, name in enumerate(names):
                    if name == output.name:
                        names[place] = inner
        nodes.append(helpers.helper.make_node("Cast", [inner], [output.name], f"{inner}_cast", to=FLOAT))
