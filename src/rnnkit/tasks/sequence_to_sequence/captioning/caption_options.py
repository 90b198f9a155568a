"""What can be chosen about describing pictures, and the network built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rnnkit.configuration import option, section
from rnnkit.encoders import GridEncoder
from rnnkit.encoders.pictures.patches import PATCHES
from rnnkit.encoders.pictures.pretrained import EFFICIENTNET
from rnnkit.errors import UserError
from rnnkit.models import EncoderDecoder
from rnnkit.tasks.options import chosen_dropouts, chosen_training, held_out_option
from rnnkit.tasks.perceived_options import FilesTable
from rnnkit.tasks.sequence_to_sequence.options import LEVELS, WriterModel, build_written
from rnnkit.training import Training


@dataclass(frozen=True)
class CaptionScoring(FilesTable):
    """How data is scored."""

    pairs: bool = option(False, "instead of scores, show how likely each caption of the data is")


@dataclass(frozen=True)
class CaptionData:
    """How pictures and captions become numbers."""

    encoder: str = option(
        PATCHES,
        f"what looks at pictures: {PATCHES}, kinds of small patches that are learned from the pictures first; "
        f"{EFFICIENTNET}, which was trained on ImageNet (the extra pictures); or a file of torch.export, pixels to "
        "features",
        value="NAME|FILE",
    )
    size: int | None = option(None, "pixels of a side, to which pictures are squeezed", low=32, high=2048, chosen=True)
    level: str = option("word", "what a token is", choices=LEVELS)
    vocabulary: int = option(10_000, "largest number of tokens", low=258, high=1 << 24)
    held_out: float = held_out_option()
    table: FilesTable = section(FilesTable)

    @property
    def pixels(self) -> int:
        """Of a side."""
        return self.size or (128 if self.encoder == PATCHES else 224)


def choose_sizes(model: WriterModel, training: Training, captions: int) -> tuple[WriterModel, Training]:
    """The options with every None filled in, from the number of captions."""
    dropouts = chosen_dropouts(model.dropouts, 0.5, 0.3)
    model = replace(model, hidden=model.hidden or 512, embedding=model.embedding or 256, dropouts=dropouts)
    return model, chosen_training(training, 0.001, min(160, captions // 8))


def build_captioner(options: WriterModel, features: int, tokens: int) -> EncoderDecoder:
    """A fresh network over so many `features` of each place; every size is chosen."""
    hidden, dropout = options.hidden, options.dropouts.input_dropout or 0.0
    assert hidden is not None
    if options.copied:
        raise UserError("--copied takes a source of words, and pictures have none; leave it out")
    return build_written(options, GridEncoder(features, hidden, dropout=dropout), None, tokens)
