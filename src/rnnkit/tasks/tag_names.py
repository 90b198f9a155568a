"""What a tagger's answers are called."""

from __future__ import annotations

from dataclasses import dataclass

from rnnkit.metrics import has_spans, is_bio


@dataclass(frozen=True)
class Names:
    """What answers are called, by number: tags, and labels of whole texts, of which there may be none."""

    tags: list[str]
    labels: list[str]

    @property
    def spans(self) -> bool:
        """Whether tags mark spans."""
        return has_spans(set(self.tags))

    @property
    def bio(self) -> bool:
        """Whether these spans are told apart by B- and I-."""
        return is_bio(self.tags)
