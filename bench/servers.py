# SPDX-License-Identifier: MIT
"""The programs that are measured: started in a directory of their own, asked for their processor time,
and ended. Linux only: it reads /proc."""
import hashlib
import hmac
import os
import pathlib
import re
import subprocess
import time

TICK = 1 / os.sysconf("SC_CLK_TCK")


class Process:
    def __init__(self, arguments, directory, environment=None):
        directory.mkdir(parents=True)
        self.directory = directory
        self.out, self.log = directory / "out", directory / "log"
        with open(self.out, "w") as out, open(self.log, "w") as log:
            self.child = subprocess.Popen(arguments, stdout=out, stderr=log, cwd=directory,
                                          env={**os.environ, **(environment or {})})

    def cpu(self):
        """Seconds of processor time, user and system, of all its threads, also of those that are over."""
        return _cpu(f"/proc/{self.child.pid}/stat")

    def cpu_by_thread(self):
        """The same for each name of threads that run; those without a name of their own bear the program's."""
        threads = {}
        for task in pathlib.Path(f"/proc/{self.child.pid}/task").iterdir():
            try:
                name = (task / "comm").read_text().strip()
                threads[name] = threads.get(name, 0) + int((task / "schedstat").read_text().split()[0]) / 1e9
            except (FileNotFoundError, ProcessLookupError):
                pass  # it is over by now
        return threads

    def memory(self, which="VmRSS"):
        """Bytes that it has now; by VmHWM, the most that it had."""
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        return 1024 * int(re.search(rf"{which}:\s+(\d+)", status).group(1))

    def wait_until_still(self, most=60):
        """Waits until it computes nothing: what it puts off, it has done then. How long that took; None: too long."""
        begin = still_since = time.monotonic()
        last = self.cpu()
        while time.monotonic() - begin < most:
            time.sleep(0.05)
            now = self.cpu()
            if now - last > TICK * 1.5:
                last, still_since = now, time.monotonic()
            elif time.monotonic() - still_since > 0.3:
                return still_since - begin
        return None

    def end(self):
        self.child.terminate()
        try:
            return self.child.wait(40)
        except subprocess.TimeoutExpired:
            self.child.kill()
            return self.child.wait()


def signature(secret, body):
    """The header layercode-signature of that body, signed now."""
    now = str(int(time.time()))
    mac = hmac.new(secret.encode(), now.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={now},v1={mac}"


def _cpu(stat):
    fields = pathlib.Path(stat).read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK


def _eventually(what, condition, most=20):
    until = time.monotonic() + most
    while time.monotonic() < until:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise SystemExit(f"bench: {what()}")


def listening(process, pattern):
    """Where the program says that it answers: the pattern's group."""
    said = _eventually(lambda: f"{process.child.args[0]} did not start: {process.log.read_text()}",
                       lambda: re.search(pattern, process.out.read_text() + process.log.read_text()))
    return said.group(1)


class Redis(Process):
    """A redis-server as it is without a configuration: a snapshot now and then, no log of each write."""

    def __init__(self, directory):
        self.socket = directory / "redis.sock"
        super().__init__(["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--dir", str(directory)],
                         directory)
        _eventually(lambda: "redis-server does not answer", self.socket.exists)


class Patchbay(Process):
    secret = "whsec_bench_0123456789"

    def __init__(self, program, agents, directory, store, agent="three", config=None):
        arguments = [str(program), "serve", "--listen", "127.0.0.1:0", "--plugins", str(agents), "--agent", agent,
                     "--store", store]
        if config:
            arguments += ["--config", str(config)]
        super().__init__(arguments, directory, {"LAYERCODE_WEBHOOK_SECRET": self.secret,
                                                "XDG_RUNTIME_DIR": str(directory.parent)})
        address = listening(self, r"answers on (http://\S+)")
        self.url = re.match(r"http://[^/]+", address).group(0) + "/agents/" + agent

    def lost(self):
        """How many writes never reached the store, by its own log; read when it has ended."""
        told = re.findall(r"(?:writes were lost|conversations are lost).*?\bwrites=(\d+)", self.log.read_text())
        return sum(map(int, told))
