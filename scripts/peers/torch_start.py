"""A new process that runs a small LSTM (32 inputs, 64 hidden, one sequence of 20 steps) again and again, as Gatun's Start does."""

import json
import statistics
import sys
import time

import torch

WINDOW, LONG_ENOUGH, SHARE = 51, 5.0, 0.9

torch.set_num_threads(int(sys.argv[1]))
lstm = torch.nn.LSTM(32, 64).eval()
x = torch.randn(20, 1, 32)
with torch.inference_mode():
    lstm(x)
    first, start, ends = time.time(), time.perf_counter(), [0.0]
    while ends[-1] < LONG_ENOUGH:
        lstm(x)
        ends.append(time.perf_counter() - start)
took = [after - before for before, after in zip(ends, ends[1:])]
steady = statistics.median(took[-len(took) // 5 :])
at = 0
while statistics.median(took[at : at + WINDOW]) > steady / SHARE:
    at += 1
print(json.dumps({"first": first, "steady": first + ends[at + 1], "call": steady}))
