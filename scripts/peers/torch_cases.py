"""PyTorch's side of scripts/compare. A case is made of the file that Gatun wrote for it: the same weights, the same inputs.

Where PyTorch likes another layout, it gets that: recurrent nets are time-major here. Optimisers are the fused ones."""

import json
import os
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional

import worker

FORWARD, BACKWARD = 1e-5, 1e-4
HEADS = 8
TOKENS = 50


class Case:
    """A module or function at work on inputs; training starts from the file's gradient by the outputs, and has no optimiser."""

    def __init__(self, tensors, module, forward):
        self.tensors = tensors
        self.module = module
        self.forward = forward
        if module is not None:
            module.load_state_dict(tensors["parameter"], strict=True)
        self.inputs = {name: self.laid_out(value) for name, value in tensors["input"].items()}
        self.upstream = self.laid_out(tensors["upstream"]) if "upstream" in tensors else None

    def laid_out(self, tensor):
        return tensor

    def prepare(self, which):
        if self.module is not None:
            self.module.train(which == "training")
        for value in self.inputs.values():
            if value.is_floating_point():
                value.requires_grad_(which == "training")

    def run(self, which):
        if which == "inference":
            with torch.inference_mode():
                return self.forward(*self.inputs.values())
        for each in self.leaves().values():
            each.grad = None
        y = self.forward(*self.inputs.values())
        y.backward(self.upstream)
        return y

    def leaves(self):
        own = {} if self.module is None else dict(self.module.named_parameters())
        return own | self.inputs

    def results(self, which):
        """What came out, by the names in Gatun's file."""
        self.prepare(which)
        if which == "inference":
            return {"output.y": self.laid_out(self.run("inference"))}
        self.run("training")
        return {f"gradient.{name}": self.gradient(leaf) for name, leaf in self.leaves().items()}

    def gradient(self, leaf):
        return leaf.grad


class Recurrent(Case):
    def __init__(self, tensors, kind):
        weights = tensors["parameter"]
        layers = sum(name.startswith("weight_ih") and not name.endswith("_reverse") for name in weights)
        hidden, inputs = weights["weight_hh_l0"].shape[1], weights["weight_ih_l0"].shape[1]
        module = getattr(nn, kind)(inputs, hidden, layers, bidirectional="weight_ih_l0_reverse" in weights)
        super().__init__(tensors, module, lambda x: module(x)[0])

    def laid_out(self, tensor):
        return tensor.transpose(0, 1).contiguous()

    def gradient(self, leaf):
        return self.laid_out(leaf.grad) if leaf is self.inputs["x"] else leaf.grad


class Optimizer(Case):
    """Adam, fused, over parameters whose gradients stay as they are."""

    def __init__(self, tensors):
        super().__init__(tensors, None, None)
        self.parameters = [nn.Parameter(value.clone()) for value in tensors["parameter"].values()]
        for parameter, gradient in zip(self.parameters, tensors["input"].values()):
            parameter.grad = gradient
        self.optimizer = torch.optim.Adam(self.parameters, lr=1e-3, fused=True)

    def prepare(self, which):
        pass

    def run(self, which):
        self.optimizer.step()

    def results(self, which):
        self.run(which)
        return {f"output.{i}": parameter.detach().clone() for i, parameter in enumerate(self.parameters)}


class Model(nn.Module):
    """Embedding, LSTM and linear layer, of the sizes of a state dict."""

    def __init__(self, weights):
        super().__init__()
        vocabulary, size = weights["embedding.weight"].shape
        self.embedding = nn.Embedding(vocabulary, size)
        hidden = weights["lstm.weight_hh_l0"].shape[1]
        self.lstm = nn.LSTM(size, hidden, bidirectional="lstm.weight_ih_l0_reverse" in weights)
        self.head = nn.Linear(*reversed(weights["head.weight"].shape))


class Classifier(Case):
    def __init__(self, tensors):
        model = Model(tensors["parameter"])
        super().__init__(tensors, model, None)
        self.optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
        self.tokens = self.inputs["tokens"].transpose(0, 1).contiguous()

    def backward(self):
        self.optimizer.zero_grad(set_to_none=True)
        hidden = self.module.lstm(self.module.embedding(self.tokens))[1][0]
        loss = functional.cross_entropy(self.module.head(torch.cat((hidden[0], hidden[1]), 1)), self.inputs["labels"])
        loss.backward()
        return loss.detach()

    def run(self, which):
        self.backward()
        self.optimizer.step()

    def results(self, which):
        self.prepare(which)
        loss = self.backward()
        return {"output.loss": loss} | {f"gradient.{name}": p.grad for name, p in self.module.named_parameters()}


