"""Facts about crime and safety for meetings: figures with their sources, what they say, and how new ones come in."""

from . import sentences, statbank
from .figure_table import FigureTable, area_name, code_of, in_area, municipality_codes
from .measures import COUNTRY, DISTRICT, MEASURES, sources
from .meetings import Fact, facts_beside, guessed_change, guessed_level, known_measures, sheet, suggested
from .shipped import load_shipped, read_rows, write_rows
from .statbank import Reading, Unreadable
