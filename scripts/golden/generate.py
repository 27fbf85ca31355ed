"""Writes every golden file and the index of cases; with --check compares them byte for byte with those committed."""

import argparse
import filecmp
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import torch

import attention
import files
import layers
import losses
import recurrent
import textbook
import training
from case import Case, Draw, metadata, rounded, write
from modules import build, call, redraw

FAMILIES = (recurrent, layers, losses, attention)


def generate(folder: Path) -> None:
    textbook.check()
    paths = [case.path for family in FAMILIES for case in write_cases(family.cases(), folder)]
    paths += training.write_cases(folder) + files.write_cases(folder)
    if len(paths) != len(set(paths)):
        raise ValueError("two cases share a path")
    (folder / "index.txt").write_text("".join(f"{path}.safetensors\n" for path in sorted(paths)))


def write_cases(cases, folder: Path):
    for case in cases:
        tensors, entries = evaluate(case)
        write(folder / f"{case.path}.safetensors", tensors, entries)
        yield case


def evaluate(case: Case) -> tuple[dict, dict]:
    """Runs forward and backward in float64 on float32 values, so that what is stored is right to the last bit."""
    draw = Draw(case.path)
    inputs = case.inputs(draw)
    module = build(case.module, case.options, inputs)
    parameters = dict(module.named_parameters())
    redraw(module, draw)
    leaves = {name: leaf(name, tensor, case) for name, tensor in inputs.items()}
    outputs = call(case.module, module, leaves, case.options)
    cotangents = {name: draw.normal(*tensor.shape) for name, tensor in outputs.items()}
    sum((outputs[name] * cotangents[name].double()).sum() for name in outputs).backward()
    stored = {
        "parameter": parameters,
        "input": inputs,
        "output": outputs,
        "cotangent": cotangents,
        "gradient.parameter": {name: without_noise(parameter.grad) for name, parameter in parameters.items()},
        "gradient.input": {name: tensor.grad for name, tensor in leaves.items() if tensor.requires_grad},
    }
    tensors = {f"{kind}.{name}": rounded(tensor) for kind, group in stored.items() for name, tensor in group.items()}
    demand_finite(case, tensors)
    return tensors, metadata(case.module, case.options, draw.seed)


def without_noise(gradient: torch.Tensor) -> torch.Tensor:
    """Zero where terms cancel exactly, as for the bias of attention's keys, and only float64's rounding is left."""
    return torch.where(gradient.abs() < 1e-13 * gradient.abs().max(), 0.0, gradient)


def leaf(name: str, tensor: torch.Tensor, case: Case) -> torch.Tensor:
    if not tensor.is_floating_point():
        return tensor
    return tensor.double().requires_grad_(name not in case.constant)


def demand_finite(case: Case, tensors: dict) -> None:
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not name.endswith("_mask") and not tensor.isfinite().all():
            raise ValueError(f"{case.path}: {name} is not finite")


def replace(folder: Path, made: Path) -> None:
    """Puts the files made in the place of all that stood there, the README apart."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.is_dir():
            shutil.rmtree(old)
        elif old.name != "README.md":
            old.unlink()
    shutil.copytree(made, folder, dirs_exist_ok=True)


def differences(folder: Path, made: Path) -> list[str]:
    def listed(root: Path) -> set[Path]:
        return {path.relative_to(root) for path in root.rglob("*") if path.is_file() and path.name != "README.md"}

    names = sorted(listed(folder) | listed(made))
    _, differing, missing = filecmp.cmpfiles(folder, made, names, shallow=False)
    return [str(name) for name in differing + missing]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail where the folder differs")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    warnings.filterwarnings("ignore", message="Support for mismatched")
    with tempfile.TemporaryDirectory() as temporary:
        generate(Path(temporary))
        if not arguments.check:
            replace(arguments.folder, Path(temporary))
        elif different := differences(arguments.folder, Path(temporary)):
            sys.exit("differ from what is generated:\n  " + "\n  ".join(different))


if __name__ == "__main__":
    main()
