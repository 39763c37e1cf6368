"""What people answer about a meeting, a walk and the van, by the words that stand beside the fields."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from browser import Citizen, Visitor

from models import today

SUMMARY = "Tak for en god aften. Vi vender tilbage om lyset."


@dataclass(frozen=True)
class Way:
    """What is particular to a service: the need it answers, its questions, whom it takes and what comes of it."""

    slug: str
    need: str
    asked: Callable[[str, str, str], dict]  # the place, and two days
    found: dict
    takes: dict = field(default_factory=dict)
    off_and_on: bool = False  # whether the first date is called off and another agreed

    def fill_in(self, person: Visitor, who: Citizen, ahead: int = 40, public: str = "Yes") -> None:
        """The booking form from top to bottom; the first date is so many days ahead."""
        days = [(today() + timedelta(days=ahead + more)).isoformat() for more in (0, 5)]
        person.answer({**self.asked(who.text, *days), "Phone on the day": "12 34 56 78",
                       "May it be shown in the public calendar?": (public,), "Name": who.name, "E-mail": who.email})
        person.confirm("This is not urgent")
        person.press("Go on and check")


MEETING = Way("dialogmoede", "We want to talk with the police about what makes us feel unsafe",
              lambda at, first, other: {
    "Kind of meeting": ("Residents’ meeting",), "Topics": ("Burglary", "Feeling unsafe"),
    "What makes you feel unsafe?": "Der har været indbrud i kælderen.", "Venue (name and address)": at,
    "Which area is it about?": "Byens sydlige ende", "Postcode": "4690",
    "Preferred times (at least two)": [{"Date": first, "Starts at": "19:00"}, {"Date": other, "Starts at": "18:30"}],
    "Duration": ("1½ hours",), "Expected number of participants": "40", "Age group": ("Adults", "Elderly people"),
    "Is the meeting open to all?": ("Yes",), "Contact on the day": "Bo Holm",
}, {
    "Participants": "38", "Topics covered": ("Burglary",), "What made people feel unsafe?": ("Burglary", "Lighting"),
    "Summary for the organiser": SUMMARY,
}, off_and_on=True)
WALK = Way("tryghedsvandring", "There are places here where people feel unsafe, and we want them changed",
           lambda at, day, _: {
    "Type of area": ("School and paths",), "What causes unease?": ("Lighting", "Underpass, path"),
    "Places you already know": [{"Place": "Tunnelen", "How is it?": "Unsafe"},
                                {"Place": "Legepladsen", "How is it?": "Pleasant"}],
    "Area": at, "Postcode": "4690", "Who owns or runs the area?": ("Municipality", "Private"),
    "Can wheelchairs use the route?": ("Yes",), "Who will take part?": ("Residents", "Municipality"),
    "Will somebody take part who can decide and pay?": ("Yes",), "Number of participants": "15",
    "Role of the police": ("Take part",), "Preferred times": [{"Date": day, "Starts at": "19:00"}],
    "Time of day": ("After dark",), "Can you hold a follow-up meeting?": ("No",), "Walk leader": "Bo Holm",
}, {
    "Light": ("After dark",), "Route": "Fra skolen gennem tunnelen til legepladsen.",
    "Who took part, and how many": [{"Who": "Residents", "Number": "38"}], "Summary for the organiser": SUMMARY,
})
VAN = Way("mobil-politistation",
          "We want the police to be where people are: in the village, on the square, at the event",
          lambda at, day, _: {
    "Purpose": ("Larger event",), "Name of the event": "Byfest", "Organiser of the event": "Borgerforeningen",
    "Permit for the event": ("Applied for",), "Exact place": at, "Postcode": "4690", "Ground": ("Asphalt",),
    "Has the owner of the place agreed?": ("It is a municipal square",),
    "Is there step-free access for visitors?": ("Yes",),
    "Preferred times": [{"Date": day, "Starts at": "10:00", "Ends at": "13:00"}],
    "Expected visitors": "50–200", "Contact on the day": "Bo Holm",
}, {
    "Staff (number)": "2", "Visitors (about)": "38", "Topics": ("Burglary",),
    "What made people feel unsafe?": ("Burglary",), "How did the place suit?": ("Well",),
    "Feedback to the organiser": SUMMARY,
}, takes={"Who drives?": "Kim Fører", "Which van?": "Mobil politistation"})
