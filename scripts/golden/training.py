"""Optimisers over given gradients, learning rate schedules, and gradient clipping."""

import math
from pathlib import Path

import torch
from torch import nn, optim
from torch.optim import lr_scheduler

from case import Draw, metadata, rounded, write

STEPS = 5
EPOCHS = 30
SHAPES = {"p0": (3, 5), "p1": (7,)}

SGD = {"lr": 0.1, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False}
RMSPROP = {"lr": 0.01, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0, "momentum": 0.0, "centered": False}
ADAM = {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0, "amsgrad": False}
OPTIMISERS = {
    "sgd-plain": ("SGD", SGD),
    "sgd-weight-decay": ("SGD", SGD | {"weight_decay": 0.1}),
    "sgd-momentum": ("SGD", SGD | {"momentum": 0.9}),
    "sgd-momentum-weight-decay": ("SGD", SGD | {"momentum": 0.9, "weight_decay": 0.1}),
    "sgd-dampening": ("SGD", SGD | {"momentum": 0.9, "dampening": 0.3}),
    "sgd-nesterov": ("SGD", SGD | {"momentum": 0.9, "nesterov": True}),
    "sgd-nesterov-weight-decay": ("SGD", SGD | {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    "sgd-two-groups": ("SGD", SGD | {"momentum": 0.9, "p1.lr": 0.03, "p1.weight_decay": 0.1}),
    "rmsprop-plain": ("RMSprop", RMSPROP),
    "rmsprop-alpha-eps": ("RMSprop", RMSPROP | {"alpha": 0.9, "eps": 0.01}),
    "rmsprop-weight-decay": ("RMSprop", RMSPROP | {"weight_decay": 0.1}),
    "rmsprop-momentum": ("RMSprop", RMSPROP | {"momentum": 0.9}),
    "rmsprop-centered": ("RMSprop", RMSPROP | {"centered": True}),
    "rmsprop-all": ("RMSprop", RMSPROP | {"centered": True, "momentum": 0.9, "weight_decay": 0.1}),
    "adam-plain": ("Adam", ADAM),
    "adam-betas-eps": ("Adam", ADAM | {"betas": (0.8, 0.95), "eps": 0.01}),
    "adam-weight-decay": ("Adam", ADAM | {"weight_decay": 0.1}),
    "adamw-plain": ("AdamW", ADAM | {"weight_decay": 0.01}),
    "adamw-weight-decay": ("AdamW", ADAM | {"weight_decay": 0.3}),
    "adamw-no-weight-decay": ("AdamW", ADAM),
    "adamw-two-groups": ("AdamW", ADAM | {"weight_decay": 0.1, "p1.lr": 0.003, "p1.weight_decay": 0.0}),
}

PLATEAU = {
    "mode": "min",
    "factor": 0.5,
    "patience": 2,
    "threshold": 1e-4,
    "threshold_mode": "rel",
    "cooldown": 0,
    "min_lr": 0.0,
    "eps": 1e-8,
}
SCHEDULES = {
    "step": ("StepLR", {"step_size": 7, "gamma": 0.5}),
    "exponential": ("ExponentialLR", {"gamma": 0.9}),
    "cosine": ("CosineAnnealingLR", {"T_max": EPOCHS - 1, "eta_min": 0.0}),
    "cosine-minimum": ("CosineAnnealingLR", {"T_max": EPOCHS - 1, "eta_min": 0.02}),
    "linear": ("LinearLR", {"start_factor": 0.25, "end_factor": 1.0, "total_iters": 11}),
    "warm-up": ("LambdaLR", {"lr_lambda": "min(1, (step + 1) / warm_up)", "warm_up": 7}),
    "inverse-square-root": (
        "LambdaLR",
        {"lr_lambda": "min((step + 1) / warm_up, sqrt(warm_up / (step + 1)))", "warm_up": 7},
    ),
    "plateau": ("ReduceLROnPlateau", PLATEAU),
    "plateau-max": ("ReduceLROnPlateau", PLATEAU | {"mode": "max", "patience": 1}),
    "plateau-absolute": ("ReduceLROnPlateau", PLATEAU | {"threshold_mode": "abs", "threshold": 0.05}),
    "plateau-relative": ("ReduceLROnPlateau", PLATEAU | {"threshold": 0.1}),
    "plateau-cooldown": ("ReduceLROnPlateau", PLATEAU | {"cooldown": 3, "patience": 1}),
    "plateau-no-patience": ("ReduceLROnPlateau", PLATEAU | {"patience": 0, "min_lr": 0.01}),
}
CLIPPING = {
    "norm-clipped": ("clip_grad_norm_", {"max_norm": 1.0}),
    "norm-within": ("clip_grad_norm_", {"max_norm": 100.0}),
    "value": ("clip_grad_value_", {"clip_value": 0.5}),
}


def write_cases(folder: Path) -> list[str]:
    made = {f"optimiser/{name}": optimise(name, *case) for name, case in OPTIMISERS.items()}
    made |= {f"schedule/{name}": schedule(name, *case) for name, case in SCHEDULES.items()}
    made |= {f"clipping/{name}": clip(name, *case) for name, case in CLIPPING.items()}
    for path, (tensors, entries) in made.items():
        write(folder / f"{path}.safetensors", tensors, entries)
    return list(made)


def optimise(name: str, module: str, options: dict) -> tuple[dict, dict]:
    draw = Draw(f"optimiser/{name}")
    parameters = {key: nn.Parameter(draw.normal(*shape).double()) for key, shape in SHAPES.items()}
    tensors = {f"parameter.{key}": rounded(parameter) for key, parameter in parameters.items()}
    shared = {key: value for key, value in options.items() if "." not in key}
    own = {key.removeprefix("p1."): value for key, value in options.items() if key.startswith("p1.")}
    groups = [{"params": [parameters["p0"]]}, {"params": [parameters["p1"]]} | own]
    optimiser = getattr(optim, module)(groups, **shared)
    for step in range(1, STEPS + 1):
        for key, parameter in parameters.items():
            gradient = draw.normal(*SHAPES[key])
            tensors[f"gradient.{step}.{key}"] = gradient
            parameter.grad = gradient.double()
        optimiser.step()
        tensors |= {f"expected.{step}.{key}": rounded(parameter) for key, parameter in parameters.items()}
    return tensors, metadata(module, options, draw.seed)


def schedule(name: str, module: str, options: dict) -> tuple[dict, dict]:
    draw = Draw(f"schedule/{name}")
    initial = 0.1
    optimiser = optim.SGD([nn.Parameter(torch.zeros(1))], lr=initial)
    arguments = dict(options)
    if "lr_lambda" in options:
        environment = {"min": min, "sqrt": math.sqrt, "warm_up": arguments.pop("warm_up")}
        formula = compile(arguments["lr_lambda"], name, "eval")
        arguments["lr_lambda"] = lambda step: eval(formula, environment | {"step": step})
    scheduler = getattr(lr_scheduler, module)(optimiser, **arguments)
    tensors = {"input.metric": metrics(draw, options["mode"])} if module == "ReduceLROnPlateau" else {}
    rates = []
    for epoch in range(EPOCHS):
        optimiser.step()
        if tensors:
            scheduler.step(tensors["input.metric"][epoch].item())
            rates.append(optimiser.param_groups[0]["lr"])
        else:
            rates.append(optimiser.param_groups[0]["lr"])
            scheduler.step()
    tensors["expected.lr"] = torch.tensor(rates, dtype=torch.float64)
    return tensors, metadata(module, {"lr": initial} | options, draw.seed)


def metrics(draw: Draw, mode: str) -> torch.Tensor:
    """A loss that falls, stands still (equal values, which are no improvement), falls a little and rises."""
    trend = [2.0, 1.5, 1.2, 1.2, 1.2, 1.2, 1.19, 1.18, 1.17, 1.1, 1.0, 1.0, 1.3, 1.2, 1.1, 0.99]
    trend += [0.9, 0.95, 0.93, 0.94, 0.91, 0.92, 0.89, 0.89, 0.89, 0.89, 0.89, 0.5, 0.6, 0.6]
    noise = torch.where(draw.boolean(EPOCHS, chance=0.3), draw.uniform(EPOCHS, high=0.1), torch.zeros(EPOCHS))
    values = torch.tensor(trend, dtype=torch.float64) + noise.double()
    return values if mode == "min" else 3 - values


def clip(name: str, module: str, options: dict) -> tuple[dict, dict]:
    draw = Draw(f"clipping/{name}")
    parameters = {key: nn.Parameter(torch.zeros(shape, dtype=torch.float64)) for key, shape in SHAPES.items()}
    tensors = {}
    for key, parameter in parameters.items():
        tensors[f"gradient.{key}"] = draw.normal(*parameter.shape)
        parameter.grad = tensors[f"gradient.{key}"].double()
    norm = getattr(nn.utils, module)(parameters.values(), **options)
    if norm is not None:
        tensors["output.norm"] = rounded(norm)
    tensors |= {f"expected.{key}": rounded(parameter.grad) for key, parameter in parameters.items()}
    return tensors, metadata(module, options, draw.seed)
