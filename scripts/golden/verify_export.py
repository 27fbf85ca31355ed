"""Loads state dicts that Gatun saved into PyTorch's modules, strictly, and compares the outputs with the golden ones.

A FOLDER holds one file per golden case, at the case's path; every case whose module has parameters must be there.
"""

import argparse
import sys
from pathlib import Path

import torch

from case import decode, read
from modules import MODULES, build, call

TOLERANCE = 1e-5


def verify(saved: Path, case: Path) -> str | None:
    """What is wrong with the saved file, or None."""
    tensors, entries = read(case)
    options = {name: decode(text) for name, text in entries.items() if name not in ("module", "torch", "seed")}
    options.pop("state_dict", None)
    inputs = {name.removeprefix("input."): tensor for name, tensor in tensors.items() if name.startswith("input.")}
    wide = {name: tensor.double() if tensor.is_floating_point() else tensor for name, tensor in inputs.items()}
    module = build(entries["module"], options, inputs)
    try:
        module.load_state_dict(read(saved)[0], strict=True)
        with torch.no_grad():
            outputs = call(entries["module"], module, wide, options)
        for name, output in outputs.items():
            expected = tensors[f"output.{name}"].double()
            torch.testing.assert_close(output, expected, rtol=TOLERANCE, atol=TOLERANCE, msg=lambda m: f"{name}: {m}")
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def expected_files(golden: Path):
    """The cases with parameters, in the case itself or in a state dict beside it."""
    for path in (golden / "index.txt").read_text().split():
        tensors, entries = read(golden / path)
        has_parameters = "state_dict" in entries or any(name.startswith("parameter.") for name in tensors)
        if entries["module"] in MODULES and has_parameters:
            yield path


def main() -> None:
    parser = argparse.ArgumentParser(prog="verify-export", description=__doc__)
    parser.add_argument("--golden", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("saved", type=Path, metavar="FOLDER|FILE")
    parser.add_argument("case", type=Path, nargs="?", metavar="CASE", help="the golden case that a FILE belongs to")
    arguments = parser.parse_args()
    if arguments.saved.is_dir():
        pairs = [(arguments.saved / path, arguments.golden / path) for path in expected_files(arguments.golden)]
    elif arguments.case is not None:
        pairs = [(arguments.saved, arguments.case)]
    else:
        parser.error("a single file needs the golden case that it belongs to")
    failures = {saved: wrong for saved, case in pairs if (wrong := verify(saved, case)) is not None}
    for saved, wrong in failures.items():
        print(f"{saved}: {wrong}", file=sys.stderr)
    right = len(pairs) - len(failures)
    print(f"{right} of {len(pairs)} files load in PyTorch {torch.__version__} and give its outputs")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
