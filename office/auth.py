"""Logging in and out, one's own sessions, the second factor, and the first log-in by an invitation."""

import base64
import hashlib
import hmac
from collections.abc import Callable

import pyotp
from flask import abort, current_app, g, redirect, render_template, request, session, url_for
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy import select

import ratelimits
from forms import AcceptForm, LoginForm, NewPasswordForm, PasswordForm, SecondFactorForm
from mail.letters import OFFICE_PATHS
from models import Invite, LogIn, Officer, db, start_audit
from web import commit_and_redirect, form_page, needs_press, reads_first

from .blueprint import log_in_of_session, office, page_key, safe_next, session_lasts

BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {"Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Macintosh": "Mac",
           "Linux": "Linux"}


@office.route("/log-ind", methods=["GET", "POST"])
@reads_first()
@ratelimits.login_limit
def log_in():
    """All on one page, so that a wrong code looks like a wrong password, and neither tells of the other."""
    goal = _goal(".work_list")
    if request.method != "POST" and log_in_of_session():  # Office asks without the browser's cookies, and is led here
        return redirect(goal)
    form, second = LoginForm(), current_app.config["SECOND_FACTOR"]
    if not second:
        del form.code
    if not form.validate_on_submit():
        return form_page("office/log_in.html", form)
    officer = Officer.log_in(form.email.data, form.password.data, form.code.data or "" if second else None)
    if officer:
        _start_session(officer)
    else:
        _audit_failed_log_in(Officer.by_email(form.email.data))
    db.session.commit()  # a wrong try counts, too
    if officer is None:
        form.password.errors = [
            gettext("The e-mail address, the password or the code is wrong, or the account is locked for a while after "
                    "several wrong tries. Each code works once.") if second else
            gettext("The e-mail address or the password is wrong, or the account is locked for a while after several "
                    "wrong tries.")]
        return form_page("office/log_in.html", form)
    return redirect(goal, 303)


@office.post("/log-ud")
@needs_press
def log_out():
    db.session.delete(g.log_in)
    session.clear()
    return commit_and_redirect(url_for("office.log_in"))


@office.get("/konto")
def account():
    return _account_page(_for_this_officer(PasswordForm(None)))


@office.post("/konto/log-ind/<int:id>/afslut")
@needs_press
def end_session(id: int):
    db.session.delete(db.one_or_404(select(LogIn).filter_by(id=id, officer=g.officer)))
    return commit_and_redirect(url_for(".account"), gettext("Ended. Whoever sits there has to log in again."))


@office.route("/konto/adgangskode", methods=["GET", "POST"])
@reads_first()
@ratelimits.login_limit
def password():
    form = _for_this_officer(NewPasswordForm())
    form.about = g.officer.email, g.officer.name
    if not form.validate_on_submit() or not _confirmed(form, g.officer.change_password, form.new_password.data):
        return form_page("office/password.html", form)
    _start_session(g.officer)
    return commit_and_redirect(_goal(".account"), gettext(
        "Your password is changed. Wherever else you were logged in, you no longer are."))


@office.route("/konto/kode", methods=["GET", "POST"])
@reads_first()
@ratelimits.login_limit
def second_factor():
    """The secret is made out of this log-in: a reload shows the same one, and nothing is kept before the app has
    shown that it took it in."""
    form, secret = _for_this_officer(SecondFactorForm()), _offered_secret()
    if form.validate_on_submit() and _confirmed(form):
        if codes := g.officer.set_second_factor(secret, form.code.data):
            return _recovery_page(codes)
        form.code.errors = [gettext("That code is wrong. Wait for the next one, and check the phone’s clock.")]
    import segno  # which only this page and the wall of a poll need

    address = pyotp.TOTP(secret).provisioning_uri(
        name=g.officer.email, issuer_name=current_app.config["SERVER_NAME"])
    picture = segno.make(address, error="m").svg_inline(scale=5, light="#fff")
    return form_page("office/second_factor.html", form, picture=Markup(picture),  # noqa: S704
                     secret=" ".join(secret[i:i + 4] for i in range(0, len(secret), 4)))


@office.post("/konto/noedkoder")
@reads_first()
@ratelimits.login_limit
def recovery_codes():
    form = _for_this_officer(PasswordForm())
    if not form.validate() or not _confirmed(form):
        return _account_page(form)
    return _recovery_page(g.officer.renew_recovery())


@office.route(OFFICE_PATHS["invitation"], methods=["GET", "POST"])
@reads_first()
@ratelimits.login_limit
def invitation(id: int, secret: str):
    """Opening the link uses nothing up: mail programs look at links, too."""
    invite, form = Invite.by_link(id, secret) or abort(404), AcceptForm()
    form.about = invite.email, form.name.data or ""
    if not invite.works:
        return render_template("office/invitation.html", invite=invite, form=None), 410
    if not form.validate_on_submit():
        return form_page("office/invitation.html", form, invite=invite)
    _start_session(invite.accept(form.name.data, form.password.data))
    return commit_and_redirect(url_for(".work_list"))


def _goal(otherwise: str) -> str:
    """Where to go on: the page that was asked for before whoever came had to log in or set something up."""
    return safe_next(request.args.get("next")) or url_for(otherwise)


def _start_session(officer: Officer) -> None:
    """Whoever has shown who they are gets a session of its own, also where they had one before."""
    session.clear()
    session["log_in"] = LogIn.start(officer, _browser(request.user_agent.string))
    db.session.flush()  # a new officer has a number now
    if "audit_entry" not in db.session.info:  # pages open to all; the others have begun their entry already
        start_audit(officer.id, page_key())


def _audit_failed_log_in(officer: Officer | None) -> None:
    """For the log, in place of what was asked for. What was typed is not kept, nor an e-mail that is no account."""
    start_audit(officer and officer.id, "locked" if officer and officer.is_locked else "wrong_try")


def _for_this_officer(form: PasswordForm) -> PasswordForm:
    """Whoever logs in with a code shows one here, too."""
    if not (current_app.config["SECOND_FACTOR"] and g.officer.totp_secret):
        del form.now
    return form


def _confirmed(form: PasswordForm, verb: Callable | None = None, *values) -> bool:
    """Whether it is they who sit there, and `verb` was done; a wrong try counts as it does at log-in."""
    verb = verb or g.officer.confirms
    if verb(form.password.data, form.now.data if form.now else None, *values):
        return True
    _audit_failed_log_in(g.officer)
    db.session.commit()
    form.password.errors = [gettext("That password is wrong, or the code is wrong or has been used.") if form.now
                            else gettext("That password is wrong.")]
    return False


def _account_page(form: PasswordForm):
    return form_page("office/account.html", form, this=g.log_in,
                     log_ins=[one for one in g.officer.log_ins if session_lasts(one)])


def _recovery_page(codes: list[str]) -> str:
    """The codes are shown this once."""
    _start_session(g.officer)
    db.session.commit()
    return render_template("office/recovery.html", codes=codes, goal=_goal(".work_list"))


def _offered_secret() -> str:
    """Known to nobody who has only the cookie, and another one each time that the factor is set up anew."""
    return base64.b32encode(hmac.digest(
        current_app.config["SECRET_KEY"].encode(), f"{session['log_in']} {g.officer.totp_secret}".encode(),
        hashlib.sha256)[:20]).decode()


def _browser(agent: str) -> str:
    """What sort of browser, in words that are the same in every language; more is not kept."""
    return ", ".join(name for signs in (BROWSERS, SYSTEMS)
                     for name in [next((words for sign, words in signs.items() if sign in agent), "")] if name)
