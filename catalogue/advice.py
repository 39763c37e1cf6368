"""Advice about each topic of a meeting, in our own words, and where the official advice stands. Officers may word it
anew."""

from functools import partial

from flask_babel import lazy_gettext as _l

from languages import in_each_language
from models import AdviceText

# What stands there until an officer writes something else. Front pages, which last longer than the pages below them.
ADVICE = {
    "facts": (_l("Report what happens to you or what you see: call 114, or 112 if it is happening now. What nobody "
                 "reports, no figure shows."), "https://politi.dk/anmeld-kriminalitet"),
    "unease": (_l("Say where it feels unsafe, and why. Light, cut hedges and people who come by help more than most "
                  "things, and a safety walk finds what to change."), "https://dkr.dk"),
    "burglary": (_l("Lock doors and windows, let lamps with a sensor light the house, and let it look lived in when "
                    "you are away. Good locks and strong fittings take more time than a thief has."),
                 "https://botrygt.dk"),
    "fraud": (_l("Neither the police nor your bank ask for your MitID, your codes or your card. Hang up, and call back "
                 "on a number that you find yourself."), "https://www.sikkerdigital.dk"),
    "young": (_l("Ask what happens on the phone as you ask about school. A picture that is shared against somebody’s "
                 "will can be reported, and often be taken down."), "https://sletdet.redbarnet.dk"),
    "drugs": (_l("Talk together as parents and agree on limits that all of you keep. Call 114 if you see drugs being "
                 "sold, with place and time."), "https://dkr.dk"),
    "traffic": (_l("Drive as you wish others to drive by your own children. If a road worries you, book a traffic "
                   "control."), "https://www.sikkertrafik.dk"),
    "disorder": (_l("Report damage at once and have it mended soon: what is left broken draws more of it."),
                 "https://dkr.dk"),
    "watch": (_l("Agree with the neighbours: empty the letter box, park in the drive, keep an eye on the house, and "
                 "call 114 when something is not as it should be."), "https://nabohjaelp.dk"),
    "hate": (_l("Report threats and violence for who you are, even if you do not know who did it, and say that you "
                "think it was for that reason."), "https://politi.dk/anmeld-kriminalitet"),
    "other": (_l("Are you in doubt? Call 114 and ask. If it is urgent, call 112."), "https://politi.dk"),
}


def advice() -> dict[str, AdviceText]:
    """The advice about every topic, as it stands now. What no officer has worded anew is ours, and in no table."""
    newest = AdviceText.newest()
    return {topic: newest.get(topic) or AdviceText(topic=topic, texts=in_each_language(partial(str, text)), link=link)
            for topic, (text, link) in ADVICE.items()}
