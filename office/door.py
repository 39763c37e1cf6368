"""The door: logging in and out, one's own sessions, the second factor, and the first step in by an invitation."""

import base64
import hashlib
import hmac
from datetime import timedelta

import pyotp
import segno
from flask import abort, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext
from markupsafe import Markup

import throttle
from forms import AcceptForm, LoginForm, PasswordForm, SecondFactorForm
from models import Deed, Invite, LogIn, Officer, db, in_hand

from . import office, pressed, safe_next

BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {"Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Macintosh": "Mac",
           "Linux": "Linux"}


@office.route("/log-ind", methods=["GET", "POST"])
@throttle.getting_in
def log_in():
    """All on one page, so that a wrong code looks like a wrong password, and neither tells of the other."""
    form, second = LoginForm(), current_app.config["SECOND_FACTOR"]
    if not second:
        del form.code
    if not form.validate_on_submit():
        return render_template("office/log_in.html", form=form), 422 if request.method == "POST" else 200
    officer = Officer.log_in(form.email.data, form.password.data, form.code.data or "" if second else None)
    if officer:
        _let_in(officer, "office.log_in")
    db.session.commit()  # a wrong try counts, too
    if officer is None:
        form.password.errors = [
            gettext("E-mail, password and code do not go together, or the account is locked for a while after several "
                    "wrong tries. Each code works once.") if second else
            gettext("E-mail and password do not go together, or the account is locked for a while after several wrong "
                    "tries.")]
        return render_template("office/log_in.html", form=form), 422
    return redirect(safe_next(request.args.get("next")) or url_for("office.desk"), 303)


@office.post("/log-ud")
def log_out():
    if pressed():
        db.session.delete(g.log_in)
        db.session.commit()
        session.clear()
    return redirect(url_for("office.log_in"), 303)


@office.get("/konto")
def account():
    return _account_page(PasswordForm(None))


@office.post("/konto/log-ind/<int:id>/afslut")
def end_session(id: int):
    one = db.session.get(LogIn, id)
    if one is None or one.officer is not g.officer:
        abort(404)
    if pressed():
        db.session.delete(one)
        db.session.commit()
        flash(gettext("Ended. Whoever sits there has to log in again."))
    return redirect(url_for(".account"), 303)


@office.route("/konto/kode", methods=["GET", "POST"])
@throttle.getting_in
def second_factor():
    """The secret is made out of this log-in: a reload shows the same one, and nothing is kept before the app has
    shown that it took it in."""
    form, secret = SecondFactorForm(), _offered_secret()
    if form.validate_on_submit():
        if not g.officer.confirms(form.password.data):
            form.password.errors = [gettext("That is not your password.")]
        elif codes := g.officer.set_second_factor(secret, form.code.data):
            db.session.commit()
            return render_template("office/recovery.html", codes=codes)
        else:
            form.code.errors = [gettext("That is not the code. Wait for the next one, and check the phone’s clock.")]
        db.session.commit()  # a wrong password counts
    address = pyotp.TOTP(secret).provisioning_uri(
        name=g.officer.email, issuer_name=current_app.config["SERVER_NAME"])
    picture = segno.make(address, error="m").svg_inline(scale=5, light="#fff")
    return (render_template("office/second_factor.html", form=form, picture=Markup(picture),  # noqa: S704
                            secret=" ".join(secret[i:i + 4] for i in range(0, len(secret), 4))),
            422 if form.errors else 200)


@office.route("/konto/noedkoder", methods=["GET", "POST"])
@throttle.getting_in
def recovery_codes():
    form = PasswordForm()
    if request.method != "POST":
        return redirect(url_for(".account"))
    if form.validate() and not g.officer.confirms(form.password.data):
        form.password.errors = [gettext("That is not your password.")]
    codes = g.officer.renew_recovery() if not form.errors else []
    db.session.commit()
    return render_template("office/recovery.html", codes=codes) if codes else (_account_page(form), 422)


@office.route("/invitation/<int:id>/<secret>", methods=["GET", "POST"])
@throttle.getting_in
def invitation(id: int, secret: str):
    """Opening the link uses nothing up: mail programs look at links, too."""
    invite, form = Invite.by_link(id, secret) or abort(404), AcceptForm()
    if not invite.works:
        return render_template("office/invitation.html", invite=invite, form=None), 410
    if not form.validate_on_submit():
        return (render_template("office/invitation.html", invite=invite, form=form),
                422 if request.method == "POST" else 200)
    _let_in(invite.accept(form.name.data, form.password.data), "office.invitation")
    db.session.commit()
    return redirect(url_for(".desk"), 303)


def _let_in(officer: Officer, what: str) -> None:
    session.clear()  # whoever gave us a session before, this one is new
    session["log_in"] = LogIn.start(officer, _browser(request.user_agent.string))
    db.session.flush()  # a new officer has a number now
    in_hand(Deed(officer.id, what, ""))


def log_in_of_session() -> LogIn | None:
    """Whose session it is, where it is neither idle nor old nor ended."""
    key = session.get("log_in")
    if not isinstance(key, str):
        return None
    found = LogIn.by_key(key)
    if found and found.officer.active and _lasts(found):
        return found
    session.clear()
    flash(gettext("You have been logged out. Log in to go on."))
    return None


def _lasts(found: LogIn) -> bool:
    config = current_app.config
    return found.lasts(timedelta(minutes=config["IDLE_MINUTES"]), timedelta(hours=config["SESSION_HOURS"]))


def _account_page(form: PasswordForm) -> str:
    return render_template("office/account.html", log_ins=[one for one in g.officer.log_ins if _lasts(one)],
                           this=g.log_in, form=form)


def _offered_secret() -> str:
    """Known to nobody who has only the cookie, and another one each time that the factor is set up anew."""
    key = hmac.digest(current_app.config["SECRET_KEY"].encode(),
                      f"{session['log_in']} {g.officer.totp_secret}".encode(), hashlib.sha256)
    return base64.b32encode(key[:20]).decode()


def _browser(agent: str) -> str:
    """What sort of browser, in words that are the same in every language; more is not kept."""
    return ", ".join(name for signs in (BROWSERS, SYSTEMS)
                     for name in [next((words for sign, words in signs.items() if sign in agent), "")] if name)
