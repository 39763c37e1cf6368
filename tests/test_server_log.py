"""What the server writes before Flask is asked, or after it has failed: never an address that is a key."""

import logging
import socket

import databases
import pytest
from browser import Site

from models import db
from web import leave_address_out

pytestmark = pytest.mark.system

SECRET = "Zq7xSecretThatOpensTheCase"
PATH = f"/sag/K7MDPXQA/{SECRET}"
REQUESTS = {
    "no HTTP": f"GET {PATH} HTTP/9.9\r\nHost: x\r\n\r\n",
    "no version": f"GET {PATH}\r\n\r\n",
    "odd method": f"g<t {PATH} HTTP/1.1\r\nHost: x\r\n\r\n",
    "odd header": f"GET / HTTP/1.1\r\nHost: x\r\nReferer {PATH}\r\n\r\n",
    "odd header name": f"GET / HTTP/1.1\r\nHost: x\r\nRef erer: {PATH}\r\n\r\n",
    "header with NUL": f"GET / HTTP/1.1\r\nHost: x\r\nReferer: {PATH}\0\r\n\r\n",
    "prefix": f"GET {PATH} HTTP/1.1\r\nHost: x\r\nSCRIPT_NAME: /elsewhere\r\n\r\n",
    "forwarded prefix": f"GET {PATH} HTTP/1.1\r\nHost: x\r\nX-Forwarded-Prefix: {PATH}\r\nX-Script-Name: {PATH}\r\n\r\n",
    "both lengths": f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
    "odd length": f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {SECRET}\r\n\r\n",
    "odd chunk": f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{SECRET}\r\n",
    "too long": f"GET {PATH}?{'x' * 9000} HTTP/1.1\r\nHost: x\r\n\r\n",
    "odd escape": f"GET {PATH}%zz%ff HTTP/1.1\r\nHost: x\r\n\r\n",
    "odd port": f"GET http://[{PATH} HTTP/1.1\r\nHost: x\r\n\r\n",
    "proxy protocol": f"PROXY TCP4 {PATH} x y z\r\nGET {PATH} HTTP/1.1\r\n\r\n",
    "foreign host": f"GET {PATH} HTTP/1.1\r\nHost: {SECRET}:{SECRET}\r\n\r\n",
    "no such case": f"GET {PATH} HTTP/1.0\r\n\r\n",
}


@pytest.fixture(scope="module")
def site(template, tmp_path_factory):
    site = Site(databases.copied(template, tmp_path_factory.mktemp("site") / "instance"))
    site.serve()
    yield site
    with site.app.app_context():
        db.session.remove()
        db.engine.dispose()
    site.stop()


@pytest.mark.sqlite
@pytest.mark.parametrize("what", REQUESTS)
def test_a_request_that_the_server_cannot_read_leaves_no_secret_in_the_log(site, what):
    host, port = site.host.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as line:
        line.sendall(REQUESTS[what].encode("latin-1"))
        line.shutdown(socket.SHUT_WR)
        while line.recv(65536):
            pass
    assert SECRET not in site.log and "K7MDPXQA" not in site.log
    assert f"Host: {site.host}" not in site.log


@pytest.mark.parametrize(("words", "kept"), [
    (f"Error handling request GET {PATH}", "Error handling request: ValueError"),
    (f"Exception while serving {PATH}", "Exception while serving: ValueError"),
    (f"Invalid request from ip=10.1.2.3: Invalid HTTP Header: 'X {PATH}'", "Invalid request: ValueError"),
    ("Socket error processing request.", "Socket error processing request: ValueError"),
    ("Error handling HTTP/2 request", "Error handling HTTP/2 request: ValueError")])
def test_what_a_server_says_of_a_failed_request_keeps_its_kind_and_no_address(words, kept, caplog):
    logger = logging.Logger("server")
    logger.addFilter(leave_address_out)
    logger.addHandler(caplog.handler)
    try:
        raise ValueError(PATH)
    except ValueError:
        logger.exception(words)
    assert kept in caplog.text and "test_server_log.py" in caplog.text and SECRET not in caplog.text


def test_what_a_server_says_of_itself_stays(caplog):
    logger = logging.Logger("server")
    logger.addFilter(leave_address_out)
    logger.addHandler(caplog.handler)
    logger.info("Listening at: http://127.0.0.1:8000 (%s)", 17)
    assert "Listening at: http://127.0.0.1:8000 (17)" in caplog.text
