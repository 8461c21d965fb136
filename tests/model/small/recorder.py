# SPDX-License-Identifier: MIT
"""Stands between a host and a model, passes on what each says as it comes, and remembers what was asked
and when the pieces of the answer came by."""
import http.client
import http.server
import json
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Answer:
    """One answer of the model, by the clock of time.monotonic()."""
    messages: list[dict[str, str]]
    asked_at: float
    pieces: list[tuple[float, str]] = field(default_factory=list)  # as they were passed on
    ended_at: float = 0.0  # the model had said all
    cut_at: float = 0.0  # or whoever asked had hung up
    over: threading.Event = field(default_factory=threading.Event)


class Recorder:
    def __init__(self, model: str) -> None:
        self.answers: list[Answer] = []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                status, body = 502, b""
                with Connection(model) as upstream:
                    upstream.request("GET", self.path)
                    answer = upstream.getresponse()
                    status, body = answer.status, answer.read()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                record = Answer(json.loads(body)["messages"], time.monotonic())
                recorder.answers.append(record)
                with Connection(model) as upstream:
                    upstream.request("POST", self.path, body, {"Content-Type": "application/json"})
                    answer = upstream.getresponse()
                    self.send_response(answer.status)
                    self.send_header("Content-Type", answer.getheader("Content-Type", ""))
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    try:
                        self.pass_on(answer, record)
                        record.ended_at = time.monotonic()
                    except OSError:  # the host has hung up
                        record.cut_at = time.monotonic()
                        self.close_connection = True
                record.over.set()

            def pass_on(self, answer: http.client.HTTPResponse, record: Answer) -> None:
                for line in answer:
                    if text := text_of(line):
                        record.pieces.append((time.monotonic(), text))
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                self.wfile.write(b"0\r\n\r\n")

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


class Connection(http.client.HTTPConnection):
    """Closed with its block, so that a model whose answer nobody wants stops at once."""

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def text_of(line: bytes) -> str:
    """What a line of the stream adds to the answer: empty for most of what is no word."""
    if not line.startswith(b"data: {"):
        return ""
    choices = json.loads(line[6:]).get("choices") or [{}]
    return choices[0].get("delta", {}).get("content") or ""
