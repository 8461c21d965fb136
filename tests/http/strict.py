#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sends every case of cases.json to a live server and holds its answers against the policy.

    python3 tests/http/strict.py HOST:PORT tests/http/cases.json [--split-all] [--only TEXT]

Each case is sent whole; with --split-all those under 600 bytes are also sent in two pieces, cut at
every byte. A refused request must be answered with its status, and the connection closed. Behind an
accepted one a canary (GET /livez) is sent on the same connection and must be answered exactly once.
Nothing may take longer than a second. The server must run with the default limits and have a
/livez. Needs nothing but Python's standard library.
"""

import argparse
import concurrent.futures
import json
import select
import socket
import sys
import time

PATIENCE = 1.0  # seconds that a server may take for any answer
QUIET = 0.15  # seconds of silence that count as waiting for more
PAUSE = 0.001  # seconds between two pieces, so that they arrive as two
SPLIT_BELOW = 600  # bytes
REFUSALS = {400, 411, 413, 414, 415, 417, 431, 501, 505}
CANARY = b"GET /livez HTTP/1.1\r\nHost: canary\r\nConnection: close\r\n\r\n"


class Broken(Exception):
    """What the server did that the policy forbids, as a sentence."""


def bytes_of(text):
    """A character of cases.json is one byte; lists and repetitions stand for longer texts."""
    if isinstance(text, list):
        return b"".join(map(bytes_of, text))
    if isinstance(text, dict):
        return bytes_of(text["repeat"]) * text["times"]
    return text.encode("latin-1")


class Connection:
    """One connection on which sending never blocks reading."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.received = b""
        self.ended = None  # "closed" or "reset", when the server has ended it

    def close(self):
        self.socket.close()

    def read_some(self):
        try:
            piece = self.socket.recv(65536)
        except BlockingIOError:
            return
        except ConnectionError:
            self.ended = "reset"
            return
        self.received += piece
        if not piece:
            self.ended = "closed"

    def wait(self, deadline, writing=False):
        """Waits for something to do; reads what is there. Is there room to write?"""
        patience = max(0.0, deadline - time.monotonic())
        readable, writable, _ = select.select(
            [self.socket], [self.socket] if writing else [], [], patience)
        if readable:
            self.read_some()
        return bool(writable)

    def send(self, data):
        """Sends until all is sent or the server has ended the connection."""
        view = memoryview(data)
        deadline = time.monotonic() + PATIENCE
        while view and not self.ended:
            if not self.wait(deadline, writing=True):
                if time.monotonic() > deadline:
                    raise Broken("does not read what is sent")
                continue
            try:
                sent = self.socket.send(view)
            except BlockingIOError:
                continue
            except ConnectionError:
                # What was answered before the reset may still be there to read.
                self.read_some()
                self.ended = self.ended or "reset"
                return
            view = view[sent:]
            deadline = time.monotonic() + PATIENCE

    def wait_until(self, found, what):
        """The first answer of found() that is not None; it looks at what was received."""
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = found()
            if answer is not None:
                return answer
            if self.ended:
                raise Broken(f"{self.ended} before {what}")
            if time.monotonic() >= deadline:
                raise Broken(f"hangs: no {what} within {PATIENCE:g} s")
            self.wait(deadline)

    def read_line(self, what):
        def line():
            end = self.received.find(b"\r\n")
            return None if end < 0 else self.received[:end]

        text = self.wait_until(line, what)
        self.received = self.received[len(text) + 2:]
        return text

    def read_bytes(self, count):
        self.wait_until(lambda: True if len(self.received) >= count else None, "end of the answer")
        self.received = self.received[count:]

    def read_to_end(self):
        self.wait_until(lambda: True if self.ended else None, "end of the connection")
        self.received = b""

    def read_chunks(self):
        while True:
            size = int(self.read_line("chunk"), 16)
            self.read_bytes(size + 2)
            if size == 0:
                return

    def read_answer(self, method):
        """Reads one answer, interim ones skipped: (status, does the server keep the connection?)"""
        while True:
            status_line = self.read_line("answer").split(b" ", 2)
            if len(status_line) < 2 or not status_line[0].startswith(b"HTTP/1."):
                raise Broken(f"answers with {b' '.join(status_line)[:60]!r}")
            status = int(status_line[1])
            headers = {}
            while line := self.read_line("end of the answer's head"):
                name, _, value = line.partition(b":")
                headers[name.lower()] = value.strip().lower()
            if status >= 200:
                break
        kept = status_line[0] != b"HTTP/1.0" and headers.get(b"connection") != b"close"
        if method == "HEAD" or status in (204, 304):
            pass
        elif headers.get(b"transfer-encoding") == b"chunked":
            self.read_chunks()
        elif b"content-length" in headers:
            self.read_bytes(int(headers[b"content-length"]))
        else:
            self.read_to_end()
            kept = False
        return status, kept


