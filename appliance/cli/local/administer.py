"""Commands of the administration: sent to the server that runs, or carried out here where none does.

Light: what a running server does is not imported. A server that is just starting or ending, or another command that
holds the folder, is waited for.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from appliance.administration.protocol import (
    DECODE_DOWN,
    MAX_FRAME_BYTES,
    RELEASE,
    Ask,
    Done,
    Failed,
    Reply,
    Run,
    too_large,
)
from appliance.cli.local.printing import Write, show
from appliance.cli.terminal import ask_secret
from appliance.data_folder import administration_path
from appliance.errors import AppError
from appliance.ipc.frames import LENGTH_BYTES, encode, framed
from appliance.ipc.sockets import require_owner
from appliance.late import load

CONNECT_TIMEOUT_S: Final = 20.0
LOOK_AGAIN_S: Final = 0.05
ALREADY_RUNNING: Final = "already_running"
NOT_SENT: Final = ("data", "run", "command", "output")


def run(arguments: argparse.Namespace) -> int:
    """Have the command that the grammar named carried out; return its exit code."""
    return administer(arguments, sys.stdout.buffer.write)


def administer(arguments: argparse.Namespace, write: Write) -> int:
    """Have a command carried out, with its bytes written by `write`. Raises AppError, OSError, Cancelled."""
    data: Path = arguments.data.resolve()
    values = {name: _sendable(value) for name, value in vars(arguments).items() if name not in NOT_SENT}
    command = encode(Run(RELEASE, arguments.command, values))
    if len(command) > MAX_FRAME_BYTES:
        raise too_large(len(command))
    deadline = time.monotonic() + CONNECT_TIMEOUT_S
    while True:
        connection = _connected(data)
        if connection is not None:
            with connection:
                return _converse(connection, command, write)
        try:
            return _carry_out_here(data, arguments.command, values, write)
        except AppError as error:
            if error.code != ALREADY_RUNNING or time.monotonic() >= deadline:
                raise
        time.sleep(LOOK_AGAIN_S)


def _carry_out_here(data: Path, command: str, values: Mapping[str, Any], write: Write) -> int:
    code: int = load("appliance.cli.local.stopped:carry_out")(data, command, values, write)
    return code


def _sendable(value: object) -> object:
    """Return an argument as it travels; a file with its content. Raises OSError, AppError (`file_too_large`)."""
    if isinstance(value, Path):
        if (size := value.stat().st_size) > MAX_FRAME_BYTES:
            raise too_large(size)
        # The name is shown to people alone; not every name of a file is text.
        return {"name": os.fsencode(value).decode(errors="replace"), "content": value.read_bytes()}
    return [_sendable(item) for item in value] if isinstance(value, list) else value


def _connected(data: Path) -> socket.socket | None:
    """Return a connection to the server of a data folder, None where none listens.

    Raises PermissionError (`Unsafe`) where the socket is not the server's: secrets are typed into it.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path = administration_path(data)
        connection.connect(str(path))
        require_owner(path, connection)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        connection.close()
        return None
    except BaseException:
        connection.close()
        raise
    return connection


def _converse(connection: socket.socket, command: bytes, write: Write) -> int:
    """Send a command, print what it says and answer what it asks; return its exit code.

    Raises what it was refused with, and AppError (`administration_lost`) when the server ends before the command does.
    """
    try:
        connection.sendall(framed(command))
        while True:
            frame = DECODE_DOWN.decode(_received(connection))
            if isinstance(frame, Done):
                return frame.code
            if isinstance(frame, Failed):
                raise frame.error()
            if isinstance(frame, Ask):
                connection.sendall(framed(encode(Reply(ask_secret(frame.prompt)))))
            else:
                show(frame, write)
    except (ConnectionError, msgspec.DecodeError) as error:
        raise AppError(str(error), code="administration_lost") from error


def _received(connection: socket.socket) -> bytes:
    return _exactly(connection, int.from_bytes(_exactly(connection, LENGTH_BYTES), "big"))


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise ConnectionResetError("the server closed the connection")
        received += part
    return bytes(received)
