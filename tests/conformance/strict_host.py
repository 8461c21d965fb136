#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""strict_host.py PATCHBAY PLUGINS HTTP_TESTS: starts a real host and holds it against the written cases of
the strict front, whole and cut at every byte. Exits with the verdict of strict.py."""
import os
import re
import subprocess
import sys

patchbay, plugins, tests = sys.argv[1:4]
host = subprocess.Popen(
    [patchbay, "serve", "--listen", "127.0.0.1:0", "--plugins", plugins, "--agent", "echo", "--log-level", "off",
     "--store", "memory"],
    stdout=subprocess.PIPE, text=True, env={**os.environ, "LAYERCODE_WEBHOOK_SECRET": "whsec_test_0123456789"})
try:
    address = re.search(r"http://(\S+)", host.stdout.readline()).group(1)
    verdict = subprocess.run([sys.executable, f"{tests}/strict.py", address, f"{tests}/cases.json", "--split-all"])
finally:
    host.terminate()
    host.wait(30)
sys.exit(verdict.returncode or host.returncode)
