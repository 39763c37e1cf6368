"""What is sent to a real server: more than it takes, and what is no body at all."""

import re
import socket
from contextlib import closing

import pytest
from helpers_servers import server  # noqa: F401  (a fixture)

pytestmark = pytest.mark.system


def sent(server, head: str, *pieces: bytes) -> str:  # noqa: F811
    """The answer to a request over a line that breaks as a browser's does: all is sent before anything is read."""
    host, port = server.host.split(":")
    with closing(socket.create_connection((host, int(port)), timeout=60)) as line:
        line.sendall(f"{head}\r\nHost: {server.host}\r\nConnection: close\r\n".encode())
        for piece in pieces:
            line.sendall(piece)
        answer = b""
        while piece := line.recv(65_536):
            answer += piece
    return answer.decode("utf-8", "replace")


def test_26_megabytes_get_a_page_and_no_broken_line(server):  # noqa: F811
    body = b"x" * 1_000_000
    answer = sent(server, "POST /en/find HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                  f"Content-Length: {26 * len(body)}", b"\r\n", *[body] * 26)
    assert re.match(r"HTTP/1.1 413 ", answer) and "That was too much at once" in answer and "</html>" in answer


@pytest.mark.parametrize("path", ["/en/find", "/en/bestil/faerdselskontrol", "/en/kontor/log-ind"])
@pytest.mark.parametrize("chunks", [b"zz\r\nabc\r\n0\r\n\r\n", b"5\r\nabcdefgh\r\n0\r\n\r\n", b"-1\r\n\r\n", b"\xb2\r\nab\r\n0\r\n\r\n"])
def test_chunks_that_are_none_are_no_error_of_ours(server, path, chunks):  # noqa: F811
    answer = sent(server, f"POST {path} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                  "Transfer-Encoding: chunked", b"\r\n", chunks)
    assert re.match(r"HTTP/1.1 4\d\d ", answer), answer[:200]
    assert "Traceback" not in server.log
