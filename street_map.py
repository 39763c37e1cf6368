"""The map's streets out of a file of our own, instance/map.mbtiles: nobody else learns who looks at which road.

MBTiles 1.3 is a SQLite database of small pictures (tiles) by zoom, column and row. docs/operating.md says how to make
one. A file that cannot be used is named in the log, once, and the forms do without a map.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from flask import current_app
from markupsafe import Markup

FILE_NAME = "map.mbtiles"
MIME_TYPES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}
DEEPEST_ZOOM = 22  # beyond, a tile is smaller than a house door


@dataclass(frozen=True)
class StreetMap:
    """A file of tiles. `bounds` are its corners in degrees (west, south, east, north), the zooms those it has."""

    path: Path
    mime_type: str
    attribution: str
    bounds: tuple[float, float, float, float]
    least_zoom: int
    most_zoom: int

    @classmethod
    def at_hand(cls) -> Self | None:
        """The one of this site; None where there is none, or none that can be used."""
        path = Path(current_app.instance_path, FILE_NAME)
        return _opened(path, path.stat().st_mtime_ns) if path.is_file() else None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises ValueError, or sqlite3.Error where it is no database."""
        with closing(_connect(path)) as tiles:
            told = dict(tiles.execute("SELECT name, value FROM metadata"))
            zooms = tiles.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles").fetchone()
        west, south, east, north = map(float, told.get("bounds", "-180,-85,180,85").split(","))
        if told.get("format") not in MIME_TYPES or None in zooms:
            raise ValueError(f"tiles of the format {told.get('format')!r}, zooms {zooms}: pictures are needed")
        return cls(path, MIME_TYPES[told["format"]], Markup(told.get("attribution", "")).striptags(),
                   (west, south, east, north), *zooms)

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """The picture, its row counted from the north as browsers do; None where the file has none."""
        if zoom > DEEPEST_ZOOM:
            return None
        try:
            with closing(_connect(self.path)) as tiles:
                found = tiles.execute(
                    "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
                    (zoom, column, 2**zoom - 1 - row)).fetchone()
        except sqlite3.Error as error:
            current_app.logger.error("%s cannot be read: %s", FILE_NAME, error)
            return None
        return found and found[0]


@cache
def _opened(path: Path, _changed_at: int) -> StreetMap | None:
    """Read once for each state of the file."""
    try:
        return StreetMap.read(path)
    except (ValueError, sqlite3.Error) as error:
        current_app.logger.error("%s cannot be used as a map: %s", FILE_NAME, error)
        return None


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
