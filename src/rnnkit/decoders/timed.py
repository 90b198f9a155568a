"""A decoder that is told how long each place of its source lasts, and reads one after the other."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from rnnkit.contract import Context, LiveCore, StreamingCore
from rnnkit.decoders.attended import Attended
from rnnkit.sequence import SequenceBatch, zero_padding
from rnnkit.state import LeafSpec, StateSpec, put

PLACE = 2
"""numbers that say where in a place a time step is: the share of it that is over, and how long it lasts"""
LEAST = 1e-4
"""time steps: a place that lasts less is not read"""


class TimedDecoder(nn.Module):
    """Place s of a memory `(B, S, D)` lasts d_s time steps, from where the last one ends; time step t reads each place
    by the share of t that lies in it. So what is read never goes back, every place that lasts is read, and where each
    one was is known (durations in place of attention, as Shen et al. 2020, with their share instead of a Gaussian).

    Nothing that is read waits for the core, which in training is one call over all time steps. Its input are the time
    step's own `(B, input_size)`, what it reads, and where in a place it is; features are its output, what was read,
    and last, how many time steps are left after this one. The state is the core's, and the time.
    """

    def __init__(self, core: StreamingCore, input_size: int, memory_size: int) -> None:
        super().__init__()
        self.core: Any = core
        self.input_size, self.memory_size = input_size, memory_size
        self.output_size = core.output_size + memory_size + 1

    @staticmethod
    def width(input_size: int, memory_size: int) -> int:
        """How wide a core's input is."""
        return input_size + memory_size + PLACE

    def state_spec(self) -> StateSpec:
        """The core's, and how many time steps are over."""
        return (*self.core.state_spec(), LeafSpec("time", (1,), torch.int64))

    def init_state(self, batch_size: int) -> Any:
        """Before the first time step."""
        core = self.core.init_state(batch_size)
        return core, torch.zeros(batch_size, 1, dtype=torch.int64, device=_first(core).device)

    def prepare(self, memory: SequenceBatch, durations: Tensor) -> Context:
        """The context of a memory `(B, S, D)` whose places last `durations` `(B, S)`, in time steps."""
        lasting = torch.where(memory.mask & (durations > LEAST), durations, 0.0)
        clean = memory.with_data(zero_padding(memory.data, memory.lengths))
        return {"memory": clean, "durations": lasting, "ends": lasting.cumsum(dim=1)}

    def read(self, time: Tensor, context: Context) -> tuple[Tensor, Tensor, Tensor]:
        """Time steps `(n, T)` of each source: what the core is told of them `(n, T, D + 2)`, the shares of the places
        in them `(n, T, S)`, and how many are left after each `(n, T, 1)`."""
        memory, durations, ends = _parts(context)
        now = time[:, :, None].to(durations)
        last, lasting = ends[:, None], durations[:, None]
        first = last - lasting
        shares = (torch.minimum(last, now + 1) - torch.maximum(first, now)).clamp(min=0)
        shares = shares / shares.sum(dim=2, keepdim=True).clamp(min=LEAST)
        over = ((now + 0.5 - first) / lasting.clamp(min=LEAST)).clamp(0, 1)
        where = torch.stack([(shares * over).sum(dim=2), (shares * lasting.log1p()).sum(dim=2)], dim=2)
        left = (last[:, :, -1:] - now - 1).clamp(min=0)
        return torch.cat([torch.bmm(shares, memory.data), where], dim=2), shares, left

    def forward(self, sequence: SequenceBatch, state: Any, context: Context) -> tuple[Attended, Any]:
        """Inputs `(B, T, input_size)`, a row a source, to features `(B, T, F)`, and the state after each row's end."""
        core, time = state
        steps = torch.arange(sequence.data.shape[1], device=time.device)
        told, shares, left = self.read(time + steps, context)
        made, after = self.core(sequence.with_data(torch.cat([sequence.data, told], dim=2)), core)
        features = torch.cat([made.data, told[:, :, : self.memory_size], left], dim=2)
        return Attended(sequence.with_data(features), shares, context), (after, time + sequence.lengths[:, None])

    def step(self, x: Tensor, state: Any, context: Context) -> tuple[Attended, Any]:
        """One time step of B rows, B / n of each of the context's n sources, side by side: `(B, input_size)` to
        `(B, F)`."""
        core, time = state
        seen = self.now(time, context)
        made, after = self.core.step(torch.cat([x, seen.told], dim=1), core)
        return self.looked(made, seen, context), (after, time + 1)

    def now(self, time: Tensor, context: Context) -> Now:
        """What there is to know of the time steps `(B, 1)` of rows, side by side."""
        told, shares, left = self.read(time.view(len(_parts(context)[1]), -1), context)
        return Now(told.flatten(0, 1), shares.flatten(0, 1), left.flatten(0, 1))

    def looked(self, made: Tensor, seen: Now, context: Context) -> Attended:
        """The features of one time step, from the core's output `(B, H)`."""
        features = torch.cat([made, seen.told[:, : self.memory_size], seen.left], dim=1)
        return Attended(features, seen.shares, context)

    def freeze(self, dtype: torch.dtype | None = None) -> FrozenTimedDecoder:
        """For live use, the core's weights kept in `dtype`."""
        return FrozenTimedDecoder(self, self.core.freeze(dtype))


class Now(NamedTuple):
    """What `TimedDecoder.read` says of one time step, a row each."""

    told: Tensor
    shares: Tensor
    left: Tensor


def _parts(context: Context) -> tuple[SequenceBatch, Tensor, Tensor]:
    memory, durations, ends = context["memory"], context["durations"], context["ends"]
    assert isinstance(memory, SequenceBatch)
    assert isinstance(durations, Tensor)
    assert isinstance(ends, Tensor)
    return memory, durations, ends


def _first(state: Any) -> Tensor:
    return state if isinstance(state, Tensor) else _first(state[0])


class FrozenTimedDecoder:
    """The decoder with its core's weights packed."""

    def __init__(self, decoder: TimedDecoder, core: Any) -> None:
        self.decoder, self.core = decoder, core

    def streams_from(self, state: Any) -> TimedStreams:
        """Live rows that start from a copy of `state`."""
        core, time = state
        return TimedStreams(self.decoder, self.core.streams_from(core), time.clone())


class TimedStreams:
    """Live rows of a frozen decoder."""

    def __init__(self, decoder: TimedDecoder, core: LiveCore, time: Tensor) -> None:
        self._decoder, self._core, self._time = decoder, core, time

    @property
    def state(self) -> Any:
        """The core's, and the time: the very tensors that steps change."""
        return self._core.state, self._time

    def step(self, x: Tensor, rows: Tensor | None = None, context: Context | None = None) -> Attended:
        """One time step of `rows`, or of all, as `TimedDecoder.step` gives it."""
        assert context is not None
        time = self._time if rows is None else self._time[rows]
        seen = self._decoder.now(time, context)
        made = self._core.step(torch.cat([x, seen.told], dim=1), rows)
        put(self._time, time + 1, rows)
        return self._decoder.looked(made, seen, context)

    def restore(self, state: Any, rows: Tensor | None = None) -> None:
        """Puts `rows`, or all, into `state`."""
        core, time = state
        self._core.restore(core, rows)
        put(self._time, time, rows)
