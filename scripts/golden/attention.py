"""Multi-head attention with every mask and form of weights, its core alone, and the Transformer encoder."""

import torch
from torch import Tensor

from case import Case, Draw

BATCH, TARGETS, SOURCES = 2, 5, 7
SELF = {"embed_dim": 15, "num_heads": 3}
CROSS = {"embed_dim": 10, "num_heads": 2}
SIZES = {"kdim": 3, "vdim": 7}


def cases():
    yield from multi_head()
    yield from dot_product()
    yield from encoder_layers()
    yield from encoders()


def causal_mask(steps: int) -> Tensor:
    return torch.ones(steps, steps).triu(1).bool()


def padding(batch: int, steps: int) -> Tensor:
    """True where a key is padding: one source short at its end, one with a hole, never a row without any key."""
    mask = torch.zeros(batch, steps, dtype=torch.bool)
    mask[0, steps - 2 :] = True
    mask[1:, 1] = True
    return mask


def boolean_mask(draw: Draw, *shape: int) -> Tensor:
    """True where attention is not allowed; key 0 stays, and is never padding, so that no row is fully masked."""
    mask = draw.boolean(*shape, chance=0.4)
    mask[..., 0] = False
    return mask


def additive_mask(draw: Draw, *shape: int) -> Tensor:
    return draw.normal(*shape).masked_fill(boolean_mask(draw, *shape), float("-inf"))


def multi_head():
    no_weights, per_head = {"need_weights": False}, {"average_attn_weights": False}
    for name, sizes, mask in [
        ("self", SELF, None),
        ("self-no-weights", SELF | no_weights, None),
        ("self-per-head", SELF | per_head, None),
        ("self-no-bias", SELF | {"bias": False}, None),
        ("self-one-head", {"embed_dim": 7, "num_heads": 1}, None),
        ("self-wide-head", {"embed_dim": 18, "num_heads": 2} | no_weights, None),
        ("self-padding", SELF | per_head, "padding"),
        ("self-padding-no-weights", SELF | no_weights, "padding"),
        ("self-causal", SELF | per_head, "causal"),
        ("self-causal-no-weights", SELF | no_weights, "causal"),
        ("self-causal-padding", SELF, "causal padding"),
        ("cross", CROSS, None),
        ("cross-sizes", CROSS | SIZES, None),
        ("cross-sizes-per-head", CROSS | SIZES | per_head, "padding"),
        ("cross-sizes-no-weights", CROSS | SIZES | no_weights, "padding"),
        ("cross-sizes-no-bias", CROSS | SIZES | {"bias": False}, None),
        ("cross-boolean-mask", CROSS | per_head, "boolean"),
        ("cross-additive-mask", CROSS | per_head, "additive"),
        ("cross-additive-mask-no-weights", CROSS | no_weights, "additive"),
        ("cross-boolean-mask-padding", CROSS, "boolean padding"),
        ("cross-mask-per-head", CROSS | per_head, "heads"),
    ]:
        defaults = {"bias": True, "dropout": 0.0, "need_weights": True, "average_attn_weights": True}
        options = defaults | sizes | {"is_causal": mask is not None and "causal" in mask}
        inputs = multi_head_inputs(options, name.startswith("self"), mask or "")
        yield Case(f"attention/{name}", "MultiheadAttention", options, inputs, constant={"attn_mask"})


def multi_head_inputs(options: dict, alone: bool, mask: str):
    def make(draw: Draw):
        sources = TARGETS if alone else SOURCES
        tensors = {"query": draw.normal(BATCH, TARGETS, options["embed_dim"])}
        if not alone:
            tensors["key"] = draw.normal(BATCH, sources, options.get("kdim", options["embed_dim"]))
            tensors["value"] = draw.normal(BATCH, sources, options.get("vdim", options["embed_dim"]))
        if "padding" in mask:
            tensors["key_padding_mask"] = padding(BATCH, sources)
        if "causal" in mask:
            tensors["attn_mask"] = causal_mask(TARGETS)
        elif "boolean" in mask:
            tensors["attn_mask"] = boolean_mask(draw, TARGETS, sources)
        elif "additive" in mask:
            tensors["attn_mask"] = additive_mask(draw, TARGETS, sources)
        elif "heads" in mask:
            tensors["attn_mask"] = additive_mask(draw, BATCH * options["num_heads"], TARGETS, sources)
        return tensors

    return make


