# SPDX-License-Identifier: MIT
"""The peers of Patchbay: what else can answer the same webhook. bench/peers/install knows how each is built."""
import pathlib
import re
import subprocess
import time

from servers import Process

PEERS_DIR = pathlib.Path(__file__).resolve().parent / "peers"
BUILT = PEERS_DIR / ".built"

# What is measured: the peer that is installed, and how it is started.
PEERS = {
    "floor": ("floor", ["--coalesced"]),
    "floor-writes": ("floor", []),
    "express": ("express", []),
    "hono": ("hono", []),
    "node-http": ("node-http", []),
    "fastapi": ("fastapi", []),
    "go": ("go", []),
    "beast": ("beast", []),
    "beast-coalesced": ("beast", ["--coalesced"]),
    "beast-2": ("beast", ["--threads", "2"]),
    "beast-coalesced-2": ("beast", ["--coalesced", "--threads", "2"]),
    "httplib": ("httplib", []),
}


class NotThere(Exception):
    """It cannot be measured; says why."""


def install(names):
    """Those that could not be installed, and why not."""
    why = {}
    for of in {PEERS[name][0] for name in names}:
        subprocess.run([PEERS_DIR / "install", of], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if (reason := BUILT / of / "why").exists():
            why[of] = reason.read_text().strip()
        elif not (BUILT / of / "start").exists():
            why[of] = f"bench/peers/install knows no {of}"
    return {name: why[PEERS[name][0]] for name in names if PEERS[name][0] in why}


def versions(names):
    return {name: (BUILT / PEERS[name][0] / "versions").read_text().strip() for name in names}


class Peer(Process):
    secret = "whsec_bench_0123456789"

    def __init__(self, name, directory):
        of, flags = PEERS[name]
        super().__init__([str(BUILT / of / "start"), "--says", "3", *flags], directory,
                         {"LAYERCODE_WEBHOOK_SECRET": self.secret, "PORT": "0"})
        self.url = self._address() + "/agent"

    def _address(self, most=60):
        until = time.monotonic() + most
        while time.monotonic() < until:
            said = re.search(r"answers on (http://\S+)", self.out.read_text())
            if said:
                return said.group(1)
            if self.child.poll() is not None:
                lines = self.log.read_text().strip().splitlines()
                raise NotThere(f"it ended with {self.child.returncode}: {lines[-1] if lines else 'without a word'}")
            time.sleep(0.01)
        self.end()
        raise NotThere(f"it did not start within {most} s")
