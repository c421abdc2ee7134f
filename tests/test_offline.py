"""Tests reach no other machine."""

import socket

import pytest


def test_a_connection_to_another_machine_is_refused():
    with socket.socket() as client, pytest.raises(OSError, match="this machine alone"):
        client.connect(("192.0.2.1", 80))


def test_a_server_on_this_machine_is_reached():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.connect(server.getsockname())
