#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server of the Model Context Protocol on standard input and output, for tests.

mcp_program.py VERSION   of the revision 2026-07-28, or of one that begins with a handshake; "touchy" is
                         one of those that ends where it is asked anything before its handshake
"""
import json
import os
import sys

version = sys.argv[1]
plain = version == "2026-07-28"
tools = ["look", "change", "wait", "die", "grow"]


def say(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def declared(name):
    schema = {"type": "object", "properties": {"what": {"type": "string"}}}
    return {"name": name, "description": name, "inputSchema": schema, "annotations": {"readOnlyHint": name != "change"}}


def run(name, what):
    if name == "look":
        return {"pid": os.getpid(), "in": os.getcwd(), "names": sorted(os.environ)}.get(what, what)
    if name == "die":
        print("I am dying", file=sys.stderr, flush=True)
        os._exit(3)
    if name == "grow":
        tools.append("more")
        say({"method": "notifications/tools/list_changed"})
    return name + " of " + what


def answer(method, params):
    if method == "server/discover" and plain:
        return {"resultType": "complete", "supportedVersions": [version], "capabilities": {"tools": {}}}
    if method == "initialize" and not plain:
        spoken = "2024-11-05" if version == "touchy" else version
        return {"protocolVersion": spoken, "capabilities": {"tools": {}}, "serverInfo": {"name": "x", "version": "1"}}
    if method == "tools/list":
        return {"tools": [declared(name) for name in tools], "ttlMs": 60000}
    if method == "tools/call":
        text = run(params["name"], params["arguments"].get("what", ""))
        return {"content": [{"type": "text", "text": text if isinstance(text, str) else json.dumps(text)}]}
    return None


greeted = plain
print("this line is no message", flush=True)
for line in sys.stdin:
    message = json.loads(line)
    method, params = message.get("method"), message.get("params", {})
    if method == "notifications/cancelled":
        print("cancelled", file=sys.stderr, flush=True)
    if method == "tools/call" and params["name"] == "wait":
        print("waiting", file=sys.stderr, flush=True)
        continue
    if "id" not in message:
        continue
    if version == "touchy" and not greeted and method != "initialize":
        sys.exit(1)
    greeted = True
    result = answer(method, params)
    if result is None:
        say({"id": message["id"], "error": {"code": -32601, "message": "no " + method}})
    else:
        say({"id": message["id"], "result": result})
