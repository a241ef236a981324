"""The rules of the house that a machine can see: doors between rooms, sizes, signatures, and a quiet import."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "tg_skeleton"

BODY = {"topology", "topologies", "missing"}
LOOKS = {"body_statistics", "plausibility"}
DOORS: dict[str, set[str]] = {
    "files": set(),
    "work": {"files", "folders"},
    "topology": set(),
    "topologies": {"files", "topology"},
    "missing": {"topology"},
    "body_statistics": {"topology"},
    "joint_orders": {"topology", "topologies", "body_statistics"},
    "plausibility": {"topology", "body_statistics", "joint_orders"},
    "joint_places": {"topology"},
    "motion": {"topology", "topologies"},
    "folders": {"files"},
    "npz": {"files"},
    "io": {*BODY, "files", "npz"},
    "data": {*BODY, "io"},
    "collate": {"data", "missing"},
    "transforms": {*BODY, "joint_places", "io", "data"},
    "pose": {*BODY, "files", "io", "data", "transforms"},
    "datasets": {
        *BODY,
        *LOOKS,
        *("motion", "files", "folders", "npz", "work", "io", "data", "collate", "transforms", "pose"),
    },
    "nn": set(),
    "models": {*BODY, "joint_places", "nn"},
    "evaluation": {*BODY, "files", "npz", "data", "nn"},
    "visualization": {*BODY, "files", "data"},
    "training": {*BODY, "files", "folders", "data", "collate", "joint_places", "transforms", "datasets", "nn", "models"}
    | {"evaluation"},
    "inference": {*BODY, *LOOKS, "files", "io", "data", "collate", "transforms", "pose", "nn", "models", "evaluation"}
    | {"training"},  # for `ActionRecognizer.finetune`, when it is called
    "__init__": {*BODY, "data", "inference"},
}
"""The rooms that each room may import, besides itself; `__main__` and `commands` may import everything."""

OPEN = {"__main__", "commands"}
"""Nothing else imports these."""

CORE = {"torch", "torch_geometric", "numpy", "networkx", "tqdm", "filelock"}
GUESTS: dict[str, set[str]] = {
    "files": set(),
    "folders": set(),
    "npz": {"numpy"},
    "work": {"numpy", "torch", "filelock"},
    "io": {"numpy"},
    "motion": {"numpy"},
    "nn": {"torch", "torch_geometric"},
    "models": {"torch", "torch_geometric"},
    "visualization": CORE | {"matplotlib", "imageio_ffmpeg"},
    "training": CORE | {"lightning", "torchmetrics", "tensorboard"},
    "commands": CORE | {"lightning"},
    "inference": CORE | {"safetensors"},
}
"""The packages that a room may import; the core for those that are not named."""

EXTRAS: dict[str, set[str]] = {
    "io/tables.py": {"pandas"},
    "io/mocap.py": {"scipy", "pybvh"},
    "work/cluster.py": {"distributed"},
    "inference/hub.py": {"huggingface_hub"},
    "pose/rtmpose.py": {"rtmlib"},
    "pose/blazepose.py": {"mediapipe"},
    "pose/opencv.py": {"cv2"},
    "pose/drawing.py": {"imageio_ffmpeg"},
    "visualization/live.py": {"websockets"},
    "inference/onnx_files.py": {"onnx", "onnxruntime", "onnxscript"},
}
"""The packages that one file alone may import, besides its room's."""

MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = sorted(
    file for room in ("tg_skeleton", "tests", "examples") for file in (ROOT / room).rglob("*.py") if file.is_file()
)
PYG_OVERRIDES = {"__cat_dim__", "__inc__"}


def said(file: Path) -> str:
    return str(file.relative_to(ROOT))


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(source: str) -> set[str]:
    """Dotted names of all that a source imports, at any depth; `from a import b` gives `a.b`, a relative one `.b`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            found |= {f"{start}.{alias.name}" for alias in node.names}
    return found


def without_types(source: str) -> str:
    """A source without the imports that type checkers alone read."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return ast.unparse(tree)


def rooms(names: set[str]) -> set[str]:
    """The rooms of the package among imported names; what the package itself exports counts as room `__init__`."""
    inside = [name.split(".") for name in names if name.split(".")[0] == "tg_skeleton"]
    return {name[1] if len(name) > 1 and name[1] in {*DOORS, *OPEN} else "__init__" for name in inside}


def file_of(name: str) -> Path | None:
    """The file of the package that an imported name comes from; through the `__init__.py` that exports it."""
    parts = name.split(".")
    if parts[0] != "tg_skeleton":
        return None
    ends = [PACKAGE.joinpath(*parts[1:end]) for end in range(len(parts), 0, -1)]
    file = next(file for end in ends for file in (end.with_suffix(".py"), end / "__init__.py") if file.is_file())
    if file.name != "__init__.py":
        return file
    exported = [other for other in imports(file.read_text(encoding="utf-8")) if other.split(".")[-1] == parts[-1]]
    return file_of(exported[0]) if exported and exported[0] != name else file


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Names that lead from one to the next and back to the first; empty where there is no such circle."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return []
        for other in sorted(graph[name]):
            if found := visit(other, [*path, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := visit(name, []))), [])


