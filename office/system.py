"""Whether anything could be lost: how old the newest backup is, and whether it was tried out."""

from flask import render_template

import backups

from .blueprint import office


@office.get("/sikkerhedskopi")
def safety():
    return render_template("office/safety.html", kept=backups.list_backups(), database=backups.database(),
                           **backups.health())
