"""The trained network of the package, for recordings of any skeleton."""

import numpy as np
import pytest
import torch

import tg_skeleton
from tg_skeleton import COCO17, NTU25, SBU15, SkeletonSequence, Topology
from tg_skeleton.datasets import ArrayDataset, simulate
from tg_skeleton.inference import ActionRecognizer, ModelCard, StreamingRecognizer
from tg_skeleton.inference.files import FileReader
from tg_skeleton.inference.shipped import SHIPPED, checkpoint_file, is_checkpoint
from tg_skeleton.io import Source
from tg_skeleton.motion import CLASSES, kinect_v2, take
from tg_skeleton.topologies import TOPOLOGIES
from tg_skeleton.transforms import SampleSegments, Streams, ToTopology


def test_it_is_small_and_of_the_classes_of_generated_motion() -> None:
    recognizer = tg_skeleton.load("everyday")
    assert recognizer.card.class_names == CLASSES and recognizer.card.facts["dataset"] == "generated motion only"
    assert SHIPPED["everyday"].stat().st_size < 4_000_000


def test_it_recognizes_generated_recordings_that_it_has_not_seen() -> None:
    recognizer = tg_skeleton.load("everyday")
    takes = [take(number, seed=987_654, pairs={kinect_v2: (NTU25,)}) for number in range(96)]
    arrays = [np.where(one.score[..., None] > 0, one.pos, 0.0) for one in takes]
    said = recognizer.predict(arrays, per_person=False, check=False)
    right = [one.index == made.label for one, made in zip(said, takes, strict=True)]
    assert np.mean(right) > 0.5  # of 48 classes


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda one: one.name)
@pytest.mark.parametrize("dims", [2, 3])
def test_it_takes_every_skeleton(topology: Topology, dims: int) -> None:
    draw = np.random.default_rng(0)
    prediction = tg_skeleton.load("everyday").on(topology, dims)(draw.normal(size=(30, 1, topology.num_joints, dims)))
    assert prediction.label in CLASSES


def test_it_takes_a_skeleton_of_one_s_own() -> None:
    stick = Topology("stick", ("hip", "neck", "left_hand", "right_hand"), ("hip", "hip", "neck", "neck"))
    prediction = tg_skeleton.load("everyday").on(stick, 2)(np.random.default_rng(0).normal(size=(30, 1, 4, 2)))
    assert prediction.label in CLASSES


def test_the_network_is_shared_and_the_card_is_another() -> None:
    recognizer = tg_skeleton.load("everyday")
    other = recognizer.on(COCO17, dims=2)
    assert other.model is recognizer.model and other.card.topology is COCO17 and other.card.dims == 2
    assert recognizer.card.topology is not COCO17
    assert recognizer.on(recognizer.card.topology, 3) is recognizer
    assert recognizer.on(COCO17, dims=2) is other  # with its fused network


def test_another_number_of_joints_says_how_to_go_on() -> None:
    message = r"expected NTU25's 25 joints, got 17; .* recognizer.on\(topology, dims\)"
    with pytest.raises(ValueError, match=message):
        tg_skeleton.load("everyday")(np.ones((30, 1, 17, 3)))


def test_a_network_of_one_skeleton_refuses_another() -> None:
    arguments = {"in_channels": 3, "num_classes": 2, "num_frames": 8, "widths": (8, 8)}
    card = ModelCard(
        network="ESAN", arguments=arguments, topology=NTU25, class_names=("a", "b"), num_frames=8,
        transform=SampleSegments(8), batch_transform=Streams("joint"),
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"topology: expected NTU25 in 3-D, .* got SBU15 in 3-D; .*ToTopology"):
        ActionRecognizer(card.build(), card).on(SBU15)


def test_a_stream_answers_as_a_recording() -> None:
    recognizer = tg_skeleton.load("everyday").on(COCO17, 2)
    frames = np.random.default_rng(0).normal(size=(40, 1, 17, 2)).astype(np.float32)
    stream = StreamingRecognizer(recognizer, window=40, answers="together")
    for frame in frames:
        answer = stream.push(frame, ids=[3])
    assert np.allclose(answer.probabilities, recognizer(frames).probabilities, atol=1e-5)


def test_a_window_of_a_stream_is_in_seconds() -> None:
    card = tg_skeleton.load("everyday").card
    assert (card.window(10.0), card.window(30.0), card.window(None)) == (25, 75, 75)


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920)])
def test_pictures_of_any_shape_get_one_answer(tmp_path, size: tuple[int, int]) -> None:
    squat = SkeletonSequence.from_array(simulate("squat", noise=False).pos, NTU25)
    pos = ToTopology(NTU25, COCO17)(squat).to_dense("pos").transpose(0, 1).numpy()[..., :2]
    units = pos - pos.mean((0, 1, 2))
    pixels = np.array(size) / 2 + 300.0 * units * (1, -1)
    np.savez(tmp_path / "squat.npz", pos=pixels, score=np.full(pixels.shape[:-1], 0.9))
    recognizer = tg_skeleton.load("everyday").on(COCO17, 2)
    reader = FileReader(recognizer.card, COCO17, image_size=size)
    read = reader(Source(tmp_path / "squat.npz")).sequence
    assert np.allclose(recognizer(read).probabilities, recognizer(units.astype(np.float32)).probabilities, atol=1e-4)


@pytest.mark.filterwarnings("ignore")
def test_it_is_tuned_to_classes_of_one_s_own_in_2d(tmp_path) -> None:
    draw = np.random.default_rng(0)
    arrays = [draw.normal(size=(30, 1, 17, 2)).astype(np.float32) for _ in range(6)]
    data = ArrayDataset.from_arrays(tmp_path, arrays, ["a", "b"] * 3, COCO17)
    recognizer = tg_skeleton.load("everyday")
    tuned = recognizer.finetune(data, steps=1, batch_size=3, device="cpu")
    assert (tuned.card.topology, tuned.card.dims, tuned.card.class_names) == (COCO17, 2, ("a", "b"))
    path = tuned.save(tmp_path / "model.safetensors")
    assert np.allclose(tg_skeleton.load(path)(arrays[0]).probabilities, tuned(arrays[0]).probabilities, atol=1e-6)
    blocks = (recognizer.model.blocks, tuned.model.blocks)
    assert not torch.equal(*(one[0].residual.weight for one in blocks))


def test_the_file_of_a_name_a_run_or_a_path(tmp_path) -> None:
    assert checkpoint_file("everyday") == SHIPPED["everyday"]
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert checkpoint_file(tmp_path) == tmp_path / "model.safetensors"
    assert checkpoint_file(tmp_path / "walk.mp4") == tmp_path / "walk.mp4"


def test_what_is_a_checkpoint_and_what_is_a_recording(tmp_path) -> None:
    (tmp_path / "fusion.json").write_text('{"format": "tg_skeleton fusion"}')
    (tmp_path / "a01_s01_e00_v01.json").write_text('{"skeletons": []}')
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    assert is_checkpoint(tmp_path / "fusion.json") and is_checkpoint(tmp_path / "run")
    assert is_checkpoint(tmp_path / "missing.safetensors")  # its loading says that it is missing
    for name in ("a01_s01_e00_v01.json", "walk.mp4", "missing.json", ""):
        assert not is_checkpoint(tmp_path / name)
