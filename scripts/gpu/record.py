"""Writes OUT/record.md and OUT/record.json from what run left in OUT: record.py BUNDLE OUT [--standin]."""
import datetime
import json
import pathlib
import platform
import subprocess
import sys
import xml.etree.ElementTree as ElementTree


def said(*command):
    """What a command prints, or why it did not."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as problem:
        return f"unknown: {problem}"


def tests(out):
    """Counts, and every failure with its first line."""
    found, failures = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}, []
    for report in sorted((out / "junit").glob("*.xml")):
        root = ElementTree.parse(report).getroot()
        for suite in [root] if root.tag == "testsuite" else root:
            for count in found:
                found[count] += int(suite.get(count, 0))
            for case in suite.iter("testcase"):
                for problem in [*case.findall("failure"), *case.findall("error")]:
                    first = (problem.get("message") or problem.text or "").strip().splitlines() or [""]
                    failures.append(f"{case.get('classname')}.{case.get('name')}: {first[0][:300]}")
    return found | {"failed": failures}


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line] if path.exists() else []


def table(times):
    """Rows of case, pass and precision with the three times side by side, by the clock; in brackets the twin's and PyTorch's by events."""
    by = {}
    for line in times:
        by.setdefault((line["case"], line["pass"], line["precision"]), {})[line["by"]] = line
    rows = ["| case | pass | precision | Gatun µs | C++ µs | PyTorch µs | Gatun/C++ | Gatun/PyTorch |", "|---|---|---|---|---|---|---|---|"]
    for key, of in by.items():
        wall = {name: line["wall_us"] for name, line in of.items()}
        shown = []
        for name in ("gatun", "c++", "pytorch"):
            event = of.get(name, {}).get("event_us")
            shown.append(("–" if name not in wall else f"{wall[name]:.1f}") + (f" ({event:.1f})" if event is not None else ""))
        for other in ("c++", "pytorch"):
            shown.append(f"{wall['gatun'] / wall[other]:.3f}" if "gatun" in wall and other in wall else "–")
        rows.append(f"| {' | '.join([*key, *shown])} |")
    return rows


def main(bundle, out, standin):
    parts = [line.split() for line in (out / "parts.txt").read_text().splitlines()]
    record = {
        "standin": standin,
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": (bundle / "commit.txt").read_text().strip(),
        "gpu": "none: host stand-in" if standin else said("nvidia-smi", "--query-gpu=name,driver_version,memory.total,clocks.max.sm",
                                                           "--format=csv,noheader"),
        "system": platform.platform(),
        "pytorch": said(sys.executable, "-c", "import torch; print(torch.__version__, torch.version.cuda,"
                                              " torch.backends.cudnn.version())"),
        "doctor": (out / "log/doctor.txt").read_text(),
        "parts": [{"name": name, "status": int(status), "seconds": int(seconds)} for name, status, seconds in parts],
        "tests": tests(out),
        "probe": json.loads((out / "probe.json").read_text()) if (out / "probe.json").exists() else None,
        "times": lines_of(out / "times.jsonl"),
    }
    (out / "record.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    text = ["# Gatun on a GPU" if not standin else "# NOT A GPU: a try of scripts/gpu-check on the host stand-in", ""]
    if standin:
        text += ["Nothing here says anything of a GPU: the stand-in computes on the host, and its times are of no meaning. Not to be kept.", ""]
    text += [f"- {name}: {record[name]}" for name in ("date", "commit", "gpu", "system", "pytorch")]
    text += ["", "## Parts", "", "| part | | seconds |", "|---|---|---|"]
    for each in record["parts"]:
        text.append(f"| {each['name']} | {'ok' if each['status'] == 0 else 'FAILED, status ' + str(each['status'])} | {each['seconds']} |")
    for each in record["parts"]:
        if each["status"] != 0:
            last = (out / f"log/{each['name']}.txt").read_text(errors="replace").splitlines()[-15:]
            text += ["", f"### {each['name']}", "", "```", *last, "```"]
    found = record["tests"]
    text += ["", "## Tests", "", f"{found['tests']} tests, {found['failures']} failures, {found['errors']} errors, {found['skipped']} skipped.", ""]
    text += [f"- {each}" for each in found["failed"]]
    text += ["", "## Probe: the same calls on the stand-in and on the device", ""]
    if record["probe"] is None:
        text.append("Did not come to an end.")
    else:
        text.append(f"{record['probe']['compared']} compared, {len(record['probe']['differences'])} differ.")
        text += [f"- {each['key']}: stand-in `{each['standin']}`, device `{each['device']}`" for each in record["probe"]["differences"]]
    text += ["", "## Times", "", "Medians by the clock, from one wait for the device to the next; in brackets by CUDA's events.", "",
             *table(record["times"]), "", "## The doctor", "", "```", record["doctor"].rstrip(), "```", ""]
    (out / "record.md").write_text("\n".join(text))
    print(out / "record.md")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), "--standin" in sys.argv)
