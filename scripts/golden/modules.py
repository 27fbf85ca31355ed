"""How each module is built from its options and called with its inputs, to write the cases and to verify exports."""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from case import Draw
from textbook import TextbookGRU

FORWARD_OPTIONS = {"need_weights", "average_attn_weights", "is_causal", "scale"}


def call_recurrent(layer, inputs: dict[str, Tensor], options: dict) -> dict[str, Tensor]:
    x, lengths = inputs["x"], inputs.get("lengths")
    state = inputs.get("h0") if "c0" not in inputs else (inputs["h0"], inputs["c0"])
    if lengths is None:
        y, final = layer(x, state)
    elif isinstance(layer, TextbookGRU):
        y, final = layer(x, state, lengths)
    else:
        packed, final = layer(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False), state)
        y, _ = pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])
    if isinstance(final, tuple):
        return {"y": y, "hn": final[0], "cn": final[1]}
    return {"y": y, "hn": final}


def call_one(layer, inputs, options):
    return {"y": layer(inputs["x"])}


def call_loss(loss, inputs, options):
    prediction, target = inputs.get("logits", inputs.get("prediction")), inputs["target"]
    if not isinstance(loss, nn.CrossEntropyLoss):
        return {"loss": loss(prediction, target)}
    value = loss(prediction.reshape(-1, prediction.shape[-1]), target.reshape(-1))
    return {"loss": value.reshape(target.shape) if options["reduction"] == "none" else value}


def call_attention(layer, inputs, options):
    query = inputs["query"]
    y, weights = layer(
        query,
        inputs.get("key", query),
        inputs.get("value", query),
        key_padding_mask=inputs.get("key_padding_mask"),
        attn_mask=inputs.get("attn_mask"),
        need_weights=options["need_weights"],
        average_attn_weights=options["average_attn_weights"],
        is_causal=options["is_causal"],
    )
    return {"y": y} if weights is None else {"y": y, "weights": weights}


def call_dot_product(layer, inputs, options):
    y = functional.scaled_dot_product_attention(
        inputs["query"],
        inputs["key"],
        inputs["value"],
        attn_mask=inputs.get("attn_mask"),
        is_causal=options["is_causal"],
        scale=options.get("scale"),
    )
    return {"y": y}


def call_encoder_layer(layer, inputs, options):
    y = layer(
        inputs["x"],
        src_mask=inputs.get("src_mask"),
        src_key_padding_mask=inputs.get("src_key_padding_mask"),
        is_causal=options["is_causal"],
    )
    return {"y": y}


def call_encoder(encoder, inputs, options):
    y = encoder(
        inputs["x"],
        mask=inputs.get("src_mask"),
        src_key_padding_mask=inputs.get("src_key_padding_mask"),
        is_causal=options["is_causal"],
    )
    return {"y": y}


def build_gru(reset_after=True, **options):
    return (nn.GRU if reset_after else TextbookGRU)(**options, batch_first=True)


def build_encoder_layer(**options):
    return nn.TransformerEncoderLayer(**options, batch_first=True)


def build_encoder(num_layers, norm, **options):
    final = nn.LayerNorm(options["d_model"], eps=options["layer_norm_eps"], bias=options["bias"]) if norm else None
    return nn.TransformerEncoder(build_encoder_layer(**options), num_layers, norm=final, enable_nested_tensor=False)


class Positional(nn.Module):
    """PE(pos, 2i) = sin(pos / 10000^(2i/d)), PE(pos, 2i+1) = cos of the same: Vaswani et al. 2017, section 3.5."""

    def __init__(self, d_model: int):
        super().__init__()
        self.rates = 10000.0 ** (-torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)

    def forward(self, x: Tensor) -> Tensor:
        angles = torch.arange(x.shape[1], dtype=torch.float64)[:, None] * self.rates
        return x + torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)[:, : x.shape[2]]


class Tagger(nn.Module):
    """A small model of one's own, with names as a user would give them."""

    def __init__(self, vocabulary: int, embedding_dim: int, hidden_size: int, tags: int):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding_dim, padding_idx=0)
        self.lstm = nn.LSTM(embedding_dim, hidden_size, bidirectional=True, batch_first=True)
        self.output = nn.Linear(2 * hidden_size, tags)

    def forward(self, ids: Tensor) -> Tensor:
        return self.output(self.lstm(self.embedding(ids))[0])


def call_tagger(tagger, inputs, options):
    return {"logits": tagger(inputs["ids"])}


MODULES = {
    "RNN": (lambda **options: nn.RNN(**options, batch_first=True), call_recurrent),
    "LSTM": (lambda **options: nn.LSTM(**options, batch_first=True), call_recurrent),
    "GRU": (build_gru, call_recurrent),
    "Linear": (nn.Linear, call_one),
    "Embedding": (nn.Embedding, call_one),
    "LayerNorm": (nn.LayerNorm, call_one),
    "ReLU": (nn.ReLU, call_one),
    "GELU": (nn.GELU, call_one),
    "SiLU": (nn.SiLU, call_one),
    "Tanh": (nn.Tanh, call_one),
    "Sigmoid": (nn.Sigmoid, call_one),
    "Softmax": (nn.Softmax, call_one),
    "LogSoftmax": (nn.LogSoftmax, call_one),
    "PositionalEncoding": (Positional, call_one),
    "CrossEntropyLoss": (nn.CrossEntropyLoss, call_loss),
    "BCEWithLogitsLoss": (nn.BCEWithLogitsLoss, call_loss),
    "MSELoss": (nn.MSELoss, call_loss),
    "L1Loss": (nn.L1Loss, call_loss),
    "HuberLoss": (nn.HuberLoss, call_loss),
    "SmoothL1Loss": (nn.SmoothL1Loss, call_loss),
    "MultiheadAttention": (lambda **options: nn.MultiheadAttention(**options, batch_first=True), call_attention),
    "scaled_dot_product_attention": (nn.Identity, call_dot_product),
    "TransformerEncoderLayer": (build_encoder_layer, call_encoder_layer),
    "TransformerEncoder": (build_encoder, call_encoder),
    "Tagger": (Tagger, call_tagger),
}
LOSS_TENSORS = ("weight", "pos_weight")


def build(name: str, options: dict, inputs: dict[str, Tensor]) -> nn.Module:
    """The module in float64 and in training mode, where no fast path is taken; dropout is 0 in every case."""
    arguments = {key: value for key, value in options.items() if key not in FORWARD_OPTIONS}
    if name.endswith("Loss"):
        arguments |= {key: inputs[key].double() for key in LOSS_TENSORS if key in inputs}
    return MODULES[name][0](**arguments).double().train()


def call(name: str, module: nn.Module, inputs: dict[str, Tensor], options: dict) -> dict[str, Tensor]:
    return MODULES[name][1](module, inputs, options)


def redraw(module: nn.Module, draw: Draw) -> None:
    """PyTorch starts some parameters at 0 or 1, where a mistake could hide: all are drawn, in the order of names."""
    with torch.no_grad():
        for name, parameter in sorted(module.named_parameters()):
            bound = parameter.shape[-1] ** -0.5 if parameter.dim() > 1 else 0.5
            offset = 1.0 if name.endswith("weight") and parameter.dim() == 1 else 0.0
            parameter.copy_(draw.uniform(*parameter.shape, low=offset - bound, high=offset + bound))
