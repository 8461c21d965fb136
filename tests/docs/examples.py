#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Do the agents that the documents show do what is said of them?

usage: examples.py PATCHBAY PLUGIN_DIRECTORY"""
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SECRET = "whsec_of_a_test"
turns = 0


class ScriptedModel(BaseHTTPRequestHandler):
    """Says the last message back, word by word, to whoever has the key."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200 if self.headers["Authorization"] == "Bearer sk-test" else 401)
        self.end_headers()
        for word in asked["messages"][-1]["content"].split():
            delta = {"choices": [{"delta": {"content": word + " "}}]}
            self.wfile.write(f"data: {json.dumps(delta)}\r\n\r\n".encode())
        self.wfile.write(b"data: [DONE]\r\n\r\n")

    def do_HEAD(self) -> None:
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def configuration(plugins: str, model: str) -> str:
    names = sorted(file.stem for file in Path(plugins).glob("*.so"))
    settings = {"model": f"""
[agents.model.http]
allow = ["{model}"]
warm = ["http://{model}"]
secrets = {{ model = "env:MODEL_KEY" }}
[agents.model.config]
url = "http://{model}/v1/chat/completions"
""", "waiter": 'may_call = ["larder"]\n'}
    return "\n".join(f"[agents.{name}]\n" + settings.get(name, "") for name in names)


def post(url: str, **event: object) -> str:
    global turns
    turns += 1
    body = json.dumps({"session_id": "s1", "conversation_id": "c1", "turn_id": f"turn_{turns}"} | event).encode()
    now = str(int(time.time()))
    mac = hmac.new(SECRET.encode(), now.encode() + b"." + body, hashlib.sha256).hexdigest()
    request = urllib.request.Request(url, body, {"layercode-signature": f"t={now},v1={mac}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def heard(stream: str) -> list[object]:
    events = [json.loads(line[len("data: "):]) for line in stream.split("\n\n") if line]
    assert events and events[-1]["type"] == "response.end", stream
    return [event["content"] for event in events[:-1]]


def expect(what: object, wanted: object) -> None:
    if what != wanted:
        raise SystemExit(f"expected {wanted}, got {what}")


def main() -> None:
    model = ThreadingHTTPServer(("127.0.0.1", 0), ScriptedModel)
    threading.Thread(target=model.serve_forever, daemon=True).start()
    home = tempfile.TemporaryDirectory()
    config = Path(home.name) / "patchbay.toml"
    config.write_text(configuration(sys.argv[2], f"127.0.0.1:{model.server_port}"))
    environment = os.environ | {"LAYERCODE_WEBHOOK_SECRET": SECRET, "MODEL_KEY": "sk-test"}
    command = [sys.argv[1], "serve", "--plugins", sys.argv[2], "--config", str(config), "--listen", "127.0.0.1:0",
               "--store", "memory"]
    host = subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE)
    try:
        found = re.search(r"http://\S+", host.stdout.readline())
        agents = found.group(0) + "/agents/"

        expect(heard(post(agents + "tables", type="session.start")), ["Good evening. A table for tonight?"])
        expect(heard(post(agents + "tables", type="message", text="one")), ["That makes 1.", {"booked": 1}])
        expect(heard(post(agents + "tables", type="message", text="one")), ["That makes 2.", {"booked": 2}])
        expect(json.loads(post(agents + "tables", type="data", data={"action": "show"})), {"booked": 2})
        for said in ("That makes 3.", "That makes 4.", "I am sorry, we are full."):
            expect(heard(post(agents + "tables", type="message", text="one"))[0], said)
        expect(json.loads(post(agents + "tables", type="data", data={"action": "show"})), {"booked": 4})
        expect(json.loads(post(agents + "tables", type="data", data={})), {})
        expect(heard(post(agents + "later", type="message", text="why?")), ["Let me look that up.", " You asked: why?"])
        for turn in ("turn_x", "turn_x", "turn_y"):  # delivered twice, and said again
            said = heard(post(agents + "orders", type="message", text="soup", turn_id=turn))
            expect(said, ["Your soup is ordered, number 1."])
        expect(heard(post(agents + "orders", type="message", text="tea")), ["Your tea is ordered, number 2."])
        expect(heard(post(agents + "recap", type="message", text="")), [])
        expect(heard(post(agents + "recap", type="message", text="hello"))[1], "I see.")
        expect(heard(post(agents + "kitchen", type="message", text="soup")), ["Here is your soup."])
        expect(heard(post(agents + "waiter", type="message", text="soup")), ["Here you are."])
        expect(heard(post(agents + "waiter", type="message", text="soup")), ["I am sorry: no soup is left."])
        expect(heard(post(agents + "model", type="message", text="two coffees")), ["two ", "coffees "])
    finally:
        host.terminate()
        expect(host.wait(timeout=30), 0)


if __name__ == "__main__":
    main()
