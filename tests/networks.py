"""Everything registered that runs over sequences, small, by name: what the laws run over."""

from collections.abc import Callable

import torch
from torch import nn

from rnnkit.cells import CELLS, projected_lstm
from rnnkit.cores import Bidirectional, Dilated, Stack
from rnnkit.encoders import Embedding, OneHot
from rnnkit.heads import AdaptiveCategorical, Categorical, SampledCategorical
from rnnkit.models import LanguageModel

D, H, V = 5, 7, 11


def _core(cell: str) -> Callable[[], Stack]:
    return lambda: Stack([CELLS[cell](D, H), CELLS[cell](H, H)], residual=True)


def _dilated(cell: str) -> Callable[[], Dilated]:
    build = CELLS[cell]
    return lambda: Dilated([build(D, H), build(H, H), build(H, H)], (1, 2, 4), residual=True)


def _bidirectional(cell: str) -> Callable[[], Bidirectional]:
    build = CELLS[cell]
    return lambda: Bidirectional([(build(D, H), build(D, H)), (build(2 * H, 3), build(2 * H, 3))])


def language_model(
    cell: str = "lstm", head: str = "full", *, one_hot: bool = False, tied: bool = False
) -> LanguageModel:
    """A small language model over V tokens."""
    encoder = OneHot(V) if one_hot else Embedding(V, D)
    core = Stack([CELLS[cell](encoder.output_size, H)])
    full = Categorical(H, V, tied=encoder.weight if tied else None)
    heads = {
        "full": lambda: full,
        "sampled": lambda: SampledCategorical(full, 6),
        "adaptive": lambda: AdaptiveCategorical(H, V, [4]),
    }
    return LanguageModel(encoder, core, heads[head]())


CELL_NETWORKS = {
    **{name: (lambda build=build: build(D, H)) for name, build in CELLS.items()},
    "projected-lstm": lambda: projected_lstm(D, H, 3),
    "lstm with zoneout": lambda: CELLS["lstm"](D, H, zoneout_h=0.1, zoneout_c=0.3),
    "gru with zoneout": lambda: CELLS["gru"](D, H, zoneout_h=0.2),
}
DILATED = {f"dilated {name}": _dilated(name) for name in ("lstm", "gru", "norm-gru")}
STREAMING = {**CELL_NETWORKS, **{f"stack of {name}": _core(name) for name in CELLS}, **DILATED}
TWO_WAYS = {f"bidirectional {name}": _bidirectional(name) for name in CELLS}
MODELS = {
    f"{cell} model, {head}, {'one-hot' if one_hot else 'tied' if tied else 'embedding'}": (
        lambda cell=cell, head=head, one_hot=one_hot, tied=tied: language_model(cell, head, one_hot=one_hot, tied=tied)
    )
    for cell in CELLS
    for head, one_hot, tied in (
        ("full", True, False),
        ("full", False, True),
        ("sampled", False, False),
        ("adaptive", False, False),
    )
}
ALL = {**STREAMING, **TWO_WAYS, **MODELS}


def made(name: str, dtype: torch.dtype = torch.float64, seed: int = 0) -> nn.Module:
    """A network with weights larger than at the start, so that its nonlinearities matter."""
    torch.manual_seed(seed)
    network = ALL[name]().to(dtype).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.empty_like(parameter).uniform_(-0.5, 0.5))
    return network


def inputs(
    network: nn.Module, rows: int, time_steps: int, dtype: torch.dtype = torch.float64, seed: int = 1
) -> torch.Tensor:
    """Tokens `(B, T)` for a model, numbers `(B, T, D)` for anything else."""
    generator = torch.Generator().manual_seed(seed)
    if isinstance(network, LanguageModel):
        return torch.randint(V, (rows, time_steps), generator=generator)
    return torch.randn(rows, time_steps, D, generator=generator, dtype=torch.float64).to(dtype)


def served(name: str, implementation: str) -> bool:
    """Whether a kernel implementation can serve a network: PyTorch's operators know the plain recurrences alone."""
    extended = any(word in name for word in ("peephole", "projected", "norm", "zoneout"))
    return implementation != "fused" or not extended
