"""Whether anything could be lost: how old the newest backup is, and whether it was tried out."""

from flask import render_template

import backups

from . import office


@office.get("/sikkerhedskopi")
def safety():
    return render_template("office/safety.html", kept=backups.kept(), database=backups.database(),
                           **backup_health())


def backup_health() -> dict:
    """What the work list warns of, and this page always shows."""
    last = {what: backups.last(what) for what in ("backup", "drill")}
    return {"backup_troubles": backups.troubles(), "backup_ages": backups.ages(), "last": last,
            "backup_failed": {what for what, note in last.items() if note.get("error")}}
