#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server of the Model Context Protocol by its official SDK for Python.

server.py SDK TRANSPORT [PORT]   SDK is a folder that is looked into first, or "-"; TRANSPORT is stdio or http
"""
import asyncio
import os
import signal
import socket
import sys

sdk, transport = sys.argv[1:3]
if sdk != "-":
    sys.path.insert(0, sdk)

try:
    from mcp.server.mcpserver import Image, MCPServer
except ImportError:  # before 2.0
    from mcp.server.fastmcp import FastMCP as MCPServer, Image
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

server = MCPServer("shop")
reads = ToolAnnotations(readOnlyHint=True)


class Line(BaseModel):
    item: str
    count: int = Field(ge=1, le=50)


class Order(BaseModel):
    lines: list[Line]
    number: int | None = None


@server.tool(annotations=reads)
def stock(item: str) -> str:
    """How many of a thing are left."""
    if item == "stones":
        raise ValueError("we sell no stones")
    return f"12 of {item}"


@server.tool()
def order(lines: list[Line]) -> Order:
    """Places an order."""
    return Order(lines=lines, number=7)


@server.tool(name="menu.picture", annotations=reads)
def picture():
    """The menu as a picture, and a word about it."""
    return [Image(data=b"\x89PNG", format="png"), "a menu"]


@server.tool(annotations=reads)
async def wait(seconds: float) -> str:
    """Waits."""
    print("the wait has begun", file=sys.stderr, flush=True)
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        print("the wait was cancelled", file=sys.stderr, flush=True)
        raise
    return "waited"


def run_http(port):
    import uvicorn

    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # uvicorn raises it again when it has ended well

    listener = socket.create_server(("127.0.0.1", port))
    print(f"server answers on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(server.streamable_http_app(), log_level="warning")).run([listener])


if transport == "stdio":
    server.run("stdio")
else:
    run_http(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
