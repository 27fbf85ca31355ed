"""Linear, embedding, layer norm, activations and positional encoding."""

import torch

from case import Case, Draw

# Zero and values that saturate, in the last row of every activation's input.
EXTREMES = [0.0, 1e-4, -1e-4, 20.0, -20.0, 88.0, -88.0, 300.0, -300.0, 1000.0, -1000.0]


def cases():
    yield from linear()
    yield from embedding()
    yield from layer_norm()
    yield from activations()
    yield from positional()


def normal(*shape: int):
    return lambda draw: {"x": draw.normal(*shape)}


def linear():
    for name, features, bias, shape in [
        ("2d", (7, 5), True, (3, 7)),
        ("3d", (7, 5), True, (2, 3, 7)),
        ("4d", (3, 5), True, (2, 3, 2, 3)),
        ("no-bias", (7, 5), False, (3, 7)),
        ("no-bias-3d", (7, 5), False, (2, 3, 7)),
        ("wide", (23, 37), True, (17, 23)),
        ("one-of-all", (1, 1), True, (1, 1)),
    ]:
        options = {"in_features": features[0], "out_features": features[1], "bias": bias}
        yield Case(f"linear/{name}", "Linear", options, normal(*shape))


def embedding():
    def ids(draw: Draw):
        drawn = draw.integers(3, 5, high=11)
        drawn[0, :3] = torch.tensor([4, 4, 0])
        drawn[2, 3:] = torch.tensor([4, 10])
        return {"x": drawn}

    for name, padding in [("plain", None), ("padding-first", 0), ("padding-inner", 4)]:
        options = {"num_embeddings": 11, "embedding_dim": 7, "padding_idx": padding}
        yield Case(f"embedding/{name}", "Embedding", options, ids)


def layer_norm():
    for name, options, shape in [
        ("2d", {"normalized_shape": 7}, (5, 7)),
        ("3d", {"normalized_shape": 7}, (2, 3, 7)),
        ("wide", {"normalized_shape": 37}, (3, 37)),
        ("no-affine", {"normalized_shape": 7, "elementwise_affine": False}, (2, 3, 7)),
        ("no-bias", {"normalized_shape": 7, "bias": False}, (2, 3, 7)),
        ("large-eps", {"normalized_shape": 7, "eps": 0.5}, (2, 3, 7)),
        ("two-axes", {"normalized_shape": (5, 7)}, (3, 5, 7)),
        ("two-axes-no-affine", {"normalized_shape": (5, 7), "elementwise_affine": False}, (3, 5, 7)),
    ]:
        defaults = {"eps": 1e-5, "elementwise_affine": True, "bias": True}
        yield Case(f"layer-norm/{name}", "LayerNorm", defaults | options, normal(*shape))


def activations():
    def spread(draw: Draw):
        return {"x": torch.cat((3 * draw.normal(4, 5, 11), torch.tensor(EXTREMES).expand(1, 5, 11)))}

    def rows(draw: Draw):
        large = torch.tensor([1000.0, 999.0, -1000.0, 0.0, 998.5, -3.0, 1000.0])
        scaled = large * draw.uniform(1, 3, 1, low=-1.0)
        return {"x": torch.cat((3 * draw.normal(2, 3, 7), scaled, large.expand(1, 3, 7)))}

    for name, module, options in [
        ("relu", "ReLU", {}),
        ("gelu", "GELU", {"approximate": "none"}),
        ("gelu-tanh", "GELU", {"approximate": "tanh"}),
        ("silu", "SiLU", {}),
        ("tanh", "Tanh", {}),
        ("sigmoid", "Sigmoid", {}),
    ]:
        yield Case(f"activation/{name}", module, options, spread)
    for name, module in [("softmax", "Softmax"), ("log-softmax", "LogSoftmax")]:
        yield Case(f"activation/{name}", module, {"dim": -1}, rows)
        yield Case(f"activation/{name}-wide", module, {"dim": -1}, normal(3, 37))
        yield Case(f"activation/{name}-one-class", module, {"dim": -1}, normal(3, 1))


def positional():
    for name, d_model, steps in [("even", 10, 7), ("odd", 7, 11)]:
        yield Case(f"positional-encoding/{name}", "PositionalEncoding", {"d_model": d_model}, normal(2, steps, d_model))
