"""Speech of a text that is still being written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnnkit.tasks.speech_synthesis.answers import Speech, joined

if TYPE_CHECKING:
    from rnnkit.tasks.speech_synthesis.options import Speaking


class LiveSpeech:
    """Says a text piece by piece: a sentence when the next one begins. `state` is the text that is not said yet."""

    def __init__(self, voice: Any, request: Speaking) -> None:
        self._voice, self._request = voice, request
        self.state = ""

    def push(self, text: str) -> Speech | None:
        """Some text more: what is said of the sentences that it ends, or None where it ends none."""
        sentences = self._voice.front(self._request).sentences(self.state + text)
        *whole, self.state = sentences or [""]
        self.state += " " if text[-1:].isspace() else ""
        return self._said(whole) if whole else None

    def finish(self) -> Speech | None:
        """What is said of the rest, or None where there is none."""
        rest, self.state = self.state, ""
        return self._said([rest]) if rest.strip() else None

    def _said(self, sentences: list[str]) -> Speech:
        parts = [part for one in sentences for part in self._voice.sentences(one, self._request)]
        return joined(" ".join(sentences), parts, self._request.pause, self._voice.column.mel.rate)
