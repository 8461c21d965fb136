#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""smuggling.py PATCHBAY PLUGINS HTTP_TESTS nginx|haproxy: is anything smuggled past a real proxy?

Sends every written case of the strict front through the proxy to a real host, with a signed message, the
canary, right behind it on the same connection, and then a second canary on a connection of its own. Between
the proxy and the host stands a relay that takes apart what the host answers. What must be true:

- the second canary is answered with its own words, once, and its turn ran once;
- the first one is answered as often as its turn ran: once, or not at all where the proxy closes the
  connection with its refusal, or takes it for the body that the case announced;
- the host has read as many requests as the proxy says that it has sent, no more.

The proxy's configuration is that of docs/examples, but every path is handed on, and connections to the host are
kept and shared by all callers: that is where a smuggled request would harm somebody else.
"""
import hashlib
import hmac
import json
import os
import pathlib
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "docs/examples"
SECRET = "whsec_test_0123456789"
QUIET = 0.25   # seconds without a byte, after which the proxy is taken to wait for more
PATIENCE = 20  # seconds for what must come


def canary(name):
    body = json.dumps({"type": "message", "session_id": name, "conversation_id": name, "turn_id": f"turn_{name}",
                       "text": f"I am {name}."}).encode()
    now = str(int(time.time()))
    mac = hmac.new(SECRET.encode(), now.encode() + b"." + body, hashlib.sha256).hexdigest()
    return (f"POST /agents/echo HTTP/1.1\r\nHost: canary\r\nLayercode-Signature: t={now},v1={mac}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


class Answers:
    """Counts the answers in a stream of the host's bytes, which frames them well."""

    def __init__(self):
        self.bytes, self.count = b"", 0
        self.skip = 0      # bytes of the body, or of a chunk, that are still to come
        self.chunks = False
        self.asked = b""   # the beginning of the request that is under way; empty: none is

    def ask(self, piece):
        self.asked = self.asked or piece[:5]

    def feed(self, piece):
        self.bytes += piece
        while self._step():
            pass

    def _step(self):
        if self.skip:
            eaten = min(self.skip, len(self.bytes))
            self.bytes, self.skip = self.bytes[eaten:], self.skip - eaten
            return bool(self.bytes)
        if self.chunks:
            line, found, rest = self.bytes.partition(b"\r\n")
            if not found:
                return False
            size = int(line, 16)
            self.bytes, self.skip, self.chunks = rest, size + 2, size > 0
            return True
        head, found, rest = self.bytes.partition(b"\r\n\r\n")
        if not found:
            return False
        assert head.startswith(b"HTTP/1.1 "), head[:80]
        self.bytes = rest
        if head[9:12] == b"100":
            return True
        self.count += 1
        asked, self.asked = self.asked, b""
        if asked == b"HEAD ":
            return True
        self.chunks = b"\r\ntransfer-encoding: chunked" in head.lower()
        length = re.search(rb"\r\ncontent-length: (\d+)", head.lower())
        self.skip = int(length.group(1)) if length else 0
        return True


class Relay:
    """Passes bytes on between the proxy and the host, and counts what the host answers."""

    def __init__(self, host):
        self.host, self.all, self.lock = host, [], threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def answers(self):
        with self.lock:
            return sum(one.count for one in self.all)

    def _accept(self):
        while True:
            proxy, _ = self.listener.accept()
            threading.Thread(target=self._pass_on, args=(proxy,), daemon=True).start()

    def _pass_on(self, proxy):
        answers = Answers()
        with self.lock:
            self.all.append(answers)
        with proxy, socket.create_connection(self.host) as host, selectors.DefaultSelector() as wanted:
            wanted.register(proxy, selectors.EVENT_READ, host)
            wanted.register(host, selectors.EVENT_READ, proxy)
            try:
                while True:
                    for key, _ in wanted.select():
                        piece = key.fileobj.recv(65536)
                        if not piece:
                            return
                        with self.lock:
                            (answers.feed if key.fileobj is host else answers.ask)(piece)
                        key.data.sendall(piece)
            except OSError:
                return


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def changed(file, *changes):
    """The example, changed in these places; each of them must be there."""
    text = (EXAMPLES / file).read_text()
    for pattern, to in changes:
        text, times = re.subn(pattern, to, text)
        assert times, f"{file} has no more: {pattern}"
    return text


class Nginx:
    def __init__(self, directory, backend):
        self.port, self.log = free_port(), directory / "access.log"
        server = changed("nginx.conf", (r"listen 443 ssl http2", f"listen 127.0.0.1:{self.port}"),
                         (r" ssl_certificate\w* ", "#"), (r"127\.0\.0\.1:8080", "kept"), (r"location /api/ ", "location / "))
        temporary = "".join(f"{kind}_temp_path {directory}/{kind};" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        # A try is one address in $upstream_addr, which stands there where nginx has sent something.
        (directory / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {directory}/pid; error_log stderr crit; events {{}}\n"
            f"http {{ log_format sent '$upstream_addr'; access_log {self.log} sent; {temporary}\n"
            f"upstream kept {{ server 127.0.0.1:{backend}; keepalive 64; }}\n{server}}}\n")
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-c", directory / "nginx.conf", "-p", directory],
                                        stderr=subprocess.DEVNULL)

    def sent(self):
        return self.log.read_text().count("127.0.0.1:")


