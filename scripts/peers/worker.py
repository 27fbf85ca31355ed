"""A peer's process: it makes cases and times them as scripts/compare asks, a line of JSON for each pass; and the files of Gatun's results."""

import json
import statistics
import sys
import time

import safetensors

SAMPLE, FEWEST, SAMPLES, LONGEST = 5e-3, 5, 11, 3.0


def recorded(file, library):
    with safetensors.safe_open(file, library) as opened:
        return {name: opened.get_tensor(name) for name in opened.keys()}


def grouped(file, library):
    """What Gatun started from: parameters and inputs by name, and the gradient by the outputs. Copied, for the file is mapped."""
    groups = {"parameter": {}, "input": {}}
    with safetensors.safe_open(file, library) as opened:
        for full in opened.keys():
            kind, _, name = full.partition(".")
            if kind in groups:
                value = opened.get_tensor(full)
                groups[kind][name] = value.clone() if library == "torch" else value.copy()
            elif kind == "upstream":
                groups[kind] = opened.get_tensor(full)
    for kind in ("parameter", "input"):
        groups[kind] = dict(sorted(groups[kind].items()))
    return groups


def seconds(step, steps):
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - start) / steps


def timed(step, warm_up, sampled):
    """As Gatun's Stopwatch does: samples of at least 5 ms after a warm-up."""
    begin, one = time.perf_counter(), seconds(step, 1)
    while time.perf_counter() - begin < warm_up:
        one = seconds(step, 1)
    steps = max(1, int(SAMPLE / one) + 1)
    samples, begin = [], time.perf_counter()
    while True:
        samples.append(seconds(step, steps))
        spent = time.perf_counter() - begin
        if spent >= (sampled if len(samples) >= SAMPLES else LONGEST) and len(samples) >= FEWEST:
            return {"samples": len(samples), "median": statistics.median(samples), "min": min(samples), "max": max(samples)}


def serve(library, make, compare):
    """Says that it is ready, and answers requests for a case, from the first line of the input to the last."""
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        case = make(asked["case"], grouped(asked["file"], library))
        expected = recorded(asked["file"], library) if asked["check"] else None
        for which in asked["passes"]:
            answer = {"case": asked["case"], "pass": which}
            if expected is not None:
                answer |= compare(case, which, expected)
            case.prepare(which)
            answer |= timed(lambda: case.run(which), asked["warm_up"], asked["sampled"])
            print(json.dumps(answer), flush=True)
        del case, expected
