#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does the agent of docs/own-llm-agent.md build against an installed package, and talk with a model?

usage: own_agent.py PATCHBAY CMAKE BUILD_DIRECTORY PROJECT SCRIPTED_MODEL"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from examples import SECRET, expect, heard, post


def build(cmake: str, made: str, project: Path, scratch: Path) -> Path:
    prefix, out = scratch / "prefix", scratch / "plugins"
    for command in (
        ["--install", f"{made}/plugin-api", "--prefix", prefix],
        ["-S", project, "-B", out, f"-DCMAKE_PREFIX_PATH={prefix}"],
        ["--build", out],
    ):
        subprocess.run([cmake, *command], check=True, stdout=subprocess.DEVNULL)
    return out


def started(command: list[object], **settings: object) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, **settings)
    return process, re.search(r"http://(\S+)", process.stdout.readline()).group(1)


def main() -> None:
    patchbay, cmake, made, project, scripted_model = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        plugins = build(cmake, made, Path(project), scratch)
        model, address = started([scripted_model])
        config = (Path(project) / "baker.toml").read_text()
        config = config.replace("https://api.openai.com", f"http://{address}").replace("api.openai.com", address)
        (scratch / "patchbay.toml").write_text('[admin]\nsocket = "off"\n' + config)
        host, own = started(
            [patchbay, "serve", "--plugins", plugins, "--config", scratch / "patchbay.toml", "--listen", "127.0.0.1:0", "--store", "memory"],
            env=os.environ | {"LAYERCODE_WEBHOOK_SECRET": SECRET, "OPENAI_API_KEY": "sk-test"})
        try:
            talk(f"http://{own}/agents/baker")
        finally:
            host.terminate()
            expect(host.wait(timeout=30), 0)
            model.terminate()
            model.wait()


def talk(agent: str) -> None:
    def says(text: str) -> list[object]:
        return heard(post(agent, type="message", text=text))

    expect(heard(post(agent, type="session.start")), ["Corner Bakery. What can I do for you?"])
    expect(says('[[text="Two croissants."]] Two?'), ["Two", " croissants."])
    shown = "".join(says("[[echo]] And?"))
    for part in ("system: You sell bread", "12 croissants are left", "assistant: Two croissants.", "user: [[echo]] And?"):
        expect(part in shown, True)
    expect(says("[[status=500]]"), ["I cannot think right now."])
    goodbye = post(agent, type="message", text='[[before="Goodbye." tool=hang_up:{}]]')
    expect("Goodbye." in goodbye and "response.hangup" in goodbye, True)


if __name__ == "__main__":
    main()
