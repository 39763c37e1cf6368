"""The files that are the same for everybody: those of static/, and Leaflet out of its own package.

Their addresses carry their version, the hash of what is in them, so that a browser keeps each for good and asks only
for what has changed. They are sent packed where the browser takes it: none of them holds a secret. Styles go without
their comments, which are for us.
"""

import gzip
import re
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import files
from io import BytesIO
from os.path import isfile
from pathlib import Path
from typing import NamedTuple

from flask import Flask, Response, abort, request, send_file
from werkzeug.security import safe_join

FOLDERS = {  # by endpoint; out of its package, Leaflet is neither copied into ours nor fetched from elsewhere
    "static": Path(__file__).with_name("static"),
    "leaflet": next(file for file in files("XStatic-Leaflet") if file.name == "leaflet.js").locate().parent}
YEAR = 31_536_000  # seconds for which a browser keeps what it asked for with its version
WITHOUT_VERSION = {"static": None, "leaflet": 86_400}  # the same for what was asked without; None: it asks each time
CSS_COMMENT = re.compile(rb"/\*.*?\*/\s*", re.DOTALL)
MOST_KEPT = 50  # files in memory


class StaticFile(NamedTuple):
    plain: bytes
    packed: bytes  # with gzip; empty where that makes it no smaller, as a picture
    version: str


def init_app(app: Flask) -> None:
    app.view_functions["static"] = send_static_file
    app.add_url_rule("/leaflet/<path:filename>", "leaflet", send_static_file)
    app.url_defaults(add_version)


def add_version(endpoint: str, values: dict) -> None:
    """For every url_for: /static/style.css?v=..."""
    file = find_file(endpoint, values["filename"]) if endpoint in FOLDERS else None
    if file:
        values["v"] = file.version


def send_static_file(filename: str) -> Response:
    file = find_file(request.endpoint, filename) or abort(404)
    packed = file.packed and request.accept_encodings["gzip"] > 0
    is_this_version = request.args.get("v") == file.version
    response = send_file(
        BytesIO(file.packed if packed else file.plain), download_name=Path(filename).name,
        etag=file.version + ("-gzip" if packed else ""),
        max_age=YEAR if is_this_version else WITHOUT_VERSION[request.endpoint])
    response.vary.add("Accept-Encoding")
    response.cache_control.immutable = is_this_version
    if packed:
        response.content_encoding = "gzip"
    return response


def find_file(endpoint: str, filename: str) -> StaticFile | None:
    path = safe_join(str(FOLDERS[endpoint]), filename)
    if path is None or not isfile(path):  # which takes a name that is too long for none, other than Path
        return None
    return _read(path, Path(path).stat().st_mtime_ns)


@lru_cache(MOST_KEPT)
def _read(path: str, _changed: int) -> StaticFile:
    """Read, packed and hashed once, until it changes."""
    plain = Path(path).read_bytes()
    if path.endswith(".css"):
        plain = CSS_COMMENT.sub(b"", plain)
    packed = gzip.compress(plain)
    return StaticFile(plain, packed if len(packed) < len(plain) else b"", sha256(plain).hexdigest()[:16])
