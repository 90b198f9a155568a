"""What a network remembers between two time steps, as a value: a nested tuple of tensors, batch first in each.

In: states. Out: states. Imports: errors only. Tested by: the laws of tests/laws/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from rnnkit.errors import UserError

State: TypeAlias = Tensor | tuple["State", ...]
Leaf = TypeVar("Leaf")


class LeafSpec(NamedTuple):
    """One tensor of a state: its dotted name, the shape of one row (without B), its precision."""

    name: str
    row: tuple[int, ...]
    dtype: torch.dtype


StateSpec: TypeAlias = tuple[LeafSpec, ...]


def leaves(state: State) -> Iterator[Tensor]:
    """The tensors of a state, in order."""
    if isinstance(state, Tensor):
        yield state
    else:
        for part in state:
            yield from leaves(part)


def map_state(function: Callable[..., Tensor], state: State, *others: State) -> State:
    """`function` applied to each leaf (and to the matching leaves of `others`)."""
    if isinstance(state, Tensor):
        return function(state, *others)
    return tuple(map_state(function, *parts) for parts in zip(state, *others, strict=True))


def detach(state: State) -> State:
    """The same numbers, cut off from the gradient: where truncated back-propagation stops."""
    return map_state(lambda leaf: leaf.detach(), state)


def rows(state: State, index: Tensor | slice) -> State:
    """Some rows of a state: a choice of streams, or of the hypotheses of a search."""
    return map_state(lambda leaf: leaf[index], state)


def join(states: Sequence[State]) -> State:
    """Many states as the rows of one, so that many streams step as one batch."""
    return map_state(lambda *parts: torch.cat(parts), *states)


def where(choice: Tensor, state: State, other: State) -> State:
    """Row by row, `state` where `choice` `(B,)` is true, else `other`."""

    def pick(leaf: Tensor, alternative: Tensor) -> Tensor:
        return torch.where(choice.reshape(-1, *[1] * (leaf.dim() - 1)), leaf, alternative)

    return map_state(pick, state, other)


def copied(state: State) -> State:
    """The same numbers in tensors of their own, without gradients, even where the given ones are of an inference."""
    with torch.inference_mode(mode=False):
        return map_state(lambda leaf: leaf.detach().clone(memory_format=torch.contiguous_format), state)


def put(state: State, values: State, index: Tensor | None = None) -> None:
    """Writes `values` into all rows of `state`, or into those of `index` `(n,)`, in place."""
    for leaf, value in zip(leaves(state), leaves(values), strict=True):
        if index is None:
            leaf.copy_(value)
        else:
            leaf[index] = value


def count_rows(state: State) -> int:
    """The number B of a state's rows."""
    return len(next(leaves(state)))


def named_leaves(state: State, spec: StateSpec) -> dict[str, Tensor]:
    """The tensors of a state under the names of its spec."""
    return {leaf.name: tensor for leaf, tensor in zip(spec, leaves(state), strict=True)}


def from_named(named: dict[str, Tensor], spec: StateSpec, like: State) -> State:
    """The inverse of `named_leaves`: a state of the structure of `like`, checked against `spec`.

    Raises `UserError` where a leaf is missing or has another shape or precision.
    """
    for leaf in spec:
        found = named.get(leaf.name)
        if found is None or tuple(found.shape[1:]) != leaf.row or found.dtype != leaf.dtype:
            came = "nothing" if found is None else f"{tuple(found.shape[1:])} {found.dtype}"
            raise UserError(
                f"expected a state with {leaf.name} {leaf.row} {leaf.dtype}, got {came}; "
                "use the model that the state came from"
            )
    values = iter([named[leaf.name] for leaf in spec])
    return map_state(lambda _: next(values), like)


def to_bytes(state: State, spec: StateSpec) -> bytes:
    """A state as the bytes of a safetensors file."""
    return save({name: leaf.detach().contiguous() for name, leaf in named_leaves(state, spec).items()})


def from_bytes(data: bytes, spec: StateSpec, like: State) -> State:
    """The inverse of `to_bytes`. Raises `UserError` where the bytes are no state of this spec."""
    try:
        named = load(data)
    except SafetensorError as error:
        raise UserError(f"expected the bytes of a saved state, got something else ({error}); save it again") from None
    return from_named(named, spec, like)
