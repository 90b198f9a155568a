"""The loss of a transducer (Graves 2012), joined with the layer that makes its scores, as a pure function.

In: projections of time steps and of places, tokens, weights. Out: losses `(B,)`. Imports: kernels' shared files.
Tested by: tests/kernels/test_transduction.py.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnkit.errors import UserError
from rnnkit.kernels.choose import LiveChoice, choose_live
from rnnkit.kernels.transduction import native, reference


def choose(f: Tensor, g: Tensor, weight: Tensor, bias: Tensor) -> LiveChoice:
    """The implementation that a call over these takes, and why."""
    return choose_live(native.obstacle([f, g, weight, bias]), "losses of transducers", "loss")


def transduction_loss(
    f: Tensor,
    f_lengths: Tensor,
    g: Tensor,
    targets: Tensor,
    target_lengths: Tensor,
    weight: Tensor,
    bias: Tensor,
    *,
    blank: int = 0,
) -> Tensor:
    """The negative log-likelihood of each row's tokens, summed over all their alignments: `(B,)`, in nats.

    At time step t, u tokens being written, the next token or the blank, which goes one time step on, has probabilities
    softmax(weight tanh(f[t] + g[u]) + bias): f `(B, T, J)`, g `(B, U + 1, J)`, weight `(V, J)`, bias `(V,)`. The
    targets `(B, U)` are no blanks; lengths `(B,)` are int64; what stands in padding changes nothing. A row without time
    steps has a loss of 0 where it has no tokens, else an infinite one, and no gradient. Losses have the weight's
    precision, and can be differentiated in f, g, weight and bias.

    Raises `UserError` where a shape, a length or a token does not fit.
    """
    f, g, bias = f.to(weight.dtype), g.to(weight.dtype), bias.to(weight.dtype)
    _check_shapes(f, f_lengths, g, targets, target_lengths, weight, bias)
    _check_numbers(f, f_lengths, targets, target_lengths, len(weight), blank)
    loss = native.loss if choose(f, g, weight, bias).name == "native" else reference.loss
    return loss(f, f_lengths, g, targets, target_lengths, weight, bias, blank)


def _check_shapes(
    f: Tensor, f_lengths: Tensor, g: Tensor, targets: Tensor, target_lengths: Tensor, weight: Tensor, bias: Tensor
) -> None:
    if f.dim() != 3 or targets.dim() != 2 or weight.dim() != 2:
        raise UserError(
            "a transducer's loss takes f (B, T, J), targets (B, U) and a weight (V, J), got "
            f"{tuple(f.shape)}, {tuple(targets.shape)} and {tuple(weight.shape)}"
        )
    (rows, _, width), places = f.shape, targets.shape[1] + 1
    named = {"f_lengths": f_lengths, "g": g, "targets": targets, "target_lengths": target_lengths, "weight": weight}
    wanted = [(rows,), (rows, places, width), (rows, places - 1), (rows,), (len(weight), width), (len(weight),)]
    for (name, tensor), shape in zip({**named, "bias": bias}.items(), wanted, strict=True):
        whole = name in ("f_lengths", "targets", "target_lengths")
        if tuple(tensor.shape) != shape or (tensor.dtype == torch.int64) != whole:
            raise UserError(
                f"a transducer's loss expected {name} {shape} in {torch.int64 if whole else weight.dtype}, got "
                f"{tuple(tensor.shape)} in {tensor.dtype}"
            )


def _check_numbers(
    f: Tensor, f_lengths: Tensor, targets: Tensor, target_lengths: Tensor, vocabulary: int, blank: int
) -> None:
    for name, lengths, most in (("f", f_lengths, f.shape[1]), ("target", target_lengths, targets.shape[1])):
        if len(lengths) and not 0 <= int(lengths.min()) <= int(lengths.max()) <= most:
            raise UserError(f"a transducer's loss expected {name}_lengths from 0 to {most}, got {lengths.tolist()}")
    inside = torch.arange(targets.shape[1], device=targets.device) < target_lengths[:, None]
    wrong = targets[inside & ((targets < 0) | (targets >= vocabulary) | (targets == blank))]
    if len(wrong):
        raise UserError(
            f"a transducer's loss expected tokens below V = {vocabulary} that are not the blank, {blank}, got "
            f"{int(wrong[0])}"
        )
