"""A decoder with a window that moves along its memory as it writes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnkit import state as states
from rnnkit.attention.soft_window import SoftWindow
from rnnkit.contract import Context, LiveCore, StreamingCore
from rnnkit.decoders.attended import Attended, by_source, memory_of
from rnnkit.dropout import SequenceDropout
from rnnkit.errors import UserError
from rnnkit.sequence import SequenceBatch, zero_padding
from rnnkit.state import LeafSpec, StateSpec


class WindowDecoder(nn.Module):
    """A small `reader` over inputs and what the window saw last moves the window on; the `core` above it is told the
    input, what the reader says and what the window sees (Graves 2013, section 5.1). Features are the reader's and the
    core's.

    Only the reader waits for the window, time step by time step. The core, which is the larger part, runs over all
    time steps at once, since nothing of it goes back into the reader. While training, `dropout` falls on what the core
    is told of the reader and on what it gives.
    """

    def __init__(self, reader: StreamingCore, window: SoftWindow, core: StreamingCore, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.reader: Any = reader
        self.core: Any = core
        self.window = window
        self.dropout = SequenceDropout(dropout)
        self.input_size = reader.input_size - window.output_size
        self.output_size = reader.output_size + core.output_size
        wanted = self.input_size + reader.output_size + window.output_size
        if core.input_size != wanted:
            raise UserError(f"the core over a window takes width {wanted}, got {core.input_size}")

    def state_spec(self) -> StateSpec:
        """The reader's, where the window's components are, what it saw last, and the core's."""
        like = self.window.linear.weight.dtype
        own = (
            LeafSpec("places", (self.window.components,), like),
            LeafSpec("seen", (self.window.output_size,), like),
        )
        return (*_named("reader", self.reader), *own, *_named("core", self.core))

    def init_state(self, batch_size: int) -> Any:
        """Zero states, and the window before its memory's first place."""
        seen = self.window.linear.weight.new_zeros(batch_size, self.window.output_size)
        reader, core = (part.init_state(batch_size) for part in (self.reader, self.core))
        return reader, self.window.begin(batch_size), seen, core

    def begin(self, state: Any, context: Context) -> Any:
        """The same state with the window before the first place of a memory."""
        reader, places, seen, core = state
        return reader, self.window.begin(len(places)).to(places), torch.zeros_like(seen), core

    def prepare(self, memory: SequenceBatch) -> Context:
        """The context of a memory `(B, S, D)`."""
        clean = memory.with_data(zero_padding(memory.data, memory.lengths))
        return {"memory": clean, "keys": self.window.prepare(clean)}

    def forward(self, sequence: SequenceBatch, state: Any, context: Context) -> tuple[Attended, Any]:
        """Inputs `(B, T, D)`, a row a source, to features `(B, T, F)`, and the state after each row's end."""
        reader, places, seen, core = state
        moments, made = [(reader, places, seen)], []
        for x in sequence.data.unbind(dim=1):
            read, weights, after = self._read(x, *moments[-1], context)
            moments.append(after)
            made.append((read, after[2], weights))
        widths = (self.reader.output_size, self.window.output_size, memory_of(context)[0].data.shape[1])
        none = [sequence.data.new_zeros(len(places), 0, width) for width in widths]
        read, seen, weights = (torch.stack(part, dim=1) for part in zip(*made, strict=True)) if made else none
        told = sequence.with_data(torch.cat([sequence.data, self.dropout(read), seen], dim=2))
        above, core = self.core(told, core)
        features = zero_padding(torch.cat([read, self.dropout(above.data)], dim=2), sequence.lengths)
        reader, places, seen = _at(moments, sequence.lengths)
        return Attended(sequence.with_data(features), weights, context), (reader, places, seen, core)

    def step(self, x: Tensor, state: Any, context: Context) -> tuple[Attended, Any]:
        """One time step of B rows, B / n of each of the context's n sources, side by side: `(B, D)` to `(B, F)`."""
        reader, places, seen, core = state
        read, looked, (reader, places, seen) = self._read(x, reader, places, seen, context)
        made, core = self.core.step(torch.cat([x, read, seen], dim=1), core)
        return Attended(torch.cat([read, made], dim=1), looked, context), (reader, places, seen, core)

    def freeze(self, dtype: torch.dtype | None = None) -> FrozenWindowDecoder:
        """For live use, the weights of reader and core kept in `dtype`."""
        return FrozenWindowDecoder(self, self.reader.freeze(dtype), self.core.freeze(dtype))

    def look(self, read: Tensor, places: Tensor, context: Context) -> tuple[Tensor, Tensor, Tensor]:
        """What rows see after the reader said `read` `(B, H)`, the weights `(B, S)`, and where the window is then."""
        beside = by_source(read, context), by_source(places, context)
        seen, weights, places = self.window(*beside, *memory_of(context))
        return seen.flatten(0, 1), weights.flatten(0, 1), places.flatten(0, 1)

    def _read(
        self, x: Tensor, reader: Any, places: Tensor, seen: Tensor, context: Context
    ) -> tuple[Tensor, Tensor, Any]:
        read, reader = self.reader.step(torch.cat([x, seen], dim=1), reader)
        seen, weights, places = self.look(read, places, context)
        return read, weights, (reader, places, seen)