def expect_closed(connection):
    connection.wait_until(lambda: True if connection.ended else None, "end of the connection")
    if connection.received:
        raise Broken(f"says more than was asked: {connection.received[:60]!r}")


def expect_silence(connection):
    deadline = time.monotonic() + QUIET
    while time.monotonic() < deadline and not connection.ended:
        connection.wait(deadline)
    if connection.received or connection.ended:
        raise Broken(f"does not wait for the rest: {connection.received[:60]!r} {connection.ended}")


def expect_answer(connection, request):
    status, kept = connection.read_answer(request["method"])
    if "answer" in request and status != request["answer"]:
        raise Broken(f"answered {status} instead of {request['answer']}")
    if "answer" not in request and status in REFUSALS:
        raise Broken(f"refused a good request with {status}")
    return kept and request.get("keep_alive", True)


def expect_canary(connection):
    connection.send(CANARY)
    status, _ = connection.read_answer("GET")
    if status != 200:
        raise Broken(f"answered the canary with {status}")
    expect_closed(connection)


def try_case(address, case, pieces):
    """Throws Broken."""
    connection = Connection(address)
    try:
        for i, piece in enumerate(pieces):
            if i > 0:
                time.sleep(PAUSE)
            connection.send(piece)
        kept = True
        for request in case.get("accept", []):
            if not kept:
                raise Broken("closed the connection before the next request")
            kept = expect_answer(connection, request)
        if "refuse" in case:
            if not kept:
                raise Broken("closed the connection before the refusal")
            status, _ = connection.read_answer("GET")
            if status != case["refuse"]["status"]:
                raise Broken(f"answered {status} instead of {case['refuse']['status']}")
            expect_closed(connection)
        elif case.get("waits"):
            expect_silence(connection)
        elif kept:
            expect_canary(connection)
        else:
            expect_closed(connection)
    finally:
        connection.close()


def jobs(cases, split_all):
    for case in cases:
        data = bytes_of(case["send"])
        yield case, "whole", [data]
        if split_all and len(data) < SPLIT_BELOW and not case.get("waits"):
            for cut in range(1, len(data)):
                yield case, f"cut at {cut}", [data[:cut], data[cut:]]


def run(address, job):
    case, how, pieces = job
    try:
        try_case(address, case, pieces)
        return None
    except Broken as broken:
        return f"FAIL {case['name']} ({how}): {broken}"
    except (OSError, ValueError) as error:
        return f"FAIL {case['name']} ({how}): {type(error).__name__}: {error}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("server", metavar="HOST:PORT")
    parser.add_argument("cases", metavar="CASES.json")
    parser.add_argument("--split-all", action="store_true", help="also cut in two at every byte")
    parser.add_argument("--only", default="", help="only cases whose name has this text")
    parser.add_argument("--threads", type=int, default=16, help="connections at a time, up to 32")
    options = parser.parse_args()
    host, _, port = options.server.rpartition(":")
    address = (host.strip("[]"), int(port))
    with open(options.cases, encoding="utf-8") as file:
        groups = json.load(file)["groups"]
    cases = [case for group in groups for case in group["cases"] if options.only in case["name"]]
    if not cases:
        sys.exit(f"no case has {options.only!r} in its name")

    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(min(32, options.threads)) as pool:
        for failure in pool.map(lambda job: run(address, job), jobs(cases, options.split_all)):
            passed += failure is None
            failed += failure is not None
            if failure:
                print(failure, flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
