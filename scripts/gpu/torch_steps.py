"""Times PyTorch in the steps of Gatun and its C++ twin, by the same names: a line of JSON for each.

A training step is a forward pass, and from a given gradient by its outputs those by all parameters and inputs; no optimiser."""
import argparse
import json
import re
import statistics
import time

import torch
from torch import nn

RECURRENT = {"A": (50, 64, 128, 128, 1, False), "B": (100, 32, 256, 512, 2, False),
             "C": (128, 1, 128, 256, 1, False), "D": (64, 64, 300, 256, 2, True)}
ENCODERS = [(512, 8, 128), (256, 32, 64), (512, 1, 128), (256, 1, 128)]


def attention_of(x, causal):
    """Of q, k and v [batch, heads, steps, size]."""
    return torch.nn.functional.scaled_dot_product_attention(*x, is_causal=causal)


def cases(dtype, small):
    """Name, module or None, inputs, and what makes the outputs."""
    def made(*sizes):
        return torch.randn(*sizes, device="cuda", dtype=dtype, requires_grad=True)

    def heads(batch, steps, size):
        return (min(batch, 2), 3, 16, 2) if small else (batch, steps, size, 8)

    for cell in ("RNN", "LSTM", "GRU"):
        for name, (steps, batch, inputs, hidden, layers, both) in RECURRENT.items():
            if small:
                steps, batch, inputs, hidden = 3, min(batch, 2), min(inputs, 12), min(hidden, 8)
            module = getattr(nn, cell)(inputs, hidden, layers, bidirectional=both, batch_first=True)
            x = made(batch, steps, inputs)
            yield f"{cell.lower()}-{name}", module, (x,), lambda m, x: m(x)[0]
    batch, steps, size, count = heads(32, 128, 512)
    module = nn.MultiheadAttention(size, count, batch_first=True)
    yield "multi-head", module, (made(batch, steps, size),), lambda m, x: m(x, x, x, need_weights=False)[0]
    for name, causal in (("dot-product", False), ("causal-dot-product", True)):
        qkv = tuple(made(batch, count, steps, size // count) for _ in range(3))
        yield name, nn.Identity(), qkv, lambda m, *x, c=causal: attention_of(x, c)
    for size, batch, steps in ENCODERS:
        name = f"encoder-{size}-batch-{batch}"
        batch, steps, size, count = heads(batch, steps, size)
        module = nn.TransformerEncoderLayer(size, count, 4 * size, dropout=0.0, batch_first=True)
        yield name, module, (made(batch, steps, size),), lambda m, x: m(x)


def spread(values, prefix):
    return {f"{prefix}_us": round(statistics.median(values), 2), f"{prefix}_min_us": round(min(values), 2),
            f"{prefix}_max_us": round(max(values), 2)}


def measured(step, runs, steps):
    for _ in range(min(30, 3 * steps)):
        step()
    torch.cuda.synchronize()
    events, wall = [], []
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    for _ in range(runs):
        start = time.perf_counter()
        begin.record()
        for _ in range(steps):
            step()
        end.record()
        torch.cuda.synchronize()
        wall.append((time.perf_counter() - start) * 1e6 / steps)
        events.append(begin.elapsed_time(end) * 1e3 / steps)
    return spread(events, "event") | spread(wall, "wall")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--precision", choices=("F32", "TF32", "BF16"), default="F32")
    options.add_argument("--runs", type=int, default=20)
    options.add_argument("--steps", type=int, default=10)
    options.add_argument("--only", default="")
    options.add_argument("--small", action="store_true")
    given = options.parse_args()
    rounded = given.precision != "F32"
    torch.backends.cuda.matmul.allow_tf32 = rounded
    torch.backends.cudnn.allow_tf32 = rounded
    dtype = torch.bfloat16 if given.precision == "BF16" else torch.float32
    for name, module, inputs, forward in cases(dtype, given.small):
        if not re.search(given.only, name):
            continue
        module.to("cuda", dtype)

        with torch.no_grad():
            upstream = torch.randn_like(forward(module, *inputs))

        def inference():
            with torch.inference_mode():
                forward(module.eval(), *inputs)

        def training():
            for each in (*module.parameters(), *inputs):
                each.grad = None
            forward(module.train(), *inputs).backward(upstream)

        for name_of_pass, step in (("inference", inference), ("training", training)):
            line = {"by": "pytorch", "case": name, "pass": name_of_pass, "precision": given.precision, "runs": given.runs,
                    "steps": given.steps} | measured(step, given.runs, given.steps)
            print(json.dumps(line, separators=(",", ":")), flush=True)


if __name__ == "__main__":
    main()
