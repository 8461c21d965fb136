# SPDX-License-Identifier: MIT
"""What every comparison does: builds, drives one server with the load generator, and goes round."""
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/release"


def build(targets):
    subprocess.run(["cmake", "--preset", "release", "-Wno-dev", "-DBUILD_TESTING=ON"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "--preset", "release", "--target", *targets], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)


def _load(host, further):
    told = subprocess.run([BUILD / "bench/load/bench_load", "--url", host.url, "--secret", host.secret, "--says",
                           "3", *map(str, further)], stdout=subprocess.PIPE, text=True)
    if not told.stdout:
        raise SystemExit(f"bench: the load generator ended with {told.returncode}")
    return json.loads(told.stdout)


def probe(host):
    """A few turns: the kinds of errors that the load generator saw, if any."""
    return _load(host, ["--connections", 2, "--turns", 20])["errors"]


def drive(host, warm_up, measured, beside=None):
    """Both are arguments of the load generator. What it saw, and the processor time for a turn: that of the
    host's process until it rests, and that of a process beside it which works for it."""
    _load(host, ["--warm-up", "0", *warm_up])
    host.wait_until_still()
    cpu, threads, beside_cpu = host.cpu(), host.cpu_by_thread(), beside.cpu() if beside else 0
    figures = _load(host, measured)
    figures["rest_s"] = host.wait_until_still()
    turns = max(figures["all_turns"], 1)
    after = host.cpu_by_thread()
    figures["cpu_us"] = (host.cpu() - cpu) / turns * 1e6
    figures["threads_us"] = {name: (spent - threads.get(name, 0)) / turns * 1e6 for name, spent in after.items()}
    figures["beside_cpu_us"] = (beside.cpu() - beside_cpu) / turns * 1e6 if beside else 0
    return figures


def rounds(count, cases, contenders, measure):
    """For each case a list of figures for each contender. A round measures all cases, and the contenders of a
    case one after the other, in another order each round: what else the machine does falls on all alike."""
    runs = [{contender: [] for contender in contenders} for _ in cases]
    for number in range(count):
        turn = number % len(contenders)
        for case, of_case in zip(cases, runs):
            for contender in contenders[turn:] + contenders[:turn]:
                of_case[contender].append(measure(number, case, contender))
                print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return runs


def spread(values, form="{:.1f}"):
    """The median, and the lowest and the highest."""
    low, middle, high = (form.format(value) for value in (min(values), statistics.median(values), max(values)))
    return f"{middle} ({low}–{high})"


def print_table(rows):
    """Of text, the head first: each column as wide as it has to be."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths))
        print("  " + "  ".join([row[0].ljust(len(first)), *others]))


def processor_times():
    """Of all processors since the start: all of it, and what the machine beneath a virtual one gave to others."""
    fields = list(map(int, pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]))
    return sum(fields[:8]), fields[7]


def stolen_since(before):
    all_before, stolen_before = before
    all_now, stolen_now = processor_times()
    return (stolen_now - stolen_before) / max(all_now - all_before, 1)


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "commit": commit.strip(),
            "load_before": os.getloadavg()[0]}


def headline(at, options):
    at["load_after"] = os.getloadavg()[0]
    return (f"{at['cpu']}, {at['cores']} cores; {at['commit']}; {options.rounds} rounds of {options.seconds:g} s; "
            f"load {at['load_before']:.1f} before, {at['load_after']:.1f} after")


def own_cost(everything):
    dearest = max(run["own_cpu_us_per_turn"] / max(run["cpu_us"], 0.1) for run in everything)
    return (f"  the load generator took {statistics.median(r['own_cpu_us_per_turn'] for r in everything):.1f} µs of CPU "
            f"for a turn, at most {dearest:.0%} of what a server took")


def write(directory, name, results):
    """The file's path: NAME, the time, .json."""
    out = pathlib.Path(directory)
    out.mkdir(parents=True, exist_ok=True)
    file = out / f"{name}-{datetime.datetime.now():%Y%m%d-%H%M%S}.json"
    file.write_text(json.dumps(results, indent=1))
    return file
