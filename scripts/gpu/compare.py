"""Compares what the probe and the C++ steps gave on the stand-in and on the device: compare.py OUT. Exit status 1 where they differ.

A tensor's error is its largest difference over its largest magnitude: 1e-4 are allowed, as for gradients in Gatun's tests. NaN of the
stand-in's says that an element is undefined: there the device may have anything."""
import json
import math
import pathlib
import sys

ALLOWED = 1e-4

# Each library's own affair: what Gatun asks for at run time and takes as it comes. Told, but no fault.
OPEN = ("weights-", "gates-adjacent-", "same-offsets-in-F64-", "lengths-zero", "forward-zero", "backward-zero", "y-zero", "hn-zero",
        "dx-zero")


def read(path):
    """Key to words; in results two words are the key, in the probe's lines one is."""
    lines = (line.split() for line in path.read_text().splitlines())
    keys = 2 if path.name.startswith("results") else 1
    return {" ".join(words[:keys]): words[keys:] for words in lines}


def error(ours, theirs):
    """None where they are no numbers."""
    try:
        a, b = [float(word) for word in ours], [float(word) for word in theirs]
    except ValueError:
        return None
    if len(a) != len(b):
        return float("inf")
    defined = [(x, y) for x, y in zip(a, b) if not math.isnan(x)]
    if any(math.isnan(y) for _, y in defined):
        return float("inf")
    largest = max((abs(x) for pair in defined for x in pair), default=0.0)
    worst = max((abs(x - y) for x, y in defined), default=0.0)
    return worst / largest if largest > 0 else 0.0 if worst == 0 else float("inf")


def main(out):
    differences = []
    compared = 0
    for kind in ("probe", "results"):
        standin, device = (read(out / f"{kind}-{where}.txt") for where in ("standin", "device"))
        for key in sorted(standin.keys() | device.keys()):
            compared += 1
            ours, theirs = standin.get(key, ["absent"]), device.get(key, ["absent"])
            off = error(ours, theirs)
            if off is None and ours != theirs or off is not None and not off <= ALLOWED:
                differences.append({"open": key.startswith(OPEN), "key": f"{kind} {key}", "standin": " ".join(ours)[:200], "device": " ".join(theirs)[:200],
                                    "error": None if off is None else str(off)})
    (out / "probe.json").write_text(json.dumps({"compared": compared, "differences": differences}, indent=1))
    for each in differences:
        print(f"{'(open) ' if each['open'] else ''}{each['key']}: stand-in {each['standin']} | device {each['device']} | error {each['error']}")
    print(f"{compared} compared, {len(differences)} differ")
    return 0 if all(each["open"] for each in differences) else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