class Generation(Case):
    """Token by token with an LSTMCell, PyTorch's fastest way to do that."""

    def __init__(self, tensors):
        model = Model(tensors["parameter"])
        super().__init__(tensors, model, None)
        self.cell = nn.LSTMCell(model.lstm.input_size, model.lstm.hidden_size)
        self.cell.load_state_dict({name.removesuffix("_l0"): value for name, value in model.lstm.state_dict().items()})

    @torch.inference_mode()
    def run(self, which):
        token, state, logits = self.inputs["first"][0], None, None
        for _ in range(TOKENS):
            if logits is not None:
                token = logits.argmax(-1)
            state = self.cell(self.module.embedding(token), state)
            logits = self.module.head(state[0])
        return logits

    def results(self, which):
        return {"output.logits": self.run(which)}


def encoder(weights):
    inner, size = weights["linear1.weight"].shape
    return nn.TransformerEncoderLayer(size, HEADS, inner, dropout=0.0, batch_first=True)


def multi_head(tensors):
    module = nn.MultiheadAttention(tensors["parameter"]["in_proj_weight"].shape[1], HEADS, batch_first=True)
    return Case(tensors, module, lambda x: module(x, x, x, need_weights=False)[0])


def layer(tensors, module):
    return Case(tensors, module, module)


class Product(Case):
    """Into memory of its own: no allocation."""

    def __init__(self, tensors):
        super().__init__(tensors, None, None)
        a, b = self.inputs.values()
        self.y = torch.empty(a.shape[0], b.shape[1])

    @torch.inference_mode()
    def run(self, which):
        return torch.mm(*self.inputs.values(), out=self.y)


def dot_product(tensors, causal):
    """Inputs come in the order of their names."""
    return Case(tensors, None, lambda k, q, v: functional.scaled_dot_product_attention(q, k, v, is_causal=causal))


# By the start of a case's name, the longest one that fits.
MAKERS = {
    "rnn": lambda t: Recurrent(t, "RNN"),
    "lstm": lambda t: Recurrent(t, "LSTM"),
    "gru": lambda t: Recurrent(t, "GRU"),
    "multi-head": multi_head,
    "dot-product": lambda t: dot_product(t, False),
    "causal-dot-product": lambda t: dot_product(t, True),
    "encoder": lambda t: layer(t, encoder(t["parameter"])),
    "gemm": Product,
    "softmax": lambda t: Case(t, None, lambda x: torch.softmax(x, -1)),
    "log-softmax": lambda t: Case(t, None, lambda x: torch.log_softmax(x, -1)),
    "layer-norm": lambda t: layer(t, nn.LayerNorm(t["input"]["x"].shape[-1])),
    "adam": Optimizer,
    "classifier": Classifier,
    "generation": Generation,
    "linear": lambda t: layer(t, nn.Linear(*reversed(t["parameter"]["weight"].shape))),
}


def make(name, tensors):
    return MAKERS[max((start for start in MAKERS if name.startswith(start)), key=len)](tensors)


def error(ours, theirs):
    """The largest difference over the largest magnitude, as Gatun's tests measure it."""
    largest = theirs.abs().max().item()
    worst = (ours - theirs).abs().max().item()
    return worst / largest if largest > 0 else worst


def compare(case, which, recorded):
    """The worst error of outputs and of gradients, and the name of what is past its tolerance."""
    worst, wrong = {"output": None, "gradient": None}, []
    for name, value in case.results(which).items():
        kind = name.split(".")[0]
        off = error(recorded[name], value.detach())
        worst[kind] = max(worst[kind] or 0.0, off)
        if not off <= (FORWARD if kind == "output" else BACKWARD):
            wrong.append(f"{name}: {off:.2e}")
    return {"errors": worst, "wrong": wrong}


def train(name, file, seconds):
    """Trains a case and does nothing else: the largest memory the process ever had."""
    end = time.monotonic() + seconds
    case = make(name, worker.grouped(file, "torch"))
    case.prepare("training")
    while time.monotonic() < end:
        case.run("training")
    print(json.dumps({"case": name, "kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))


def main(threads, task, *arguments):
    capability = torch.backends.cpu.get_cpu_capability()
    if os.environ.get("ATEN_CPU_CAPABILITY") == "avx2" and capability != "AVX2":
        sys.exit(f"PyTorch uses {capability}, not AVX2")
    torch.set_num_threads(threads)
    if task == "memory":
        train(arguments[0], arguments[1], float(arguments[2]))
    else:
        worker.serve("torch", make, compare)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
