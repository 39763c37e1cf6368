"""What is measured, and whose figures they are."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import msgspec
from flask_babel import lazy_gettext as _l

HERE = Path(__file__).parent
COUNTRY, DISTRICT = "000", "district"  # areas beside the municipalities, which go by their code
MOST_DIGITS = 9  # of a figure before its point; quarters have one less, so that a year's sum has no more
POPULATION, HOMES, SAFE, TRUST = "population", "burglary_per_homes", "safe_nearby", "trust"


class Kind(StrEnum):
    COUNT = "count"  # offences reported in a year
    POPULATION = "population"  # inhabitants on 1 January
    RATE = "rate"  # so many in each 1,000
    SHARE = "share"  # per cent of those who were asked


@dataclass(frozen=True)
class Measure:
    """`name` stands above a table, `plural` in a sentence: "256 burglaries in homes were reported". `code` and `texts`
    are what StatBank calls it, in Danish and in English."""

    key: str
    name: str
    kind: Kind = Kind.COUNT
    plural: str = ""
    code: str = ""
    texts: tuple[str, ...] = ()
    note: str = ""


MEASURES: dict[str, Measure] = {measure.key: measure for measure in (
    Measure("penal_code", _l("Offences against the penal code"), Kind.COUNT, _l("offences against the penal code"),
            "1", ("Straffelov i alt", "Penal Code, total")),
    Measure("violence", _l("Violence"), Kind.COUNT, _l("crimes of violence"),
            "12", ("Voldsforbrydelser i alt", "Crimes of violence, total")),
    Measure("property", _l("Offences against property"), Kind.COUNT, _l("offences against property"),
            "13", ("Ejendomsforbrydelser i alt", "Offences against property, total")),
    Measure("burglary_businesses", _l("Burglary in businesses"), Kind.COUNT, _l("burglaries in shops and businesses"),
            "1316", ("Indbrud i forretning, virksomhed mv.", "Burglary - business and community")),
    Measure("burglary_homes", _l("Burglary in homes"), Kind.COUNT, _l("burglaries in homes"),
            "1320", ("Indbrud i beboelser", "Residential burglaries")),
    Measure("shoplifting", _l("Shoplifting"), Kind.COUNT, _l("cases of shoplifting"),
            "1332", ("Butikstyverier mv.", "Shoplifting, etc.")),
    Measure("other_theft", _l("Other theft"), Kind.COUNT, _l("thefts of other kinds"),
            "1336", ("Andre tyverier", "Other kinds of theft")),
    Measure("bicycle_theft", _l("Theft of bicycles"), Kind.COUNT, _l("thefts of bicycles"),
            "1345", ("Tyveri/brugstyveri af cykel",
                     "Theft of/taking bicycle without the owners consent (TWOC)")),
    Measure("robbery", _l("Robbery"), Kind.COUNT, _l("robberies"), "1380", ("Røveri", "Robbery")),
    Measure("vandalism", _l("Vandalism"), Kind.COUNT, _l("cases of vandalism"),
            "1390", ("Hærværk", "Malicious damage to property")),
    Measure("drugs", _l("Drugs"), Kind.COUNT, _l("offences against the law on drugs"),
            "3210", ("Lov om euforiserende stoffer", "Euphoriants Act"),
            _l("How many are reported depends above all on how much the police look for them.")),
    Measure(POPULATION, _l("Inhabitants"), Kind.POPULATION),
    Measure(HOMES, _l("Homes with a reported burglary"), Kind.RATE),
    Measure(SAFE, _l("Feel safe in their neighbourhood"), Kind.SHARE),
    Measure(TRUST, _l("Trust the police to help"), Kind.SHARE),
)}


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who publishes a figure, and where it can be read; `period` where it is not that of a calendar year."""

    name: dict[str, str]
    address: str
    period: dict[str, str] = {}


@cache
def sources() -> dict[str, Source]:
    return msgspec.toml.decode((HERE / "sources.toml").read_bytes(), type=dict[str, Source])
