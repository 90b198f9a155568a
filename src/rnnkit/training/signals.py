"""Ctrl-C and termination, noted at once and acted on between two steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Asked:
    """Whether a stop was asked for."""

    def __init__(self) -> None:
        self.to_stop = False


@contextmanager
def noted() -> Iterator[Asked]:
    """Within this context a first SIGINT or SIGTERM only sets `to_stop`; a second one acts as it always does.

    Outside the main thread, where Python allows no handlers, signals act as they always do.
    """
    asked = Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, frame: FrameType | None) -> None:
        asked.to_stop = True
        for known, handler in before.items():
            signal.signal(known, handler)

    for number in before:
        signal.signal(number, note)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
