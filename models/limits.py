"""The periods, counts and limits that letters and pages state, each said once: the code keeps to it, and the words get
it as a parameter (in templates as `limits`). The numbers of one service stand in its entry in the catalogue."""

from fractions import Fraction

REOPEN_DAYS = 30  # after an answer, the citizen may ask for the case to be taken up again
REMIND_DAYS = 2  # working days before an agreed date, both sides are reminded of it
RECEIPTS_A_DAY = 3  # letters to one address that a form alone calls for: whoever gets them may never have asked
INVITATION_DAYS = 3  # that the link to the office works
WAITING_LIST_DAYS = 7  # that an address stays on the list of an open form: told of it, or never confirmed
LATE_TASK_DAYS = 14  # after which a task is asked about that was sent when its own date was over
FEEDBACK_DAYS = 10  # working days to answer what somebody cannot use here, as Digitaliseringsstyrelsen asks
CONTROL_WEEKS = 12  # between two controls at a place, as in Leicestershire, unless an officer says otherwise
CONTROL_MEMORY_DAYS = 365  # after which a control no longer counts for a place
LOOK_BACK_DAYS = 90  # of the district's own past from which a waiting time is reckoned
ANSWERED_SHARE = Fraction(4, 5)  # of those who book are answered within the waiting time that the form states
PROMISE_DAYS = 5  # working days ahead, in which a delay can still be told of in time
RELEASE_DAYS = 5  # working days that those who asked have had the findings before everybody may read them
SHARE_FROM = 100  # vehicles measured, from which a share of them is stated to the public
USUAL_SHARE_DAYS = 365  # of the district's own results, from which is reckoned what share is usual
USUAL_SHARE_FROM = 1000  # vehicles measured in those days, from which it is stated
LEAST_ANSWERS = 5  # in a poll: of fewer, nothing is shown, because it could be told who said what
KNOWN_SPOTS = 10  # that a wish for a walk may name; others are found on the way
POLL_CODE_LENGTH = 4  # characters to type from the wall
REFERENCE_LENGTH = 8  # characters of a case's reference
REFERENCE_LETTERS = "2346789ACDEFGHJKMNPQRTUVWXY"  # no look-alikes: 0O, 1IL, 5S, 8B and 2Z are never both there
PIN_METRES = 50  # within which a citizen’s pin is right, to become the point of its place
CREW_LENGTH = 80  # characters of the names of all who come, as letters and lists say them
CONTACT_DIGITS = 4  # of a phone number: with them and the reference, its owner finds a case
FEWEST_PEOPLE = 5  # a smaller count of people is not told in the account: somebody might be seen behind it
ACCOUNT_DAYS = 30  # working days after a quarter, its account is made: what was promised in it is due by then
PER_INHABITANTS = 1000  # among so many inhabitants, or homes, reported offences are stated
FEWEST_COUNTED = 10  # reported offences: fewer than that are not counted out, so that nobody is recognised in them
FACT_YEARS = 10  # that a chart of reported offences shows
FEWEST_FACTS, MOST_FACTS = 3, 5  # on the page that is handed out at a meeting: what a reader takes in, and one A4 holds
HANDOUT_RESULTS = 3  # of our own visits in the municipality, on the same page
