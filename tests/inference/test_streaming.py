"""A stream says at every frame what the recognizer says about a recording of the last ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import nn
from torch_geometric.transforms import BaseTransform, Compose

import tg_skeleton.transforms as T
from tests.rounding import assert_equal_up_to_rounding
from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.datasets import simulate
from tg_skeleton.inference import ActionRecognizer, ModelCard, StreamingRecognizer, StreamPrediction
from tg_skeleton.models.persons import mean_over_persons, to_persons

FRAMES, WINDOW = 24, 8
CENTER, SAMPLE = T.CenterOnFirstFrame(1), T.SampleSegments(6, "center")


class Sensitive(nn.Module):
    """Each person's whole clip through one random map; nothing of the input is without weight."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.lin = nn.Linear(6 * 25 * channels, 4)

    def forward(self, x: torch.Tensor, batch: torch.Tensor, batch_size: int) -> torch.Tensor:
        persons = to_persons(x, 25, x.size(2))
        return 3 * mean_over_persons(torch.sin(5 * self.lin(persons.flatten(1))), 25, batch, batch_size)


def close(one: object, other: object) -> None:
    """The same probabilities in another batch; the longest sums are those of `Sensitive`."""
    assert_equal_up_to_rounding(one, other, depth=6 * 25 * 6)


def recognizer(
    transform: BaseTransform | None = None, *, clips: int = 1, scores: bool = False, esan: bool = False
) -> ActionRecognizer:
    streams = T.Streams("joint", "score") if scores else T.Streams("joint", "bone", clips=clips)
    channels = 4 if scores else 6
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": channels, "num_classes": 4, "num_frames": 6, "widths": [8, 8]},
        topology=NTU25,
        class_names=("a", "b", "c", "d"),
        num_frames=6,
        clips=clips,
        transform=transform or Compose([CENTER, SAMPLE]),
        batch_transform=streams,
    )
    torch.manual_seed(0)
    return ActionRecognizer(card.build() if esan else Sensitive(channels), card)


def recording(persons: int, *, gaps: bool = False) -> np.ndarray:
    """``[24, M, 25, 3]``; with ``gaps``, nobody is there at first, and persons are away for short and for long."""
    pos = simulate("handshake", camera=2, noise=False).pos[:FRAMES, :persons].copy()
    if gaps:
        pos[:2] = 0
        pos[8:20, 0] = 0
        pos[4:6, -1] = 0
        pos[22:, -1] = 0
    return pos


def pushed(stream: StreamingRecognizer, pos: np.ndarray, ids: tuple[int, ...] = (3, 8)) -> Iterator[StreamPrediction]:
    for frame in pos:
        here = frame.any((1, 2))
        yield stream.push(frame[here], [number for number, real in zip(ids, here, strict=False) if real])


TRANSFORMS = {
    "center": Compose([CENTER, SAMPLE]),
    "seeded": Compose([CENTER, T.SampleSegments(6, seed=0)]),
    "random": Compose([CENTER, T.SampleSegments(6)]),
    "split": Compose([CENTER, T.SplitPersons(), SAMPLE]),
    "fitted": Compose([T.MinMaxNormalize(), SAMPLE]),
}


@pytest.mark.parametrize("gaps", [False, True], ids=["whole", "gaps"])
@pytest.mark.parametrize("persons", [1, 2])
@pytest.mark.parametrize("transform", list(TRANSFORMS.values()), ids=list(TRANSFORMS))
def test_every_frame_gives_what_the_recognizer_gives_for_the_window(transform, persons, gaps) -> None:
    asked, pos = recognizer(transform), recording(persons, gaps=gaps)
    answers = []
    for t, said in enumerate(pushed(StreamingRecognizer(asked, window=WINDOW), pos)):
        window = pos[max(0, t - WINDOW + 1) : t + 1]
        there = window.any((0, 2, 3))
        assert said.ready == bool(there.any())
        assert said.ids == tuple(number for number, real in zip((3, 8), there, strict=False) if real)
        assert (said.frame, said.full) == (t, t + 1 >= WINDOW)
        if not said.ready:
            continue
        expected = asked(window)
        close(said.probabilities, expected.probabilities)
        close(said.person_probabilities, expected.person_probabilities)
        answers.append(said.probabilities)
    assert np.ptp(answers, 0).max() > 0.05  # or nothing would be shown


def test_it_is_so_with_a_network_of_the_package() -> None:
    asked, pos = recognizer(esan=True), recording(2)
    for t, said in enumerate(pushed(StreamingRecognizer(asked, window=WINDOW), pos[: WINDOW + 2])):
        expected = asked(pos[max(0, t - WINDOW + 1) : t + 1])
        close(said.probabilities, expected.probabilities)
        close(said.person_probabilities, expected.person_probabilities)