class HAProxy:
    def __init__(self, directory, backend):
        self.port, self.log = free_port(), directory / "log"
        (directory / "haproxy.cfg").write_text(changed(
            "haproxy.cfg", (r"log /dev/log local0 info", "log stderr format raw local0"),
            (r"bind :443 .*", f"bind 127.0.0.1:{self.port}\n    log-format 'sent_to %s'"),
            (r"unless \{ path_beg .*\}", "if FALSE"), (r"127\.0\.0\.1:8080", f"127.0.0.1:{backend}"),
            (r"backend patchbay\n", "backend patchbay\n    http-reuse always\n")))
        self.process = subprocess.Popen(["/usr/sbin/haproxy", "-db", "-f", directory / "haproxy.cfg"],
                                        stderr=open(self.log, "w"))

    def sent(self):
        return self.log.read_text().count("sent_to here\n")


def hear(port, data):
    """What is answered to these bytes until the connection ends or nothing more comes; and did it end?"""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        try:
            line.sendall(data)
        except ConnectionError:
            pass  # refused in the middle: the answer may still be there
        line.settimeout(QUIET)
        heard = b""
        try:
            while piece := line.recv(65536):
                heard += piece
        except TimeoutError:
            return heard, False
        except ConnectionError:
            pass
        return heard, True


def hear_one(port, data, words):
    """What is answered until these words and the end of the stream have come."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        line.sendall(data)
        heard = b""
        try:
            while not (words in heard and b"response.end" in heard):
                if not (piece := line.recv(65536)):
                    break
                heard += piece
        except OSError as error:
            heard += f" and then {type(error).__name__}".encode()
        return heard


def try_case(proxy, number, case, bytes_of):
    """What was heard of its canaries: (how often the first was answered, what is wrong with the second)."""
    first, second = f"canary_{number}_behind", f"canary_{number}_after"
    heard, ended = hear(proxy.port, bytes_of(case["send"]) + canary(first))
    words = f"I am {second}.".encode()
    after = hear_one(proxy.port, canary(second), words)
    wrong = None
    if after.count(words) != 1 or not after.startswith(b"HTTP/1.1 200"):
        wrong = f"the canary after it was answered with {after[:200]!r}"
    elif b"I am canary" in heard.replace(f"I am {first}.".encode(), b""):
        wrong = f"its connection got another's answer: {heard[:400]!r}"
    times = heard.count(f"I am {first}.".encode())
    if not wrong and "accept" in case and "refuse" not in case and not ended and times != 1:
        wrong = f"the proxy took it and keeps the connection, but the canary behind it is answered {times} times"
    return times, wrong


def main():
    patchbay, plugins, tests, kind = sys.argv[1:5]
    sys.path.insert(0, tests)
    from strict import bytes_of
    groups = json.loads(pathlib.Path(tests, "cases.json").read_text())["groups"]
    cases = [case for group in groups for case in group["cases"]]
    with tempfile.TemporaryDirectory(prefix="patchbay-smuggling-") as scratch:
        scratch = pathlib.Path(scratch)
        log = open(scratch / "host.log", "w")
        host = subprocess.Popen([patchbay, "serve", "--listen", "127.0.0.1:0", "--plugins", plugins, "--agent", "echo",
                                 "--store", "memory"], stdout=subprocess.PIPE, stderr=log, text=True,
                                env={**os.environ, "LAYERCODE_WEBHOOK_SECRET": SECRET})
        address, port = re.search(r"http://([\d.]+):(\d+)", host.stdout.readline()).groups()
        relay = Relay((address, int(port)))
        proxy = {"nginx": Nginx, "haproxy": HAProxy}[kind](scratch, relay.port)
        try:
            until = time.monotonic() + PATIENCE
            while b"I am canary" not in (heard := _try_hear(proxy.port)):
                if time.monotonic() > until:
                    raise SystemExit(f"{kind} does not answer: {heard!r}")
                time.sleep(0.02)
            with ThreadPoolExecutor(16) as pool:
                outcomes = list(pool.map(lambda job: try_case(proxy, *job, bytes_of), enumerate(cases)))
        finally:
            proxy.process.send_signal(subprocess.signal.SIGTERM if kind == "nginx" else subprocess.signal.SIGUSR1)
            proxy.process.wait(PATIENCE)
            host.terminate()
            ended = host.wait(60)
        turns = [re.search(r"conversation=(\S+)", line).group(1) for line in
                 (scratch / "host.log").read_text().splitlines() if re.match(r"\S+ +\S+ +turn ", line)]
        failures = judge(cases, outcomes, turns)
        answered, sent = relay.answers(), proxy.sent()
        if answered != sent:
            failures.append(f"the host answered {answered} requests, and {kind} says that it sent {sent}")
    print("\n".join(failures))
    behind = sum(times for times, _ in outcomes)
    print(f"{len(cases)} cases through {kind}: {sent} requests reached the host, which answered {answered}; of the canaries "
          f"{behind} behind a case and {len(cases)} after one were answered, {len(turns)} turns ran; {len(failures)} failures")
    sys.exit(1 if failures or ended != 0 else 0)


def _try_hear(port):
    try:
        return hear(port, canary("canary_to_begin"))[0]
    except OSError as error:
        return str(error).encode()


def judge(cases, outcomes, turns):
    failures = []
    for number, (case, (times, wrong)) in enumerate(zip(cases, outcomes)):
        ran = [turns.count(f"canary_{number}_{which}") for which in ("behind", "after")]
        if wrong:
            failures.append(f"FAIL {case['name']}: {wrong}")
        if ran != [times, 1] or times > 1:
            failures.append(f"FAIL {case['name']}: the canary behind it ran {ran[0]} times and was answered {times}, the "
                            f"one after it ran {ran[1]} times")
    return failures


if __name__ == "__main__":
    main()
