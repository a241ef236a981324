"""Recordings from files of any known form, one after another; unreadable files are reported with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.files import printable, reading
from tg_skeleton.inference.card import ModelCard
from tg_skeleton.inference.recordings import as_sequence, findings_of
from tg_skeleton.io import FORMS, CoordinateChange, Form, ReadOptions, Recording, Skipped, Source, Tracks, read_file
from tg_skeleton.plausibility import Finding
from tg_skeleton.pose import PoseEstimator, PoseOptions, VideoRecording, fitting_estimator, read_video
from tg_skeleton.topology import Topology
from tg_skeleton.transforms import ToTopology

OnError = Literal["raise", "skip"]


@dataclass(frozen=True, eq=False)
class FileRecording:
    """A recording that a network can take, with further facts of its file.

    Args:
        source: Where it is.
        form: The name of the file's form, see `tg_skeleton.io.FORMS`.
        sequence: The recording, in the network's topology.
        fps: Frames per second, where they are known.
        label: The class, as the file has it: its number (0-based) or its name.
        classes: The names of the classes that the number counts. Default: the network's.
        remarks: What the reader changed or found doubtful.
        findings: What does not look like a body, or like the training data; see `findings_of`.
        topology: The skeleton of the sequence. Default: the network's.
    """

    source: Source
    form: str
    sequence: SkeletonSequence
    fps: float | None = None
    label: int | str | None = None
    classes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    topology: Topology | None = None


class FileReader:
    """Reads recordings for a network, of every form in `tg_skeleton.io.FORMS`.

    A recording comes in its file's topology, arrays in the network's. Where the two differ, ``origin`` must ask for
    the conversion; a network for any skeleton takes recordings as they are.

    Args:
        card: The network's metadata.
        origin: The topology of recordings to convert to the network's, and of arrays. Default: none is converted.
        image_size: (W, H) of the pictures in pixels, of OpenPose's files.
        persons: Maximum number of persons to keep per recording, where the file has more.
        tracks: How persons are told apart where the file does not say, see `tg_skeleton.io.read_kinetics_json`.
        estimator: Finds the persons of videos, or makes what does when the first video is read; its joints are carried
            over to the network's. Default: the one that fits, see `fitting_estimator`.
        pose: How persons of videos become joints. Default: in space for a network of 3 coordinates.
        forms: The forms that are read.
        change: From the axes and units of the files to those of the network.
    """

    def __init__(
        self,
        card: ModelCard,
        origin: Topology | None = None,
        *,
        image_size: tuple[float, float] | None = None,
        persons: int = 2,
        tracks: Tracks = "position",
        estimator: PoseEstimator | Callable[[], PoseEstimator] | None = None,
        pose: PoseOptions | None = None,
        forms: Sequence[Form] = FORMS,
        keep_empty: bool = False,
        change: CoordinateChange = CoordinateChange(),  # noqa: B008 - it is frozen
    ) -> None:
        if persons < 1:
            raise ValueError(f"persons: expected 1 or more, got {persons}")
        self.fps: float | None = None
        """Frames a second of all recordings; None: as each file says."""
        self.card = card
        self.origin = origin
        self.estimator = estimator
        self.pose = PoseOptions() if pose is None else pose
        self.last_video: VideoRecording | None = None
        """What was found in the video that was read last, for drawing."""
        self.forms = forms
        self.keep_empty = keep_empty
        self.change = change
        self.options = ReadOptions(
            topology=origin or card.topology,
            persons=persons,
            tracks=tracks,
            image_size=image_size,
            video=self._video,
        )

    def __call__(self, source: Source) -> FileRecording:
        """The recording of a source.

        Raises:
            ValueError: It is damaged, of no known form, or does not fit the network.
            ImportError: It needs a package that is not installed.
            OSError: It can't be read.
        """
        form, recording = read_file(source, self.options, self.forms)
        assert recording.topology is not None
        sequence, card = self.sequence_of(recording)
        return FileRecording(
            source,
            form.name,
            sequence,
            recording.fps if self.fps is None else self.fps,
            recording.label if recording.label >= 0 else recording.class_name,
            form.classes,
            recording.remarks,
            findings_of(sequence, card),
            card.topology,
        )

    def _video(self, path: Path) -> Recording:
        card, persons = self.card, self.options.persons
        if self.estimator is None:
            topology, dims = card.estimated
            self.estimator = fitting_estimator(self.origin or topology, dims, persons=persons)
        elif not isinstance(self.estimator, PoseEstimator):
            self.estimator = self.estimator()
        in_space = self.estimator.in_space if card.any_skeleton else card.dims == 3
        options = replace(self.pose, in_space=in_space)
        self.last_video = read_video(path, self.estimator, options, persons=persons)
        return self.last_video

    def sequence_of(self, recording: Recording) -> tuple[SkeletonSequence, ModelCard]:
        """A recording as the network takes it, checked, and converted where that was asked for; and the network's card.

        Raises:
            ValueError: It does not fit the network.
        """
        topology = recording.topology
        assert topology is not None
        origin = topology if isinstance(recording, VideoRecording) else self.origin  # an estimator has its own joints
        card, dims = self.card, recording.pos.shape[-1]
        if card.any_skeleton:
            card = card.on(topology, dims)
        convert = carries(card, origin, topology, dims)
        sequence = SkeletonSequence.from_array(
            self.change(recording.in_one_unit() if card.any_skeleton else recording.pos),
            topology if convert else card.topology,
            score=recording.score,
            name=recording.name,
            keep_absent=self.keep_empty,
        )
        if convert:
            sequence = ToTopology(topology, card.topology)(sequence)
        fps = recording.fps if self.fps is None else self.fps
        if fps is not None:
            sequence.fps = fps
        return as_sequence(sequence, card), card


def by_skeleton(recordings: Sequence[FileRecording]) -> list[list[int]]:
    """The places of recordings, those of one skeleton together."""
    groups: dict[tuple[Topology | None, int], list[int]] = {}
    for number, recording in enumerate(recordings):
        groups.setdefault((recording.topology, recording.sequence.pos.size(-1)), []).append(number)
    return list(groups.values())


def carries(card: ModelCard, origin: Topology | None, topology: Topology, dims: int) -> bool:
    """Whether recordings of a topology must be converted to the network's; equal joints take the network's bones.

    Args:
        card: The network's metadata.
        origin: The topology that may be converted; None: none.
        topology: That of the recordings.
        dims: D of their coordinates.

    Raises:
        ValueError: The network takes other dimensions or joints, or ``origin`` is another topology.
    """
    if dims != card.dims:
        raise ValueError(
            f"expected {card.dims} coordinates of each joint, got {dims}; take a network that was trained on "
            f"{dims}-D recordings"
        )
    if origin is not None and origin.joints != topology.joints:
        raise ValueError(f"expected the joints of {origin.name}, as --from says, got those of {topology.name}")
    if origin is None and topology.joints != card.topology.joints:
        raise ValueError(
            f"expected the joints of {card.topology.name}, which the network takes, got those of {topology.name}; "
            f"--from {topology.name} carries them over, as far as they are there"
        )
    return topology.joints != card.topology.joints


def read_recordings(
    sources: Iterable[Source],
    reader: Callable[[Source], FileRecording],
    skipped: list[Skipped],
    *,
    on_error: OnError = "skip",
) -> Iterator[FileRecording]:
    """The recordings of sources, each read when it is asked for; unreadable ones are added to ``skipped``.

    Args:
        sources: The result of `tg_skeleton.io.find_recordings`.
        reader: Reads one, as a `FileReader`.
        skipped: A list to which unreadable sources are added.
        on_error: ``"raise"`` raises at the first unreadable one instead.

    Raises:
        ValueError: There is no such ``on_error``, or it is ``"raise"`` and a recording can't be read.
        ImportError: A recording needs a package that is not installed.
    """
    if on_error not in get_args(OnError):
        raise ValueError(f"on_error: expected 'raise' or 'skip', got {on_error!r}")
    for source in sources:
        try:
            with reading(source.path):
                recording = reader(source)
        except (ValueError, OSError) as error:
            reason = str(error).removeprefix(f"{source.path}: ").removeprefix(f"{printable(source.path)}: ")
            if on_error == "raise":
                raise ValueError(f"{source}: {reason}") from error
            skipped.append(Skipped(str(source), reason))
        else:
            yield recording
