"""A golden case: a module with its options and inputs, and the file that holds what PyTorch made of them."""

import json
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import numpy
import safetensors
import safetensors.torch
import torch
from torch import Tensor


class Draw:
    """Random values of one case, seeded by its path: other cases may come and go without changing it.

    NumPy draws them, because PyTorch's normal values differ with the vector width of the processor.
    """

    def __init__(self, path: str):
        self.seed = zlib.crc32(path.encode())
        self._generator = numpy.random.Generator(numpy.random.PCG64(self.seed))

    def normal(self, *shape: int) -> Tensor:
        return torch.tensor(self._generator.standard_normal(shape), dtype=torch.float32)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return torch.tensor(self._generator.random(shape) * (high - low) + low, dtype=torch.float32)

    def integers(self, *shape: int, high: int) -> Tensor:
        return torch.tensor(self._generator.integers(high, size=shape))

    def boolean(self, *shape: int, chance: float) -> Tensor:
        return torch.tensor(self._generator.random(shape) < chance)


@dataclass
class Case:
    """`constant` names the floating inputs whose gradient is not asked for."""

    path: str
    module: str
    options: dict
    inputs: Callable[[Draw], dict[str, Tensor]]
    constant: set[str] = field(default_factory=set)


def encode(value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return ",".join(encode(element) for element in value)
    return str(value)


def decode(text: str):
    if text in ("true", "false"):
        return text == "true"
    if "," in text:
        return tuple(decode(element) for element in text.split(","))
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            pass
    return text


def metadata(module: str, options: dict, seed: int) -> dict[str, str]:
    entries = {"module": module, "torch": torch.__version__, "seed": str(seed)}
    return entries | {name: encode(value) for name, value in options.items() if value is not None}


def write(path: Path, tensors: dict[str, Tensor], entries: dict[str, str] | None = None) -> None:
    """Saves as safetensors does, then sorts the metadata, which the library writes in a random order."""
    data = safetensors.torch.save({name: tensor.contiguous() for name, tensor in tensors.items()}, entries)
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    if entries is not None:
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode().ljust(size)
    if len(text) != size:
        raise ValueError(f"{path}: header of {len(text)} bytes where safetensors wrote {size}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data[:8] + text + data[8 + size :])


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    with safetensors.safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}


def rounded(tensor: Tensor) -> Tensor:
    """The stored form: float64 results are rounded to float32 once, everything else stays as it is."""
    tensor = tensor.detach()
    return (tensor.float() if tensor.dtype == torch.float64 else tensor).clone()
