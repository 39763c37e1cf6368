"""What people answer about each of the services, by the words that stand beside the fields."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from browser import Citizen, Visitor

from models import today

SUMMARY = "Tak for en god aften. Vi vender tilbage om lyset."


MORE = "More that can help us, and an answer by phone or by post"


@dataclass(frozen=True)
class Channel:
    """What is particular to a service: the need it answers, its questions, whom it takes and what comes of it."""

    slug: str
    need: str
    asked: Callable[[str, str, str], dict]  # the place, and two days
    more: dict  # what stands in the fold
    public: tuple[str, str]  # whether it may be in the calendar: the question, and the answer that says so
    found: dict
    takes: dict = field(default_factory=dict)
    off_and_on: bool = False  # whether the first date is called off and another agreed

    def fill_in(self, person: Visitor, who: Citizen, ahead: int = 40, public: str = "Yes") -> None:
        """The booking form from top to bottom; the first date is so many days ahead."""
        days = [(today() + timedelta(days=ahead + more)).isoformat() for more in (0, 5)]
        question, yes = self.public
        shown = {question: (yes if public == "Yes" else "No",)}
        person.answer(self.asked(who.text, *days))
        if self is not WALK:
            person.answer(shown)
        person.answer({"Name": who.name, "E-mail": who.email, "Phone": "87 65 43 21"})
        person.unfold(MORE)
        person.answer(self.more | (shown if self is WALK else {}) | self.contact)
        person.press("Go on and check")

    @property
    def contact(self) -> dict:
        leader = "Walk leader, if it is somebody else" if self is WALK else "Contact on the day, if it is somebody else"
        return {leader: "Bo Holm", "Phone on the day": "12 34 56 78"}


CALENDAR = "May it be shown in the public calendar?"
MEETING = Channel("dialogmoede", "We want to talk with the police about what makes us feel unsafe",
              lambda at, first, other: {
    "Kind of meeting": ("Residents’ meeting",), "Topics": ("Burglary", "Feeling unsafe"),
    "What makes you feel unsafe?": "Der har været indbrud i kælderen.", "Venue (name and address)": at,
    "Postcode or town": "4690",
    "Preferred times": [{"Date": first, "Starts at": "19:00"}, {"Date": other, "Starts at": "18:30"}],
    "Expected number of participants": "40",
}, {"Which area is it about?": "Byens sydlige ende", "Age group": ("Adults", "Elderly people")},
    ("Open to all, and in the calendar?", "Yes, and it may be shown in the public calendar"), {
    "Participants": "38", "Topics covered": ("Burglary",), "What made people feel unsafe?": ("Burglary", "Lighting"),
    "Summary for the organiser": SUMMARY,
}, off_and_on=True)
WALK = Channel("tryghedsvandring", "There are places here where people feel unsafe, and we want them changed",
               lambda at, day, _: {
        "Area": at, "Postcode or town": "Haslev", "Type of area": "School and paths",
        "What causes unease?": ("Lighting", "Underpass, path"),
        "Preferred times": [{"Date": day, "Starts at": "19:00"}], "Number of participants": "15",
    }, {
        "Who owns or runs the area?": ("Municipality", "Private"), "Can wheelchairs use the route?": ("Yes",),
        "Places you already know": [{"Place": "Tunnelen", "How is it?": "Unsafe"},
                                    {"Place": "Legepladsen", "How is it?": "Pleasant"}],
        "Will somebody take part who can decide and pay?": ("Yes",), "Role of the police": ("Take part",),
        "Can you hold a follow-up meeting?": ("No",),
    }, (CALENDAR, "Yes"), {
        "Light": ("After dark",), "Route": "Fra skolen gennem tunnelen til legepladsen.",
        "Who took part, and how many": [{"Who": "Residents", "Number": "38"}], "Summary for the organiser": SUMMARY,
    })
VAN = Channel("mobil-politistation",
              "We want the police to be where people are: in the village, on the square, at the event",
              lambda at, day, _: {
        "Purpose": ("Larger event",), "Name of the event": "Byfest", "Organiser of the event": "Borgerforeningen",
        "Permit for the event": ("Applied for",), "Expected visitors": "50–200", "Exact place": at,
        "Postcode or town": "4690", "Can a minibus stand there?": ("Yes, and whoever owns the place has agreed",),
        "Preferred times": [{"Date": day, "Starts at": "10:00", "Ends at": "13:00"}],
    }, {"Is there step-free access for visitors?": ("Yes",)}, (CALENDAR, "Yes"), {
        "Staff (number)": "2", "Visitors (about)": "38", "Topics": ("Burglary",),
        "What made people feel unsafe?": ("Burglary",), "How did the place suit?": ("Well",),
        "Feedback to the organiser": SUMMARY,
    }, takes={"Who drives?": "Kim Fører", "Which van?": "Mobil politistation"})


def fill_in(person: Visitor, who: Citizen, road: str) -> None:
    """The booking form of a traffic control from top to bottom."""
    person.write("Road", road)
    person.write("Where on the road?", "fra kirken til skolen")
    person.write("Postcode or town", "4690")
    person.tick("What is the problem?", "Speeding")
    person.tick("When is it worst?", "Weekdays 6–9", "Weekdays 14–18")
    person.write("Would you like to tell us more?", who.text)
    person.write("Name", who.name)
    person.write("E-mail", who.email)
