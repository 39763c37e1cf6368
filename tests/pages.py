"""Every page of the demo as a file, for judges from outside: pages.py FOLDER. bin/judge starts it and the Nu HTML
checker.

The pages of citizens, of owners and of the office, in both languages, each address once by the shape of its path.
"""

import re
import sys
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory

from conftest import logged_in
from flask_migrate import upgrade

from app import create_app
from demo import story
from mail.letters import link_to
from models import Assignee, Booking, db

EACH = 6  # of pages with the same shape, such as cases


def shape(path: str) -> str:
    """An address without what tells one case from the other."""
    return re.sub(r"/(?=[^/?]*\d)[^/?]+|=[^&]*", "/…", re.sub(r"/sag/\w{8}(/[\w-]{20,})?", "/sag/…", path))


def walk(client, *starts: str, each: int = EACH):
    """The HTML pages that one gets to by links, each with its address; so many of each shape."""
    seen, ahead, of_shape = set(starts), list(starts), {}
    while ahead:
        path = ahead.pop(0)
        answer = client.get(path, buffered=True)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            html = answer.get_data(as_text=True)
            yield path, html
            for link in map(unescape, re.findall(r'<a [^>]*href="(/[^"#]*)', html)):
                number = of_shape.get(shape(link), 0)
                if link not in seen and number < each and "/log-ud" not in link:
                    seen.add(link)
                    of_shape[shape(link)] = number + 1
                    ahead.append(link)


def write(folder: Path) -> int:
    """How many pages there are; each is a file whose name is its address."""
    with TemporaryDirectory() as instance:
        app = create_app({"INSTANCE": instance, "TESTING": True, "RATELIMIT_ENABLED": False})
        with app.app_context():
            upgrade()
            story.fill()
            db.session.commit()
            citizens = [link_to(one).partition(app.config["SERVER_NAME"])[2] for one in [
                *db.session.query(Booking).filter(Booking.removed_on.is_(None)), *db.session.query(Assignee)]]
            db.session.remove()
        number = 0
        for client, *starts in ((app.test_client(), "/", "/en/", *citizens),
                                (logged_in(app, story.OFFICER).client, "/kontor/", "/en/kontor/")):
            for path, html in walk(client, *starts):
                number += 1
                (folder / f"{number:04}{re.sub('[^A-Za-z0-9]+', '-', path)[:80]}.html").write_text(html)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    return number


if __name__ == "__main__":
    print(f"{write(Path(sys.argv[1]))} pages")
