#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does a document do what it says? Runs its marked blocks, see blocks.py, as a reader would paste
them: in an empty directory, with an installed Patchbay in the PATH, beside a host with its sample
agents. The host listens on a free port, which takes the place of the one that the document names.

usage: run_readme.py DOCUMENT CMAKE BUILD_DIRECTORY"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from blocks import Block, blocks_of, first_line_missing

WRITTEN_ADDRESS = "127.0.0.1:8080"
PATIENCE = 240  # seconds for one block


def install(cmake: str, build: str, prefix: pathlib.Path) -> None:
    subprocess.run([cmake, "--install", build, "--prefix", prefix], check=True, stdout=subprocess.DEVNULL)


def environment_of(home: pathlib.Path, prefix: pathlib.Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LAYERCODE_", "XDG_"))}
    return kept | {"HOME": str(home), "PATH": f"{prefix / 'bin'}:{os.environ['PATH']}"}


def start_host(environment: dict[str, str], log: pathlib.Path) -> tuple[subprocess.Popen[str], str]:
    command = ["patchbay", "serve", "--dev", "--agent", "bakery", "--listen", "127.0.0.1:0"]
    # Not in a directory with a plugins/ of its own: the installed agents are meant.
    host = subprocess.Popen(command, env=environment, cwd=environment["HOME"], text=True, stdout=subprocess.PIPE, stderr=log.open("w"))
    assert host.stdout is not None
    for line in host.stdout:
        if found := re.search(r"answers on http://(\S+)", line):
            return host, found.group(1)
    raise SystemExit(f"the host did not start:\n{log.read_text()}")


def run(script: Block, address: str, environment: dict[str, str], directory: pathlib.Path) -> str:
    text = script.text.replace(WRITTEN_ADDRESS, address)
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], env=environment, cwd=directory, text=True, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(f"--- {script.name}\n{done.stdout}", flush=True)
    if done.returncode != 0:
        raise SystemExit(f"{script.name} ends with {done.returncode}")
    return done.stdout.replace(address, WRITTEN_ADDRESS)


def compare(block: Block, printed: dict[str, str], directory: pathlib.Path) -> None:
    if block.name not in printed:
        raise SystemExit(f"{block.kind}: {block.name} stands above the block that runs it, or there is none")
    if block.kind == "makes":
        made = (directory / block.path).read_text()
        if made != block.text:
            raise SystemExit(f"{block.path} is not as the document shows it, but:\n{made}")
    else:
        missing = first_line_missing(block.text, printed[block.name])
        if missing is not None:
            raise SystemExit(f"{block.name} did not print, or not in this order: {missing}")


def main() -> None:
    document, cmake, build = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    blocks = blocks_of(document.read_text())
    if not any(block.kind == "run" for block in blocks):
        raise SystemExit(f"{document} has no block to run")
    with tempfile.TemporaryDirectory() as scratch:
        home, prefix, directory = (pathlib.Path(scratch) / name for name in ("home", "prefix", "work"))
        home.mkdir()
        directory.mkdir()
        install(cmake, build, prefix)
        environment = environment_of(home, prefix)
        host, address = start_host(environment, home / "log")
        try:
            printed: dict[str, str] = {}
            for block in blocks:
                if block.kind == "run":
                    printed[block.name] = run(block, address, environment, directory)
                else:
                    compare(block, printed, directory)
        finally:
            host.terminate()
            host.wait()


if __name__ == "__main__":
    main()
