#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Is the agent llm there when scripts/run has started, with no key and no network? And does its model end
with the host, also where that is killed?

usage: run_script.py SOURCE_DIRECTORY BUILD_DIRECTORY"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

PATIENCE = 60  # seconds


def models_of(host: int) -> list[int]:
    children = pathlib.Path(f"/proc/{host}/task/{host}/children").read_text().split()
    return [int(child) for child in children if pathlib.Path(f"/proc/{child}/comm").read_text() == "scripted_model\n"]


def runs(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def address_of(host: "subprocess.Popen[str]") -> str:
    assert host.stdout is not None
    for line in host.stdout:
        print(line, end="", flush=True)
        if found := re.search(r"^patchbay .* answers on http://(\S+)", line):
            return found.group(1)
    raise SystemExit(f"scripts/run ended with {host.wait()}")


def call(build: pathlib.Path, url: str, environment: dict[str, str]) -> None:
    done = subprocess.run([build / "patchbay", "call", url, "--say", "Two croissants, please", "--say", "Thank you"], env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
    print(done.stdout, flush=True)
    if done.returncode != 0:
        raise SystemExit(f"the call ends with {done.returncode}")
    for words in ("Hello, this is the Corner Bakery.", '"tool":"place_order"', "Two croissants it is, your order number is ", "You are welcome."):
        if words not in done.stdout:
            raise SystemExit(f"the caller did not hear: {words}")


def main() -> None:
    source, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as state:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LAYERCODE_")}
        environment |= {"XDG_STATE_HOME": state, "OPENAI_API_KEY": "sk-not-to-be-used"}
        host = subprocess.Popen([source / "scripts/run", "--built", build, "--listen", "127.0.0.1:0"], env=environment, text=True,
                                stdout=subprocess.PIPE)
        try:
            address = address_of(host)
            models = models_of(host.pid)
            if len(models) != 1:
                raise SystemExit(f"the host has {len(models)} models, and not one")
            call(build, f"http://{address}/agents/llm", environment)
        finally:
            host.kill()
            host.wait()
        until = time.monotonic() + PATIENCE
        while any(runs(model) for model in models):
            if time.monotonic() > until:
                raise SystemExit("the model outlives its host")
            time.sleep(0.01)
    print("the model ended with its host")


main()
