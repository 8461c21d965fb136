#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Three turns with a real model, the second of them interrupted: signed webhooks to a real host, whose agent
llm asks the small model that scripts/model serves. Prints the talk and its figures.

usage: talk.py BUILD_DIRECTORY"""
import hashlib
import hmac
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
from typing import Iterator, NamedTuple

from recorder import Answer, Recorder

ROOT = pathlib.Path(__file__).resolve().parents[3]
SECRET = "whsec_talk_0123456789"
CONVERSATION = "conv_talk"
LONG_ENOUGH = 8  # words heard before the caller interrupts
PATIENCE = 300  # seconds for anything: the machine may be slow and busy
held: list[str] = []  # what was expected, and is so


class Said(NamedTuple):
    at: float
    text: str


class Process:
    """A program that prints where it answers; ended with its block."""

    def __init__(self, *command: str, **environment: str) -> None:
        self._process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, text=True, stdout=subprocess.PIPE,
                                         stderr=sys.stderr)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.search(r"answers on http://(\S+)", line):
                self.address = found.group(1)
                return
        raise SystemExit(f"{command[0]} did not start; it ended with {self._process.wait()}")

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)


class Turn:
    """A message on its way: what is said to it, as it is heard."""

    def __init__(self, address: str, event: dict[str, object]) -> None:
        body = json.dumps(event | {"session_id": "sess_talk", "conversation_id": CONVERSATION}).encode()
        now = str(int(time.time()))
        signature = hmac.new(SECRET.encode(), now.encode() + b"." + body, hashlib.sha256).hexdigest()
        host, port = address.split(":")
        self._socket = socket.create_connection((host, int(port)), timeout=PATIENCE)
        self._socket.sendall(b"POST /agents/llm HTTP/1.1\r\nHost: %s\r\nlayercode-signature: t=%s,v1=%s\r\nContent-Length: %d\r\n"
                             b"Connection: close\r\n\r\n" % (address.encode(), now.encode(), signature.encode(), len(body)) + body)
        self._lines = self._socket.makefile("rb")
        self.asked_at = time.monotonic()
        self.heard: list[Said] = []

    def words(self) -> Iterator[str]:
        for line in self._lines:
            if line.startswith(b"data: "):
                event = json.loads(line[6:])
                if event["type"] == "response.tts":
                    self.heard.append(Said(time.monotonic(), event["content"]))
                    yield event["content"]
                if event["type"] == "response.end":
                    return
        raise SystemExit("the host closed the stream before its end")

    def all(self) -> str:
        return "".join(self.words())

    def hang_up(self) -> float:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._lines.close()
        self._socket.close()
        return time.monotonic()


def message(turn: str, text: str, **further: object) -> dict[str, object]:
    return {"type": "message", "turn_id": turn, "text": text} | further


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise SystemExit(f"not so: {what}")
    held.append(what)
    print(f"  so it is: {what}", flush=True)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def whole_turn(host: str, recorder: Recorder, event: dict[str, object]) -> str:
    turn = Turn(host, event)
    heard = turn.all()
    answer = recorder.answers[-1]
    answer.over.wait(PATIENCE)
    print(f"caller: {event['text']}\nllm:    {heard}")
    expect(answer.ended_at > 0 and len(answer.pieces) > 1, "the model answered")
    first, last = answer.pieces[0][0], answer.pieces[-1][0]
    print(f"  first word of the model after {milliseconds(first - answer.asked_at)}, of the caller after "
          f"{milliseconds(turn.heard[0].at - turn.asked_at)} ({milliseconds(turn.heard[0].at - first)} later); {len(answer.pieces)} pieces, "
          f"{len(answer.pieces) / max(last - first, 1e-6):.0f} a second")
    expect(turn.heard[0].at < last, "words were heard while the model still wrote")
    return heard


def interrupted_turn(host: str, recorder: Recorder, event: dict[str, object]) -> str:
    """What of it the caller has heard."""
    turn = Turn(host, event)
    heard = ""
    for words in turn.words():
        heard += words
        if len(heard.split()) > LONG_ENOUGH:
            break
    hung_up_at = turn.hang_up()
    answer: Answer = recorder.answers[-1]
    expect(answer.over.wait(PATIENCE), "the request to the model is over")
    heard = " ".join(heard.split()[:LONG_ENOUGH])
    print(f"caller: {event['text']}\nllm:    {heard} -- (the caller speaks)")
    expect(answer.cut_at > 0, f"the model was cut off, {milliseconds(answer.cut_at - hung_up_at)} after the caller had hung up")
    print(f"  it had written {len(answer.pieces)} pieces by then")
    return heard


def talk(host: str, recorder: Recorder) -> None:
    greeting = Turn(host, {"type": "session.start", "turn_id": "turn_0"}).all()
    print(f"llm:    {greeting}")
    questions = ["What is the capital of France?", "Tell me about dogs.",
                 "Thank you. And what is the capital of Italy?"]
    first = whole_turn(host, recorder, message("turn_1", questions[0]))
    heard = interrupted_turn(host, recorder, message("turn_2", questions[1]))
    context = {"previous_turn_interrupted": True, "words_heard": len(heard.split()), "text_heard": heard, "assistant_turn_id": "turn_2"}
    third = whole_turn(host, recorder, message("turn_3", questions[2], interruption_context=context))
    expect(third.strip() != "", "the third turn was answered")
    shown = [(line["role"], line["content"]) for line in recorder.answers[-1].messages]
    print("the model was shown:", *(f"  {role}: {text}" for role, text in shown), sep="\n")
    expect(shown[-3:] == [("user", questions[1]), ("assistant", heard + "…"), ("user", questions[2])],
           "the interrupted answer was shown to it as it was heard, and no more of it")
    expect(("assistant", first) in shown and any(greeting in text for _, text in shown), "so were the answer before it, and the welcome")


def configuration(address: str) -> str:
    """The agent that scripts/run --model serves, but as patient as we are: this is no test of the machine's speed."""
    text = (ROOT / "tests/model/small/agent.toml").read_text().replace("127.0.0.1:9000", address)
    text = re.sub(r"(first_word_ms|between_words_ms) = \d+", rf"\1 = {PATIENCE * 1000}", text)
    return re.sub(r'turn_timeout = "\w+"', f'turn_timeout = "{PATIENCE}s"', text)


def main() -> None:
    built = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as scratch, Process(str(ROOT / "scripts/model")) as model:
        recorder = Recorder(model.address)
        config = pathlib.Path(scratch) / "patchbay.toml"
        config.write_text(configuration(recorder.address))
        with Process(str(built / "patchbay"), "serve", "--config", str(config), "--plugins", str(built / "plugins"), "--listen", "127.0.0.1:0",
                     "--store", "memory", "--admin", "off", LAYERCODE_WEBHOOK_SECRET=SECRET) as host:
            talk(host.address, recorder)
    print(f"{len(held)} passed, 0 failed")


main()
