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
from forms import AcceptForm, LoginForm, NewPasswordForm, PasswordForm, SecondFactorForm
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
        _let_in(officer)
    else:
        _tried_in_vain(Officer.by_email(form.email.data))
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
    return _account_page(_for_this_officer(PasswordForm(None)))


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


@office.route("/konto/adgangskode", methods=["GET", "POST"])
@throttle.getting_in
def password():
    form = _for_this_officer(NewPasswordForm())
    form.about = g.officer.email, g.officer.name
    if not form.validate_on_submit() or not _confirmed(form):
        return render_template("office/password.html", form=form), 422 if form.errors else 200
    g.officer.set_password(form.new_password.data)
    _let_in(g.officer)
    db.session.commit()
    flash(gettext("Your password is changed. Wherever else you were logged in, you no longer are."))
    return redirect(url_for(".account"), 303)


@office.route("/konto/kode", methods=["GET", "POST"])
@throttle.getting_in
def second_factor():
    """The secret is made out of this log-in: a reload shows the same one, and nothing is kept before the app has
    shown that it took it in."""
    form, secret = _for_this_officer(SecondFactorForm()), _offered_secret()
    if form.validate_on_submit() and _confirmed(form):
        if codes := g.officer.set_second_factor(secret, form.code.data):
            _let_in(g.officer)
            db.session.commit()
            return render_template("office/recovery.html", codes=codes)
        form.code.errors = [gettext("That is not the code. Wait for the next one, and check the phone’s clock.")]
    address = pyotp.TOTP(secret).provisioning_uri(
        name=g.officer.email, issuer_name=current_app.config["SERVER_NAME"])
    picture = segno.make(address, error="m").svg_inline(scale=5, light="#fff")
    return (render_template("office/second_factor.html", form=form, picture=Markup(picture),  # noqa: S704
                            secret=" ".join(secret[i:i + 4] for i in range(0, len(secret), 4))),
            422 if form.errors else 200)


@office.route("/konto/noedkoder", methods=["GET", "POST"])
@throttle.getting_in
def recovery_codes():
    form = _for_this_officer(PasswordForm())
    if request.method != "POST":
        return redirect(url_for(".account"))
    if not form.validate() or not _confirmed(form):
        return _account_page(form), 422
    codes = g.officer.renew_recovery()
    _let_in(g.officer)
    db.session.commit()
    return render_template("office/recovery.html", codes=codes)


@office.route("/invitation/<int:id>/<secret>", methods=["GET", "POST"])
@throttle.getting_in
def invitation(id: int, secret: str):
    """Opening the link uses nothing up: mail programs look at links, too."""
    invite, form = Invite.by_link(id, secret) or abort(404), AcceptForm()
    form.about = invite.email, form.name.data or ""
    if not invite.works:
        return render_template("office/invitation.html", invite=invite, form=None), 410
    if not form.validate_on_submit():
        return (render_template("office/invitation.html", invite=invite, form=form),
                422 if request.method == "POST" else 200)
    _let_in(invite.accept(form.name.data, form.password.data))
    db.session.commit()
    return redirect(url_for(".desk"), 303)


def _let_in(officer: Officer) -> None:
    """Whoever has shown who they are gets a session of its own, also where they had one before."""
    session.clear()
    session["log_in"] = LogIn.start(officer, _browser(request.user_agent.string))
    db.session.flush()  # a new officer has a number now
    if "deed" not in db.session.info:  # at an open door: the others have said what they are about to do
        in_hand(Deed(officer.id, request.endpoint, ""))


def _tried_in_vain(officer: Officer | None) -> None:
    """For the log, in place of what was asked for. What was typed is not kept, nor an e-mail that is no account."""
    in_hand(Deed(officer and officer.id, "locked" if officer and officer.is_locked else "wrong_try", ""))


def _for_this_officer(form: PasswordForm) -> PasswordForm:
    """Whoever logs in with a code shows one here, too."""
    if not (current_app.config["SECOND_FACTOR"] and g.officer.totp_secret):
        del form.now
    return form


def _confirmed(form: PasswordForm) -> bool:
    """Whether it is they who sit there; a wrong try counts as it does at the door."""
    if g.officer.confirms(form.password.data, form.now.data if form.now else None):
        return True
    _tried_in_vain(g.officer)
    db.session.commit()
    form.password.errors = [gettext("That is not your password, or the code is wrong or has been used.") if form.now
                            else gettext("That is not your password.")]
    return False


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
