"""README's ratios, from the committed table: writes them between their two marks, or with --check says whether they are there."""

import json
import math
import re
import statistics
import sys

from processes import ROOT

RESULTS = ROOT / "src/benchmark/results/compare.json"
AVX2 = RESULTS.with_name("compare-avx2.json")
README = ROOT / "README.md"
BEGIN, END = "<!-- ratios: written by scripts/compare -->\n", "<!-- end of ratios -->\n"
FAMILIES = (
    ("RNN", r"rnn-[A-D]$"),
    ("LSTM", r"lstm-[A-D]$"),
    ("GRU", r"gru-[A-D]$"),
    ("attention", r"multi-head|.*dot-product"),
    ("Transformer encoder layers", r"encoder-"),
    ("matrix products", r"gemm-"),
    ("softmax, layer norm", r"softmax|log-softmax|layer-norm"),
    ("Adam, 10 million parameters", r"adam-"),
    ("classifier, a whole training step", r"classifier$"),
    ("generation, token by token", r"generation$"),
    ("smallest calls: linear 8×8, one step of an LSTM of 16", r"linear-8x8|lstm-16"),
)


def mean(rows):
    return math.exp(statistics.fmean(math.log(row["ratio"]) for row in rows))


def cell(rows):
    """The mean ratio, and from which to which."""
    if not rows:
        return ""
    ratios = sorted(row["ratio"] for row in rows)
    return f"{mean(rows):.2f}" + (f" ({ratios[0]:.2f}–{ratios[-1]:.2f})" if len(rows) > 1 else "")


def summary(facts, avx2):
    about, rows = facts["about"], facts["rows"]
    columns = [(which, threads) for which in ("inference", "training") for threads in sorted({row["threads"] for row in rows})]
    lines = [
        "| times faster than the faster of the two | " + " | ".join(f"{which}, {n} thread{'s' * (n > 1)}" for which, n in columns) + " |",
        "|---|" + "--:|" * len(columns),
    ]
    for title, pattern in FAMILIES:
        family = [row for row in rows if re.match(pattern, row["case"])]
        cells = [cell([row for row in family if (row["pass"], row["threads"]) == column]) for column in columns]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    slower = sum(row["ratio"] < 1 for row in rows)
    lines += ["", f"Geometric means (least–greatest) over {about['forks']} forks against PyTorch {about['PyTorch']} and onnxruntime {about['onnxruntime']}"
              f" on {about['cores']} cores of an {about['processor']}, {about['date'][:10]}, of the code at {about['commit']}. Over all {len(rows)} steps: {mean(rows):.2f};"
              f" {slower} of them are slower than the faster peer.", "", held(avx2)]
    return "\n".join(lines) + "\n"


def held(facts):
    """What becomes of it where there is no AVX-512."""
    rows = facts["rows"]
    slower = sum(row["ratio"] < 1 for row in rows)
    return (f"With the JVM and PyTorch held to AVX2 (`scripts/compare --avx2`, {facts['about']['date'][:10]}, code at {facts['about']['commit']}), against PyTorch alone, the geometric"
            f" mean over {len(rows)} steps and {facts['about']['forks']} forks is {mean(rows):.2f}; {slower} of the steps are slower.")


def main():
    text = README.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    wanted = summary(json.loads(RESULTS.read_text()), json.loads(AVX2.read_text()))
    if sys.argv[1:] == ["--check"]:
        if text[begin:end] != wanted:
            sys.exit("README.md does not have the ratios of src/benchmark/results: run scripts/peers/summary.py")
        return
    unfinished = README.with_name(".README.md.part")
    unfinished.write_text(text[:begin] + wanted + text[end:])
    unfinished.replace(README)


if __name__ == "__main__":
    main()
