# SPDX-License-Identifier: MIT
"""FastAPI on uvicorn with uvloop and httptools, one process. The guide's own example for FastAPI checks
no signature; here it is checked, as its documentation asks for, and no model is asked."""
import argparse
import hashlib
import hmac
import json
import os
import re
import time

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse

WORDS = ["A dozen rolls, gladly. ", "The rye bread comes out of the oven at seven. ", "Shall I put both aside for you?"]
MAX_SKEW = 300  # seconds
SIGNATURE = re.compile(r"t=([0-9]+),v1=([0-9a-f]{64})")

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--says", type=int, default=3)
options = parser.parse_args()
secret = os.environ["LAYERCODE_WEBHOOK_SECRET"].encode()
if not secret:
    raise SystemExit("LAYERCODE_WEBHOOK_SECRET is empty")

app = FastAPI()


def is_signed(signature, body):
    match = SIGNATURE.fullmatch(signature)
    if not match or abs(int(time.time()) - int(match[1])) > MAX_SKEW:
        return False
    expected = hmac.new(secret, match[1].encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, match[2])


def event(fields):
    return f"data: {json.dumps(fields)}\n\n"


async def answer(turn_id):
    for i in range(options.says):
        yield event({"type": "response.tts", "content": WORDS[i % len(WORDS)], "turn_id": turn_id})
    yield event({"type": "response.end", "turn_id": turn_id})


@app.post("/agent")
async def agent(request: Request):
    body = await request.body()
    if not is_signed(request.headers.get("layercode-signature", ""), body):
        raise HTTPException(401, "Invalid signature")
    try:
        message = json.loads(body)
    except ValueError:
        raise HTTPException(400, "Not JSON") from None
    return StreamingResponse(answer(message["turn_id"]), media_type="text/event-stream")


# No line for each request: none of the others writes one.
config = uvicorn.Config(app, host="127.0.0.1", port=int(os.environ.get("PORT", 0)), loop="uvloop", http="httptools",
                        log_level="warning", access_log=False, backlog=4096)
listener = config.bind_socket()
listener.listen(config.backlog)  # whoever comes before the server runs waits for it
print(f"fastapi answers on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.Server(config).run(sockets=[listener])