def _named(name: str, part: Any) -> StateSpec:
    return tuple(leaf._replace(name=f"{name}.{leaf.name}") for leaf in part.state_spec())


def _at(moments: list[Any], lengths: Tensor) -> Any:
    """Each row's state after as many time steps as it has."""
    rows = torch.arange(len(lengths), device=lengths.device)
    several = iter(zip(*(states.leaves(moment) for moment in moments), strict=True))
    return states.map_state(lambda leaf: torch.stack(next(several), dim=1)[rows, lengths], moments[0])


class FrozenWindowDecoder:
    """The decoder with the weights of its reader and its core packed."""

    def __init__(self, decoder: WindowDecoder, reader: Any, core: Any) -> None:
        self.decoder, self.reader, self.core = decoder, reader, core

    def streams_from(self, state: Any) -> WindowStreams:
        """Live rows that start from a copy of `state`."""
        reader, places, seen, core = state
        live = self.reader.streams_from(reader), self.core.streams_from(core)
        return WindowStreams(self.decoder, *live, *states.copied((places, seen)))


class WindowStreams:
    """Live rows of a frozen decoder."""

    def __init__(self, decoder: WindowDecoder, reader: LiveCore, core: LiveCore, places: Tensor, seen: Tensor) -> None:
        self._decoder, self._reader, self._core = decoder, reader, core
        self._places, self._seen = places, seen

    @property
    def state(self) -> Any:
        """As the decoder's, the very tensors that steps change."""
        return self._reader.state, self._places, self._seen, self._core.state

    def step(self, x: Tensor, rows: Tensor | None = None, context: Context | None = None) -> Attended:
        """One time step of `rows`, or of all, as `WindowDecoder.step` gives it."""
        assert context is not None
        chosen = slice(None) if rows is None else rows
        read = self._reader.step(torch.cat([x, self._seen[chosen]], dim=1), rows)
        seen, weights, places = self._decoder.look(read, self._places[chosen], context)
        self._places[chosen], self._seen[chosen] = places, seen
        made = self._core.step(torch.cat([x, read, seen], dim=1), rows)
        return Attended(torch.cat([read, made], dim=1), weights, context)

    def restore(self, state: Any, rows: Tensor | None = None) -> None:
        """Puts `rows`, or all, into `state`."""
        reader, places, seen, core = state
        self._reader.restore(reader, rows)
        self._core.restore(core, rows)
        with torch.no_grad():
            states.put((self._places, self._seen), (places, seen), rows)
