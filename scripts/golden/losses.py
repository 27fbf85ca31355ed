"""Cross entropy in every combination of its options, and the losses of regression."""

import torch

from case import Case, Draw

CLASSES = 7


def cases():
    yield from cross_entropy()
    yield from binary_cross_entropy()
    yield from regression()


def cross_entropy():
    ignore, smooth = {"ignore_index": 2}, {"label_smoothing": 0.1}
    variants = {
        "plain": ({}, False),
        "ignore-index": (ignore, False),
        "label-smoothing": (smooth, False),
        "weight": ({}, True),
        "weight-ignore-index": (ignore, True),
        "weight-label-smoothing": (smooth, True),
        "ignore-index-label-smoothing": (ignore | smooth, False),
        "all": (ignore | smooth, True),
    }
    for name, (options, weighted) in variants.items():
        for reduction in ("mean", "sum", "none"):
            yield cross_entropy_case(f"{name}-{reduction}", options | {"reduction": reduction}, (5,), weighted)
            if name in ("plain", "all"):
                options_3d = options | {"reduction": reduction}
                yield cross_entropy_case(f"{name}-{reduction}-3d", options_3d, (3, 5), weighted)
    yield cross_entropy_case("negative-ignore-index-mean", {"ignore_index": -1, "reduction": "mean"}, (5,), False)


def cross_entropy_case(name: str, options: dict, shape: tuple[int, ...], weighted: bool) -> Case:
    options = {"ignore_index": -100, "label_smoothing": 0.0} | options

    def inputs(draw: Draw):
        tensors = {"logits": 3 * draw.normal(*shape, CLASSES), "target": draw.integers(*shape, high=CLASSES)}
        tensors["logits"].view(-1, CLASSES)[1, 3] = 200.0
        ignored = options["ignore_index"]
        tensors["target"].view(-1)[0] = ignored if ignored != -100 else 2
        tensors["target"].view(-1)[3] = 2 if ignored != -1 else -1
        if weighted:
            tensors["weight"] = draw.uniform(CLASSES, low=0.2, high=2.0)
        return tensors

    return Case(f"cross-entropy/{name}", "CrossEntropyLoss", options, inputs, constant={"weight"})


def binary_cross_entropy():
    for name, extra in [("plain", ()), ("pos-weight", ("pos_weight",)), ("all", ("weight", "pos_weight"))]:
        for reduction in ("mean", "sum", "none"):

            def inputs(draw: Draw, extra=extra):
                tensors = {"logits": 3 * draw.normal(5, 7), "target": draw.uniform(5, 7)}
                tensors["logits"][0, :4] = torch.tensor([60.0, -60.0, 110.0, -110.0])
                tensors["target"][:2] = tensors["target"][:2].round()
                return tensors | {key: draw.uniform(7, low=0.2, high=2.0) for key in extra}

            constant = {"target", "weight", "pos_weight"}
            path = f"bce-with-logits/{name}-{reduction}"
            yield Case(path, "BCEWithLogitsLoss", {"reduction": reduction}, inputs, constant)


def regression():
    def inputs(draw: Draw):
        return {"prediction": 2 * draw.normal(3, 5, 2), "target": draw.normal(3, 5, 2)}

    for name, module, options in [
        ("mse", "MSELoss", {}),
        ("l1", "L1Loss", {}),
        ("huber", "HuberLoss", {"delta": 1.0}),
        ("huber-half", "HuberLoss", {"delta": 0.5}),
        ("smooth-l1", "SmoothL1Loss", {"beta": 0.5}),
    ]:
        for reduction in ("mean", "sum", "none"):
            path = f"regression/{name}-{reduction}"
            yield Case(path, module, options | {"reduction": reduction}, inputs)