def test_averaged_clips_are_averaged() -> None:
    asked, pos = recognizer(T.SampleSegments(6, "center", clips=2), clips=2), recording(2)
    *_, said = pushed(StreamingRecognizer(asked, window=WINDOW), pos[:WINDOW])
    close(said.probabilities, asked(pos[:WINDOW]).probabilities)


def test_scores_reach_the_network() -> None:
    asked, pos = recognizer(scores=True), recording(2)[:WINDOW]
    score = np.random.default_rng(0).uniform(0.1, 1, pos.shape[:3]).astype(np.float32)
    stream = StreamingRecognizer(asked, window=WINDOW)
    for frame, confidence in zip(pos, score, strict=True):
        said = stream.push(frame, [0, 1], confidence)
    expected = asked(SkeletonSequence.from_array(pos, NTU25, score=score))
    close(said.probabilities, expected.probabilities)
    close(said.person_probabilities, expected.person_probabilities)


def test_persons_may_stand_in_any_order() -> None:
    pos, swapped = recording(2), recording(2)[:, ::-1]
    one, other = (StreamingRecognizer(recognizer(), window=WINDOW) for _ in range(2))
    for frame, mirrored in zip(pos, swapped, strict=True):
        said, same = one.push(frame, [3, 8]), other.push(torch.from_numpy(mirrored.copy()), [8, 3])
        np.testing.assert_array_equal(said.person_probabilities, same.person_probabilities)
        np.testing.assert_array_equal(said.probabilities, same.probabilities)


def test_a_person_who_is_forgotten_starts_anew() -> None:
    asked, pos = recognizer(), recording(1)
    stream = StreamingRecognizer(asked, window=WINDOW, patience=2)
    assert all(said.ready for said in pushed(stream, pos[:5]))
    assert stream.push([], []).ids == (3,)
    assert not stream.push([], []).ready
    said = stream.push(pos[7], [3])
    alone = np.zeros_like(pos[:8])
    alone[7] = pos[7]
    close(said.probabilities, asked(alone).probabilities)


def test_who_was_seen_too_little_does_not_count() -> None:
    asked, pos = recognizer(), recording(2)
    stream = StreamingRecognizer(asked, window=WINDOW, min_frames=4)
    for t in range(9):
        said = stream.push(pos[t, : 1 + (t >= 4)], [1, 2][: 1 + (t >= 4)])
        assert said.ids == tuple([1] * (t >= 3) + [2] * (t >= 7))
        if said.ids == (1,):
            close(said.probabilities, asked(pos[: t + 1, :1]).probabilities)


def test_the_network_runs_once_in_every_frames_and_the_answer_stands() -> None:
    asked, pos = recognizer(), recording(2)[:8]
    runs: list[int] = []
    asked.fused.register_forward_hook(lambda model, inputs, output: runs.append(output.size(0)))
    said = list(pushed(StreamingRecognizer(asked, window=WINDOW, every=3), pos))
    assert [one.answered for one in said] == [0, 0, 0, 3, 3, 3, 6, 6]
    assert [one.fresh for one in said] == [True, False, False] * 2 + [True, False]
    assert runs == [3, 3, 3]  # one forward pass for both persons together and each alone
    np.testing.assert_array_equal(said[5].probabilities, said[3].probabilities)
    assert all((one.milliseconds.network > 0) == one.fresh for one in said)


def test_the_first_person_is_answered_at_once_however_seldom_the_network_runs() -> None:
    pos = recording(1)
    stream = StreamingRecognizer(recognizer(), window=WINDOW, every=5)
    assert [stream.push([], []).ready for _ in range(2)] == [False, False]
    assert [stream.push(frame, [0]).answered for frame in pos[:6]] == [2] * 5 + [7]


