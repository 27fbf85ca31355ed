"""RNN, LSTM and GRU: layers, directions, biases, initial states, lengths in any order, and the awkward sizes."""

import torch

from case import Case, Draw

KINDS = {
    "rnn-tanh": ("RNN", {"nonlinearity": "tanh"}),
    "rnn-relu": ("RNN", {"nonlinearity": "relu"}),
    "lstm": ("LSTM", {}),
    "gru": ("GRU", {"reset_after": True}),
    "gru-reset-before": ("GRU", {"reset_after": False}),
}
SMALL = {"input_size": 3, "hidden_size": 5}
LENGTHS = [4, 1, 7, 6]
TWO = {"num_layers": 2}
THREE_BOTH = {"input_size": 2, "hidden_size": 3, "num_layers": 3, "bidirectional": True}

# name: options, batch, steps, with an initial state, lengths
CASES = {
    "one-layer": ({"input_size": 7, "hidden_size": 11}, 3, 5, False, None),
    "one-layer-initial-state": ({"input_size": 11, "hidden_size": 7}, 3, 5, True, None),
    "wide": ({"input_size": 13, "hidden_size": 19}, 2, 3, True, None),
    "two-layers": (SMALL | TWO, 3, 7, False, None),
    "two-layers-initial-state": (SMALL | TWO, 3, 7, True, None),
    "bidirectional": (SMALL | {"bidirectional": True}, 3, 7, True, None),
    "three-layers-bidirectional": (THREE_BOTH, 2, 7, False, None),
    "three-layers-bidirectional-initial-state": (THREE_BOTH, 2, 7, True, None),
    "no-bias": (SMALL | {"bias": False}, 3, 7, True, None),
    "no-bias-two-layers-bidirectional": (SMALL | TWO | {"bias": False, "bidirectional": True}, 3, 7, False, None),
    "lengths": (SMALL, 4, 7, False, LENGTHS),
    "lengths-initial-state": (SMALL, 4, 7, True, LENGTHS),
    "lengths-all-short": (SMALL, 3, 7, True, [2, 5, 3]),
    "lengths-bidirectional": (SMALL | {"bidirectional": True}, 4, 7, False, LENGTHS),
    "lengths-two-layers-bidirectional-initial-state": (SMALL | TWO | {"bidirectional": True}, 4, 7, True, LENGTHS),
    "batch-one": (SMALL | TWO, 1, 7, True, None),
    "one-step": (SMALL | TWO, 3, 1, True, None),
    "one-of-all": ({"input_size": 1, "hidden_size": 1}, 1, 1, True, None),
}

# The LSTM alone has projections.
NARROW = SMALL | {"proj_size": 2}
PROJECTED = {
    "projected": ({"input_size": 7, "hidden_size": 11, "proj_size": 4}, 3, 5, False, None),
    "projected-initial-state": (NARROW, 3, 7, True, None),
    "projected-wide": ({"input_size": 13, "hidden_size": 19, "proj_size": 17}, 2, 3, True, None),
    "projected-three-layers-bidirectional-initial-state": (THREE_BOTH | {"proj_size": 2}, 2, 7, True, None),
    "projected-no-bias-two-layers-bidirectional": (NARROW | TWO | {"bias": False, "bidirectional": True}, 3, 7, False, None),
    "projected-lengths": (NARROW, 4, 7, False, LENGTHS),
    "projected-lengths-two-layers-bidirectional-initial-state": (
        NARROW | TWO | {"bidirectional": True}, 4, 7, True, LENGTHS
    ),
    "projected-to-one": ({"input_size": 1, "hidden_size": 2, "proj_size": 1}, 1, 1, True, None),
}


def cases():
    for kind, (module, own) in KINDS.items():
        own_cases = CASES | PROJECTED if module == "LSTM" else CASES
        for name, (options, batch, steps, initial, lengths) in own_cases.items():
            defaults = {"num_layers": 1, "bias": True, "bidirectional": False, "dropout": 0.0}
            full = defaults | own | options
            yield Case(f"recurrent/{kind}-{name}", module, full, inputs(module, full, batch, steps, initial, lengths))


def inputs(module: str, options: dict, batch: int, steps: int, initial: bool, lengths: list[int] | None):
    def make(draw: Draw):
        tensors = {"x": draw.normal(batch, steps, options["input_size"])}
        rows = options["num_layers"] * (2 if options["bidirectional"] else 1)
        if initial:
            tensors["h0"] = draw.normal(rows, batch, options.get("proj_size", options["hidden_size"]))
        if initial and module == "LSTM":
            tensors["c0"] = draw.normal(rows, batch, options["hidden_size"])
        if lengths is not None:
            tensors["lengths"] = torch.tensor(lengths)
        return tensors

    return make