def functions(file: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from tg_skeleton.nn.conv import X", {"nn"}),
        ("import tg_skeleton.transforms as T", {"transforms"}),
        ("from tg_skeleton import training, NTU25", {"training", "__init__"}),
        ("import tg_skeleton", {"__init__"}),
        ("def f():\n    from tg_skeleton.__main__ import main", {"__main__"}),
        ("import torch, tg_skeleton_extra", set()),
    ],
)
def test_the_door_keeper_sees(source, found):
    assert rooms(imports(source)) == found


def test_a_circle_is_found():
    assert circle({"a": {"b", "d"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["b", "c"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_imports_for_types_are_no_circle():
    source = "if TYPE_CHECKING:\n    import a\nelse:\n    import b\ndef f():\n    import c"
    assert imports(without_types(source)) == {"b", "c"}


def test_an_import_is_followed_to_its_file():
    assert file_of("tg_skeleton.evaluation.Scores") == PACKAGE / "evaluation" / "scores.py"
    assert file_of("tg_skeleton.io") == PACKAGE / "io" / "__init__.py"
    assert file_of("torch.nn") is None


def test_no_files_import_each_other():
    graph: dict[str, set[str]] = {said(file): set() for file in MODULES}
    for file in MODULES:
        if file.name != "__init__.py":  # it exports what is in its files, which is no use of it
            source = without_types(file.read_text(encoding="utf-8"))
            found = {file_of(name) for name in imports(source)} - {None, file}
            graph[said(file)] = {said(other) for other in found}
    assert circle(graph) == []


def test_every_room_has_a_rule():
    assert {room_of(file) for file in MODULES} <= {*DOORS, *OPEN}
    assert {room_of(file) for file in MODULES} >= {"topology", "data", "nn", "models", "transforms", "datasets"}


@pytest.mark.parametrize("file", [file for file in MODULES if room_of(file) not in OPEN], ids=said)
def test_doors_open_downwards_only(file):
    room = room_of(file)
    wrong = rooms(imports(file.read_text(encoding="utf-8"))) - DOORS[room] - {room}
    assert not wrong, f"{said(file)} opens a door to {sorted(wrong)}; {room} may import {sorted(DOORS[room])}"


@pytest.mark.parametrize("file", MODULES, ids=said)
def test_only_the_packages_of_the_room(file):
    names = imports(file.read_text(encoding="utf-8"))
    assert not [name for name in names if name.startswith(".")], "write absolute imports"
    tops = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"tg_skeleton"}
    assert tops <= GUESTS.get(room_of(file), CORE) | EXTRAS.get(file.relative_to(PACKAGE).as_posix(), set())


@pytest.mark.parametrize("file", SOURCES, ids=said)
def test_files_have_at_most_300_lines(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("file", MODULES, ids=said)
def test_functions_have_at_most_50_lines(file):
    for function in functions(file):
        body = function.body[1:] if ast.get_docstring(function) else function.body
        lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
        assert lines <= 50, f"{function.name} has {lines} lines besides its signature and docstring"


@pytest.mark.parametrize("file", MODULES, ids=said)
def test_no_open_keyword_arguments(file):
    assert [f.name for f in functions(file) if f.args.kwarg and f.name not in PYG_OVERRIDES] == []


@pytest.mark.parametrize("file", MODULES, ids=said)
def test_constructors_take_at_most_10_arguments_and_3_by_position(file):
    for function in functions(file):
        if function.name == "__init__":
            positional = len(function.args.posonlyargs + function.args.args) - 1
            assert positional <= 3, f"line {function.lineno}: make the arguments after the third keyword-only"
            assert positional + len(function.args.kwonlyargs) <= 10, f"line {function.lineno}"


CORE_ONLY = """
import sys
for name in {blocked}:
    sys.modules[name] = None
def guard(event, args):
    if event.startswith("socket.") and event != "socket.gethostname":
        raise RuntimeError(f"the import opens a socket: {{event}} {{args}}")
sys.addaudithook(guard)
for name in {names}:
    __import__(name)
"""
BLOCKED = (
    *("lightning", "pytorch_lightning", "torchmetrics", "matplotlib", "torch_scatter", "tensorboard", "hypothesis"),
    *(
        "huggingface_hub",
        "onnx",
        "onnxruntime",
        "onnxscript",
        "cv2",
        "rtmlib",
        "imageio_ffmpeg",
        "mediapipe",
        "websockets",
    ),
)


@pytest.mark.parametrize(
    "names",
    [
        ("tg_skeleton",),
        tuple(
            f"tg_skeleton.{room}"
            for room in ("io", "transforms", "pose", "datasets", "nn", "models", "evaluation", "inference")
        ),
    ],
)
def test_import_takes_the_core_only_says_nothing_and_opens_no_socket(names):
    code = CORE_ONLY.format(blocked=BLOCKED, names=names)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_guard_sees_a_socket_and_a_blocked_package():
    code = CORE_ONLY.format(blocked=BLOCKED, names=("json",))
    for line, error in (("import socket; socket.socket()", "opens a socket"), ("import matplotlib", "matplotlib")):
        done = subprocess.run([sys.executable, "-c", code + line], capture_output=True, text=True, check=False)
        assert done.returncode == 1 and error in done.stderr