@pytest.mark.parametrize(("persons", "every"), [(1, 1), (1, 2), (2, 2), (5, 2), (5, 3), (3, 7)])
def test_persons_take_turns_and_each_answer_is_that_about_the_window_of_its_frame(persons: int, every: int) -> None:
    asked, draw = recognizer(), np.random.default_rng(0)
    pos, ids = draw.normal(size=(20, persons, 25, 3)), tuple(range(10, 10 + persons))
    runs: list[int] = []
    hook = asked.fused.register_forward_hook(lambda model, inputs, output: runs.append(output.size(0)))
    said = list(pushed(StreamingRecognizer(asked, window=WINDOW, every=every, answers="turns"), pos, ids))
    hook.remove()
    assert max(runs) <= -(-persons // every)
    for t, one in enumerate(said[every:], start=every):
        assert one.ids == ids and one.answered == max(one.frames)
        assert all(t - frame < every for frame in one.frames)
        for place, (number, frame) in enumerate(zip(one.ids, one.frames, strict=True)):
            window = asked(pos[max(frame + 1 - WINDOW, 0) : frame + 1, place])
            close(one.person(number).probabilities, window.probabilities)


def test_who_comes_is_asked_about_first_and_who_goes_is_forgotten() -> None:
    pos = recording(2)
    stream = StreamingRecognizer(recognizer(), window=WINDOW, every=2, patience=1, answers="turns")
    assert [stream.push(pos[t, :1], [5]).frames for t in range(3)] == [(0,), (0,), (2,)]
    said = stream.push(pos[3], [5, 1])
    assert (said.ids, said.frames, said.fresh) == ((1, 5), (3, 2), True)
    assert stream.push(pos[4, 1:], [1]).ids == (1,)
    assert not stream.push([], []).ready
    with pytest.raises(ValueError, match="this stream was not asked about all persons together"):
        _ = said.probabilities


@pytest.mark.parametrize(("answers", "clips"), [("both", 3), ("persons", 2), ("together", 1), ("turns", 2)])
def test_only_what_is_asked_goes_through_the_network(answers, clips) -> None:
    asked, pos = recognizer(), recording(2)
    runs: list[int] = []
    asked.fused.register_forward_hook(lambda model, inputs, output: runs.append(output.size(0)))
    said = StreamingRecognizer(asked, window=WINDOW, answers=answers).push(pos[0], [1, 2])
    assert runs == [clips]
    expected = asked(pos[:1])
    if answers in ("both", "together"):
        close(said.together.probabilities, expected.probabilities)
    if answers != "together":
        close(said.person(2).probabilities, expected.person_probabilities[1])


@pytest.mark.parametrize("answers", ["both", "persons", "together"])
def test_one_person_is_one_clip(answers) -> None:
    asked = recognizer()
    runs: list[int] = []
    asked.fused.register_forward_hook(lambda model, inputs, output: runs.append(output.size(0)))
    assert StreamingRecognizer(asked, window=WINDOW, answers=answers).push(recording(1)[0], [1]).ready
    assert runs == [1]


def test_reset_starts_a_new_stream() -> None:
    asked, pos = recognizer(), recording(1)
    stream = StreamingRecognizer(asked, window=WINDOW)
    first = [said.probabilities for said in pushed(stream, pos[:4])]
    stream.reset()
    for said, before in zip(pushed(stream, pos[:4]), first, strict=True):
        np.testing.assert_array_equal(said.probabilities, before)
    assert said.frame == 3


def test_torch_s_generator_stays_as_it_was() -> None:
    stream = StreamingRecognizer(recognizer(TRANSFORMS["random"]), window=WINDOW)
    before = torch.get_rng_state()
    stream.push(recording(2)[0], [1, 2])
    assert torch.equal(before, torch.get_rng_state())


def test_repr_says_what_it_is() -> None:
    text = "StreamingRecognizer(ActionRecognizer(ESAN, 4 classes, NTU25), window=60, every=2)"
    assert repr(StreamingRecognizer(recognizer(), window=60, every=2)) == text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"window": 0}, "window: expected 1 frame or more, got 0"),
        ({"window": 9, "every": 0}, "every: expected 1 frame or more, got 0"),
        ({"window": 9, "patience": 10}, "patience: expected 1 to window = 9 frames, got 10"),
        ({"window": 9, "min_frames": 0}, "min_frames: expected 1 to window = 9 frames, got 0"),
        ({"window": 9, "answers": "all"}, "answers: expected one of .*'persons'.*, got 'all'"),
    ],
)
def test_numbers_out_of_range_are_refused(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        StreamingRecognizer(recognizer(), **arguments)


def test_a_card_without_transforms_is_refused() -> None:
    arguments = {"in_channels": 3, "num_classes": 1, "num_frames": 6, "widths": [4]}
    card = ModelCard(network="ESAN", arguments=arguments, topology=NTU25, class_names=("a",), num_frames=6)
    with pytest.raises(ValueError, match=r"its card has no transforms.*give the card a batch_transform"):
        StreamingRecognizer(ActionRecognizer(card.build(), card), window=6)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_only_reading_an_answer_waits_for_the_gpu() -> None:
    pos = recording(2)
    stream = StreamingRecognizer(recognizer(esan=True).to("cuda"), window=WINDOW)
    stream.push(pos[0], [1, 2])
    torch.cuda.set_sync_debug_mode("error")
    try:
        said = stream.push(pos[1], [1, 2])
    finally:
        torch.cuda.set_sync_debug_mode("default")
    close(said.probabilities, recognizer(esan=True)(pos[:2]).probabilities)
