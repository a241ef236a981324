"""Checkpoints on the Hugging Face Hub; the one place that imports huggingface_hub, which is an extra."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from tg_skeleton.files import write_text
from tg_skeleton.inference.card import ModelCard
from tg_skeleton.inference.recognizer import ActionRecognizer

try:
    from huggingface_hub import ModelHubMixin, hf_hub_download
except ImportError as error:
    raise ImportError(
        "tg_skeleton.inference.hub talks to the Hugging Face Hub with huggingface_hub, which is not installed; "
        "pip install 'tg_skeleton[hub]'"
    ) from error

WEIGHTS = "model.safetensors"


class HubRecognizer(ActionRecognizer, ModelHubMixin):
    """An `ActionRecognizer` for the Hugging Face Hub: one file of weights with their card, and a README.

    ``save_pretrained(folder)`` and ``push_to_hub("name/repository")`` are those of ``huggingface_hub.ModelHubMixin``::

        HubRecognizer(recognizer.model, recognizer.card).push_to_hub("name/repository")
        recognizer = HubRecognizer.from_pretrained("name/repository")

    Args:
        model: Maps ``x [T, N, C]``, ``batch [N]``, ``batch_size`` to logits.
        card: The metadata of the network: its class, its classes, its transforms.
    """

    def __init__(self, model: nn.Module, card: ModelCard) -> None:
        super().__init__(model, card)
        self._hub_mixin_config = None  # the card is in the weights' file, so no config.json repeats it

    @classmethod
    def from_pretrained(  # type: ignore[override] # the file alone decides what is built
        cls,
        pretrained_model_name_or_path: str | Path,
        *,
        revision: str | None = None,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        force_download: bool = False,
        local_files_only: bool = False,
        device: str | torch.device = "cpu",
        networks: Sequence[type[nn.Module]] = (),
    ) -> HubRecognizer:
        """A recognizer from a repository of the Hub, or from a folder that `save_pretrained` wrote.

        Args:
            pretrained_model_name_or_path: ``"name/repository"``, or a folder here.
            revision: A branch, tag or commit.
            token: For a private repository; None: the one of ``hf auth login``.
            cache_dir: Where downloads are kept.
            force_download: Fetch it again.
            local_files_only: Take what was fetched before.
            device: The device of the network.
            networks: Classes of networks of your own, of which the repository may hold a checkpoint.

        Raises:
            FileNotFoundError: The folder has no ``model.safetensors``.
            ValueError: The file is no checkpoint that this version can read.
        """
        folder = Path(pretrained_model_name_or_path)
        if folder.is_dir():
            return cls.load(folder / WEIGHTS, device=device, networks=networks)
        path = hf_hub_download(
            str(pretrained_model_name_or_path),
            WEIGHTS,
            revision=revision,
            token=token,
            cache_dir=cache_dir,
            force_download=force_download,
            local_files_only=local_files_only,
            library_name="tg_skeleton",
        )
        return cls.load(path, device=device, networks=networks)

    def _save_pretrained(self, save_directory: Path) -> None:
        self.save(save_directory / WEIGHTS)
        readme = save_directory / "README.md"
        if not readme.exists():
            write_text(readme, _readme(self.card))


def _readme(card: ModelCard) -> str:
    """The page that the Hub shows."""
    facts = "".join(f"- {key}: `{value}`\n" for key, value in card.facts.items())
    return f"""---
library_name: tg_skeleton
tags:
- skeleton-based-action-recognition
- {card.network.lower()}
---

# {card.network}: {card.num_classes} actions, from skeletons of {card.topology.num_joints} joints

```python
from tg_skeleton.inference.hub import HubRecognizer

recognizer = HubRecognizer.from_pretrained("name/repository")
prediction = recognizer(array)  # [frames, persons, {card.topology.num_joints}, {card.dims}]
print(prediction.label, prediction.probability)
```

Skeleton: {card.topology.name} ({", ".join(card.topology.joints)}).

Classes: {", ".join(card.class_names)}.

{facts}"""
