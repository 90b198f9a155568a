"""What can be chosen about videos: sections of options that every task over them has."""

from __future__ import annotations

from dataclasses import dataclass

from rnnkit.configuration import option
from rnnkit.data.video.sampling import Seeing
from rnnkit.errors import UserError

TRAINED = "trained"
"""the encoder that is learned along, which sees frames themselves"""
ALL, CHANGES, AMOUNT = "all", "changes", "amount"
SMALL, LARGE = 48, 128
"""pixels of a frame's side: that an encoder of ours sees, and that one sees which others trained"""


@dataclass(frozen=True)
class VideoOptions:
    """How videos become frames."""

    rate: float = option(15.0, "frames a second that are seen, at most", low=0.01, high=240)
    size: int | None = option(None, "pixels of a frame's side, as it is seen", low=16, high=512, chosen=True)
    colour: bool = option(False, "whether the trained encoder sees colours; others always do")
    encoder: str = option(
        TRAINED,
        "what looks at frames: trained (learned along); or, frozen, patches, efficientnet-lite0 or a file of "
        "torch.export",
        value="NAME|FILE",
    )
    video_variation: float = option(1.0, "how much training videos are varied: 0 not at all, 1 as usual", low=0, high=4)
    mirrored: bool = option(False, "mirror half of the training videos, where left and right mean nothing")
    tiles: str | None = option(
        None, "WIDTHxHEIGHT of frames that lie in one picture, row by row, as in 80x48", value="WxH"
    )
    longest: float = option(7200.0, "longest video that is read, in seconds", low=0.1, high=360_000)
    frozen_features: str | None = option(
        None,
        "of frozen encoders: all that they see, how much each of it changes, or how much it changes as a whole alone; "
        "else what tells more of what is held out",
        choices=(ALL, CHANGES, AMOUNT),
        chosen=True,
    )
    features_folder: str | None = option(
        None, "folder that keeps what frozen encoders saw, so that none looks twice [the user's cache]", value="FOLDER"
    )

    @property
    def frozen(self) -> bool:
        """Whether the encoder is not learned along."""
        return self.encoder != TRAINED

    @property
    def seeing(self) -> Seeing:
        """How frames are seen. Raises `UserError` of tiles that are none."""
        size = self.size or (LARGE if self.frozen else SMALL)
        return Seeing(self.rate, size, self.colour or self.frozen, self.longest, parsed_tiles(self.tiles))


def parsed_tiles(text: str | None) -> tuple[int, int] | None:
    """`80x48` as (80, 48). Raises `UserError` of what is none."""
    if text is None:
        return None
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) != 2 or not all(part.strip().isdecimal() and 0 < int(part) < 10_000 for part in parts):
        raise UserError(f"--tiles takes WIDTHxHEIGHT in pixels, as in 80x48, got {text!r}")
    return int(parts[0]), int(parts[1])