def dot_product():
    def inputs(sources: int, mask):
        def make(draw: Draw):
            shapes = {"query": (TARGETS, 11), "key": (sources, 11), "value": (sources, 13)}
            tensors = {name: draw.normal(BATCH, 3, *shape) for name, shape in shapes.items()}
            if mask is not None:
                tensors["attn_mask"] = mask(draw)
            return tensors

        return make

    def allowed(draw: Draw):
        return ~boolean_mask(draw, TARGETS, SOURCES)

    def additive(draw: Draw):
        return additive_mask(draw, TARGETS, SOURCES)

    for name, options, sources, mask in [
        ("plain", {}, SOURCES, None),
        ("scale", {"scale": 0.25}, SOURCES, None),
        ("causal", {"is_causal": True}, TARGETS, None),
        ("causal-more-keys", {"is_causal": True}, SOURCES, None),
        ("boolean-mask", {}, SOURCES, allowed),
        ("additive-mask", {}, SOURCES, additive),
    ]:
        path = f"dot-product-attention/{name}"
        options = {"is_causal": False} | options
        yield Case(path, "scaled_dot_product_attention", options, inputs(sources, mask), constant={"attn_mask"})


ENCODER = {
    "d_model": 6,
    "nhead": 2,
    "dim_feedforward": 11,
    "dropout": 0.0,
    "activation": "relu",
    "layer_norm_eps": 1e-5,
    "norm_first": False,
    "bias": True,
    "is_causal": False,
}
FIRST, GELU = {"norm_first": True}, {"activation": "gelu"}


def encoder_layers():
    for norm_first in (False, True):
        for activation in ("relu", "gelu"):
            for mask in ("none", "padding", "causal", "causal-padding"):
                options = ENCODER | {"norm_first": norm_first, "activation": activation, "is_causal": "causal" in mask}
                name = f"{'pre' if norm_first else 'post'}-norm-{activation}-{mask}"
                yield Case(f"encoder-layer/{name}", "TransformerEncoderLayer", options, encoder_inputs(options, mask))
    for name, own in [("no-bias", {"bias": False}), ("large-eps", {"layer_norm_eps": 0.1} | FIRST)]:
        options = ENCODER | own
        yield Case(f"encoder-layer/{name}", "TransformerEncoderLayer", options, encoder_inputs(options, "none"))


def encoders():
    for name, own, mask in [
        ("post-norm", {"norm": False}, "none"),
        ("post-norm-final-norm-padding", {"norm": True} | GELU, "padding"),
        ("pre-norm-causal", {"norm": False} | FIRST, "causal"),
        ("pre-norm-final-norm", {"norm": True} | FIRST | GELU, "none"),
        ("pre-norm-final-norm-causal-padding", {"norm": True} | FIRST, "causal-padding"),
    ]:
        options = ENCODER | {"num_layers": 2} | own | {"is_causal": "causal" in mask}
        yield Case(f"encoder/{name}", "TransformerEncoder", options, encoder_inputs(options, mask))


def encoder_inputs(options: dict, mask: str):
    def make(draw: Draw):
        tensors = {"x": draw.normal(3, TARGETS, options["d_model"])}
        if "padding" in mask:
            tensors["src_key_padding_mask"] = padding(3, TARGETS)
        if "causal" in mask:
            tensors["src_mask"] = causal_mask(TARGETS)
        return tensors

    return make
