"""The native kernels beside PyTorch's recurrent layers and ONNX Runtime, alternating in one run.

    python benchmarks/kernels.py                     everything, kept as results/kernels.json
    python benchmarks/kernels.py train step ragged   parts of it, printed

Nothing else should run meanwhile. Before anything is timed, what is timed must give the right numbers: against a
float64 reference, at most twice the peer's error. Numbers are medians of alternating repeats; a ratio above 1 means
that rnnkit is faster. ONNX Runtime is timed where `onnx` and `onnxruntime` are installed.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

import rnnkit.nn
from rnnkit.cores import Stack, from_torch
from rnnkit.kernels import forced
from rnnkit.kernels.native import instruction_set

SHAPES = [(100, 32, 64), (100, 32, 128), (100, 32, 256), (100, 64, 512), (35, 20, 650), (1000, 1, 128)]
"""time steps, batch, width of input and hidden layer"""
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
WIDTHS = [64, 128, 256, 512, 1024]
Call = Callable[[], Any]


def medians(calls: dict[str, Call], repeats: int, inner: int = 1) -> dict[str, float]:
    """Median seconds of each call, the calls taking turns.

    Before each turn all wait until the last one's idle threads, which go on spinning for a while, have gone to sleep.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            time.sleep(0.03)
            for _ in range(1 + inner // 4):
                call()
            began = time.perf_counter()
            for _ in range(inner):
                call()
            seconds[name].append((time.perf_counter() - began) / inner)
    return {name: statistics.median(values) for name, values in seconds.items()}


def pair(kind: str, hidden: int) -> tuple[nn.RNNBase, nn.RNNBase]:
    """PyTorch's layer and ours, with the same weights."""
    theirs = getattr(nn, kind)(hidden, hidden)
    ours = getattr(rnnkit.nn, kind)(hidden, hidden)
    ours.load_state_dict(theirs.state_dict())
    return theirs, ours


def training_step(layer: nn.RNNBase, x: Any, gradient: Tensor) -> Call:
    """Forward and backward, gradients of inputs and weights made anew each time."""
    inputs = x if isinstance(x, Tensor) else x.data

    def run() -> list[Tensor]:
        for tensor in (inputs, *layer.parameters()):
            tensor.grad = None
        y = layer(x)[0]
        data = y if isinstance(y, Tensor) else y.data
        data.backward(gradient)
        return [data.detach(), *(tensor.grad for tensor in (inputs, *layer.parameters()) if tensor.grad is not None)]

    return run


def check(name: str, ours: list[Tensor], theirs: list[Tensor], exact: list[Tensor]) -> None:
    """The gate: stops the benchmark where our numbers are wrong."""
    for mine, peer, truth in zip(ours, theirs, exact, strict=True):
        allowed = 2 * (peer - truth).abs().max() + 16 * torch.finfo(torch.float32).eps * (1 + truth.abs().max())
        error = (mine - truth).abs().max()
        if not error <= allowed:
            raise SystemExit(f"{name}: error {float(error):.2e}, allowed {float(allowed):.2e}; nothing was timed")


def training_pair(kind: str, time_steps: int, rows: int, hidden: int) -> dict[str, Call]:
    """Both training steps, checked."""
    theirs, ours = pair(kind, hidden)
    x, gradient = torch.randn(time_steps, rows, hidden, requires_grad=True), torch.randn(time_steps, rows, hidden)
    calls = {"torch": training_step(theirs, x, gradient), "rnnkit": training_step(ours, x, gradient)}
    double = getattr(nn, kind)(hidden, hidden).double()
    double.load_state_dict(theirs.state_dict())
    exact = training_step(double, x.detach().double().requires_grad_(), gradient.double())()
    results = {name: [tensor.clone() for tensor in call()] for name, call in calls.items()}
    check(f"{kind} {time_steps} x {rows} x {hidden}", results["rnnkit"], results["torch"], exact)
    return calls


def peak() -> Call:
    """A matrix product that runs at the machine's limit."""
    a, b, c = torch.randn(1024, 1024), torch.randn(1024, 1024), torch.empty(1024, 1024)
    return lambda: torch.mm(a, b, out=c)


def train(repeats: int) -> dict[str, Any]:
    """The table of training steps, and how near to the machine's limit they come."""
    table = []
    for shape in SHAPES:
        time_steps, rows, hidden = shape
        for kind, gates in GATES.items():
            calls = {**training_pair(kind, *shape), "peak": peak()}
            seconds = medians(calls, repeats)
            work = 6 * time_steps * rows * gates * hidden * 2 * hidden / 1e9
            limit = 2 * 1024**3 / 1e9 / seconds["peak"]
            row = {
                "shape": " x ".join(map(str, shape)),
                "layer": kind,
                "torch_ms": round(seconds["torch"] * 1e3, 2),
                "rnnkit_ms": round(seconds["rnnkit"] * 1e3, 2),
                "ratio": round(seconds["torch"] / seconds["rnnkit"], 2),
                "torch_gflops": round(work / seconds["torch"]),
                "rnnkit_gflops": round(work / seconds["rnnkit"]),
                "share_of_peak": round(work / seconds["rnnkit"] / limit, 2),
            }
            table.append(row)
            print(row, flush=True)
    means = {
        kind: round(statistics.geometric_mean(row["ratio"] for row in table[:-3] if row["layer"] == kind), 2)
        for kind in GATES
    }
    print(f"geometric means of the first five shapes: {means}", flush=True)
    return {"rows": table, "geometric_mean_of_the_first_five": means}


def onnx_step(kind: str, layer: nn.RNNBase, threads: int) -> Call | None:
    """One step of one stream in ONNX Runtime, its Python call included; gives the new h."""
    try:
        import numpy as np
        import onnxruntime
        from onnx import TensorProto, helper
    except ImportError:
        return None
    gates, hidden = GATES[kind], layer.hidden_size
    order = {"RNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 3, 1, 2]}[kind]  # ONNX: z r h, and i o f c

    def stacked(weight: Tensor) -> Any:
        return torch.cat([weight.detach().chunk(gates)[g] for g in order]).numpy()

    names = ["X", "W", "R", "B", "", "h", *(["c"] if kind == "LSTM" else [])]
    outputs = ["", "h1", *(["c1"] if kind == "LSTM" else [])]
    extra = {"linear_before_reset": 1} if kind == "GRU" else {}
    node = helper.make_node(kind, names, outputs, hidden_size=hidden, **extra)
    constants = {
        "W": stacked(layer.weight_ih_l0)[None],
        "R": stacked(layer.weight_hh_l0)[None],
        "B": np.concatenate([stacked(layer.bias_ih_l0), stacked(layer.bias_hh_l0)])[None],
    }
    states = ["h", "c"][: 2 if kind == "LSTM" else 1]

    def info(name: str) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, hidden])

    graph = helper.make_graph(
        [node],
        "step",
        [info(name) for name in ("X", *states)],
        [info(f"{name}1") for name in states],
        [helper.make_tensor(n, TensorProto.FLOAT, v.shape, v.tobytes(), raw=True) for n, v in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    x = torch.randn(1, 1, hidden, generator=torch.Generator().manual_seed(0)).numpy()
    feed = {"X": x, **{name: np.zeros((1, 1, hidden), np.float32) for name in states}}

    def run() -> Any:
        given = session.run(None, feed)
        feed.update(zip(states, given, strict=True))
        return given[0]

    return run


def cell_step(kind: str, layer: nn.RNNBase, x: Tensor) -> Call:
    """One step through `nn.RNNCell`, `nn.GRUCell` or `nn.LSTMCell`."""
    cell = getattr(nn, f"{kind}Cell")(layer.hidden_size, layer.hidden_size)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    held: list[Any] = [None]

    def run() -> Any:
        with torch.no_grad():
            held[0] = cell(x, held[0])
        return held[0]

    return run


def our_step(core: Stack, x: Tensor, weights: torch.dtype) -> Call:
    """One step through our stepper."""
    streams = core.freeze(weights).streams(1)
    return lambda: streams.step(x)


def step(repeats: int) -> dict[str, Any]:
    """The time of one step of one stream, in microseconds, the Python call included.

    A ratio compares the faster of one and two threads on either side.
    """
    table = []
    before = torch.get_num_threads()
    for hidden in WIDTHS:
        for kind in GATES:
            theirs, _ = pair(kind, hidden)
            core = from_torch(theirs)
            assert isinstance(core, Stack)
            x = torch.randn(1, hidden, generator=torch.Generator().manual_seed(0))
            seconds: dict[str, float] = {}
            for threads in (1, 2):
                torch.set_num_threads(threads)
                calls = {f"cell_{threads}": cell_step(kind, theirs, x)}
                for name, weights in (("float32", torch.float32), ("bfloat16", torch.bfloat16), ("int8", torch.int8)):
                    calls[f"{name}_{threads}"] = our_step(core, x, weights)
                onnx = onnx_step(kind, theirs, threads)
                if onnx is not None:
                    calls[f"onnx_{threads}"] = onnx
                    first = our_step(core, x, torch.float32)()
                    torch.testing.assert_close(torch.as_tensor(onnx())[0], first, atol=1e-5, rtol=1e-4)
                seconds |= medians(calls, repeats, inner=200)
            row: dict[str, Any] = {"hidden": hidden, "layer": kind}
            row |= {f"{name}_us": round(value * 1e6, 1) for name, value in seconds.items()}
            best = {
                name: min(seconds[f"{name}_1"], seconds[f"{name}_2"])
                for name in ("float32", "bfloat16", "int8", "cell")
            }
            if "onnx_1" in seconds:
                fastest = min(seconds["onnx_1"], seconds["onnx_2"])
                row |= {f"{name}_to_onnx": round(fastest / best[name], 2) for name in ("float32", "bfloat16", "int8")}
            row["float32_to_cell"] = round(best["cell"] / best["float32"], 2)
            table.append(row)
            print(row, flush=True)
    torch.set_num_threads(before)
    return {"rows": table}


def gradients(module: nn.Module) -> Tensor:
    """Of all weights, in PyTorch's order, one after the other."""
    return torch.cat([parameter.grad.flatten() for parameter in module.parameters() if parameter.grad is not None])


def ragged(repeats: int) -> dict[str, Any]:
    """A training step over rows of very unequal lengths, beside `pack_padded_sequence`."""
    rows, longest, hidden = 64, 500, 256
    generator = torch.Generator().manual_seed(0)
    lengths = torch.rand(rows, generator=generator).mul(math.log(longest)).exp().ceil().long().clamp(1, longest)
    theirs, ours = pair("LSTM", hidden)
    x = torch.randn(longest, rows, hidden)
    packed = {name: pack_padded_sequence(x, lengths, enforce_sorted=False) for name in ("torch", "rnnkit")}
    gradient = torch.randn_like(packed["torch"].data)
    core = from_torch(theirs)
    batch = rnnkit.sequence.SequenceBatch(x.transpose(0, 1).contiguous().requires_grad_(), lengths)
    spread = torch.randn(rows, longest, hidden)

    def sequence() -> None:
        for tensor in (batch.data, *core.parameters()):
            tensor.grad = None
        core(batch)[0].data.backward(spread)

    def padded() -> None:
        for tensor in (leaf, *theirs.parameters()):
            tensor.grad = None
        bundle = pack_padded_sequence(leaf, lengths, batch_first=False, enforce_sorted=False)
        y, _ = theirs(bundle)
        nn.utils.rnn.pad_packed_sequence(y, total_length=longest)[0].backward(spread.transpose(0, 1))

    leaf = x.clone().requires_grad_()
    calls = {
        name: training_step(layer, packed[name], gradient) for name, layer in (("torch", theirs), ("rnnkit", ours))
    }
    for bundle in packed.values():
        bundle.data.requires_grad_()
    double = nn.LSTM(hidden, hidden).double()
    double.load_state_dict(theirs.state_dict())
    exact_input = packed["torch"]._replace(data=packed["torch"].data.detach().double().requires_grad_())
    exact = training_step(double, exact_input, gradient.double())()
    results = {name: [tensor.clone() for tensor in call()] for name, call in calls.items()}
    check("ragged", results["rnnkit"], results["torch"], exact)
    padded()
    sequence()
    truth, padded_in_double = from_torch(theirs).double(), batch.with_data(batch.data.detach().double())
    with forced("fused"):
        truth(padded_in_double)[0].data.backward(spread.double())
    check("ragged rows", [gradients(core)], [gradients(theirs)], [gradients(truth)])
    seconds = medians({"pack_padded_sequence": padded, "Sequence": sequence, **calls}, repeats)
    result = {
        "tokens": int(lengths.sum()),
        **{f"{name}_ms": round(value * 1e3, 1) for name, value in seconds.items()},
        "ratio": round(seconds["pack_padded_sequence"] / seconds["Sequence"], 2),
        "ratio_of_packed_to_packed": round(seconds["torch"] / seconds["rnnkit"], 2),
    }
    print(result, flush=True)
    return result


def main() -> None:
    """Prints, and keeps a whole run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", choices=["train", "step", "ragged", []], help="train, step or ragged"
    )
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    if instruction_set() is None:
        raise SystemExit("rnnkit was installed without its native kernels: there is nothing to time")
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    parts = {"train": train, "step": step, "ragged": ragged}
    chosen = options.parts or list(parts)
    result: dict[str, Any] = {
        "machine": f"{platform.machine()}, {instruction_set()}, {options.threads} threads",
        "torch": torch.__version__,
        **{name: parts[name](options.repeats) for name in chosen},
    }
    if not options.parts:
        name = "kernels.json" if options.threads > 1 else "kernels-1-thread.json"
        (Path(__file__).parent / "results" / name).write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
