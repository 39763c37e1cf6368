"""Pages that are the same for everybody are rendered once, and anew when anything could have changed.

A kept page is found by its address and belongs to one state of the site: what is stored, the file of the map, and the
minute. Whatever a page says turns on whole minutes: a pause that ends at midnight, a visit that is over. Of its first
reader it holds nothing: the tokens of its forms are left out, and each reader gets their own.
"""

import re
import zlib
from collections.abc import Callable
from functools import wraps
from struct import pack
from threading import Lock
from typing import NamedTuple, Self

from flask import Response, current_app, get_flashed_messages, make_response, request, session
from flask_wtf.csrf import generate_csrf

from forms import new_form_token
from models import data_version, now
from street_map import StreetMap

MOST_KEPT = 100  # pages in memory, in each process: some 2 MB
# What of a session no kept page shows. Whoever has more, such as a notice or a log-in, gets a page of their own.
SHOWN_NOWHERE = {"csrf_token", "patient", "phone"}
TOKENS = {"csrf_token": generate_csrf, "once": new_form_token}  # what of a form is its reader's alone
TOKEN = re.compile(rf'(name="({"|".join(TOKENS)})" value=")[^"]*')
GZIP_HEADER, LAST_BLOCK = bytes.fromhex("1f8b08000000000000ff"), b"\3\0"  # RFC 1952, and RFC 1951: it is empty

_keeping = Lock()


class Piece(NamedTuple):
    """What stands before a token, after one, or is one; `packed` as blocks of DEFLATE that refer to no others."""

    plain: bytes
    packed: bytes

    @classmethod
    def of(cls, html: str) -> Self:
        plain, packer = html.encode(), zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return cls(plain, packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH))

    @classmethod
    def of_token(cls, token: str) -> Self:
        """As it is, so that the size of a packed page tells nothing of its secrets (BREACH)."""
        plain = token.encode()
        return cls(plain, pack("<BHH", 0, len(plain), len(plain) ^ 0xFFFF) + plain)


class KeptPage:
    """A page in parts: pieces, and for each token the name of its field."""

    def __init__(self, page: Response):
        self.content_type, parts = page.content_type, TOKEN.split(page.get_data(as_text=True))
        self.parts = [part if part in TOKENS else Piece.of(part) for part in parts]

    def response(self) -> Response:
        """For whoever asks now, with tokens of their own."""
        pieces = [Piece.of_token(TOKENS[part]()) if isinstance(part, str) else part for part in self.parts]
        body = b"".join(piece.plain for piece in pieces)
        if not request.accept_encodings["gzip"]:
            return Response(body, content_type=self.content_type)
        packed = b"".join(piece.packed for piece in pieces)
        packed = GZIP_HEADER + packed + LAST_BLOCK + pack("<LL", zlib.crc32(body), len(body))
        return Response(packed, content_type=self.content_type, headers={"Content-Encoding": "gzip"})


def rendered_once(*parameters: str) -> Callable:
    """For a view whose page is the same for everybody who asks by GET without a query, or with these parameters of it
    alone. All else, and what is not an answer with status 200, it gives each time anew."""
    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def shown(**values):
            own = request.method != "GET" or request.args.keys() - {*parameters} or session.keys() - SHOWN_NOWHERE
            stored = None if own else data_version()
            if stored is None:
                return view(**values)
            state = stored, StreetMap.at_hand(), now().timestamp() // 60
            return _kept_page((request.root_url, request.path, request.query_string, state), view, values)
        return shown
    return decorate


def _kept_page(address: tuple, view: Callable, values: dict) -> Response:
    kept = current_app.extensions.setdefault("page_cache", {})
    page = kept.get(address)
    if page is None:
        response = make_response(view(**values))
        if response.status_code != 200 or get_flashed_messages():
            return response
        page = KeptPage(response)
        with _keeping:
            kept[address] = page
            while len(kept) > MOST_KEPT:
                del kept[next(iter(kept))]  # the oldest
    return page.response()
