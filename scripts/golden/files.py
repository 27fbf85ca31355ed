"""State dicts as a PyTorch user saves them, NumPy archives, and the narrow number formats."""

import io
from pathlib import Path

import numpy
import safetensors.torch
import torch

from attention import ENCODER, padding
from case import Draw, metadata, rounded, write
from modules import build, call, redraw

TAGGER = {"vocabulary": 17, "embedding_dim": 5, "hidden_size": 7, "tags": 3}
STACK = ENCODER | {"num_layers": 2, "norm": True, "norm_first": True}


def write_cases(folder: Path) -> list[str]:
    paths = [
        write_model(folder, "tagger", "Tagger", TAGGER, {"ids": (3, 11)}),
        write_model(folder, "encoder", "TransformerEncoder", STACK, {"x": (3, 5, STACK["d_model"])}),
    ]
    return paths + [write_archives(folder), write_conversions(folder)]


def write_model(folder: Path, name: str, module: str, options: dict, shapes: dict) -> str:
    """`<name>.safetensors` holds the state dict alone, `<name>-io` the inputs and outputs."""
    path = f"models/{name}-io"
    draw = Draw(path)
    model = build(module, options, {}).float()
    redraw(model, draw)
    (folder / "models").mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_file(model.state_dict(), folder / f"models/{name}.safetensors")
    if "ids" in shapes:
        inputs = {"ids": draw.integers(*shapes["ids"], high=options["vocabulary"])}
    else:
        inputs = {"x": draw.normal(*shapes["x"]), "src_key_padding_mask": padding(*shapes["x"][:2])}
    wide = {key: value.double() if value.is_floating_point() else value for key, value in inputs.items()}
    outputs = call(module, model.double(), wide, options)
    tensors = {f"input.{key}": value for key, value in inputs.items()}
    tensors |= {f"output.{key}": rounded(value) for key, value in outputs.items()}
    entries = metadata(module, options, draw.seed) | {"state_dict": f"{name}.safetensors"}
    write(folder / f"{path}.safetensors", tensors, entries)
    return path


def write_archives(folder: Path) -> str:
    """The same arrays stored and compressed by NumPy, and again as safetensors, to be compared with."""
    path = "npz/arrays"
    draw = Draw(path)
    values = draw.normal(3, 5).numpy()
    arrays = {
        "f4": values,
        "f8": values.astype("f8") / 3,
        "f2": values.astype("f2"),
        "i4": (values * 1e6).astype("i4"),
        "i8": (values * 1e15).astype("i8"),
        "bool": values > 0,
        "fortran": numpy.asfortranarray(values + 1),
        "fortran_3d": numpy.asfortranarray(draw.normal(2, 3, 5).numpy()),
        "scalar": numpy.float32(2.5),
        "empty": numpy.zeros((0, 3), "f4"),
        "vector": values[0],
        "big_endian": values.astype(">f4"),
    }
    folder = folder / "npz"
    folder.mkdir(parents=True, exist_ok=True)
    for name, save in [("stored", numpy.savez), ("compressed", numpy.savez_compressed)]:
        buffer = io.BytesIO()
        save(buffer, **arrays)
        (folder / f"{name}.npz").write_bytes(buffer.getvalue())
    tensors = {}
    for name, array in arrays.items():
        native = numpy.array(array, dtype=array.dtype.newbyteorder("="), order="C")
        tensors[f"expected.{name}"] = torch.from_numpy(native)
    options = {"archives": ("stored.npz", "compressed.npz"), "numpy": numpy.__version__}
    write(folder / "arrays.safetensors", tensors, metadata("npz", options, draw.seed))
    return path


def write_conversions(folder: Path) -> str:
    """Float32 to BF16 and F16 and back: ties to even, the largest values, overflow, subnormals, signed zeros."""
    path = "conversion/narrow"
    draw = Draw(path)
    edges = [0.0, -0.0, 1.0, -1.0, float("inf"), -float("inf"), 65504.0, 65519.0, 65520.0, -65536.0, 2.0**-14]
    edges += [2.0**-24, 2.0**-25, 1.5 * 2.0**-25, 3 * 2.0**-25, 1e-40, 3.4028235e38, 3.3895314e38, 3.39e38, -1e-45]
    edges += [1 + 2.0**-8, 1 + 3 * 2.0**-8, 1 + 2.0**-8 + 2.0**-20, 1 + 2.0**-11, 1 + 3 * 2.0**-11, 1023.75]
    scale = 2.0 ** draw.integers(101, high=60).float().sub(35)
    x = torch.cat((torch.tensor(edges), draw.normal(101) * scale))
    tensors = {"input.x": x}
    for name, dtype in [("bf16", torch.bfloat16), ("f16", torch.float16)]:
        tensors[f"output.{name}"] = x.to(dtype)
        tensors[f"output.{name}_as_f32"] = x.to(dtype).float()
    write(folder / f"{path}.safetensors", tensors, metadata("conversion", {}, draw.seed))
    return path
