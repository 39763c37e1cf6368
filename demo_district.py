"""A believable district to look at: a year of wishes, controls and answers, up to this minute.

Nothing here touches a column that a verb of the model would set: every booking and visit lives through its own life,
in the order in which things happened, while the model's clock stands at the moment in question. Days are counted in
working days before today, so the demo is as fresh next year. The seven controls marked "published" are real, with the
figures that the press printed; everything else, and every person, is made up.
"""

import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import product
from random import Random

import click
from flask import current_app
from sqlalchemy import select

import letters
import models.base
import services
from models import COPENHAGEN, Booking, Letter, Officer, Place, Visit, Way, add_working_days, db, is_working_day, now, today

TRAFFIC = services.SERVICES["traffic"]
OFFICER = "officer@demo.example"
FRESH = 4  # working days: what an officer must phone, post or look into lies undone for no longer


# What can happen to a wish: each step in the table below is (working days after its receipt, one of these, ...).
WITHIN = TRAFFIC.answer_within
STEPS = {
    "yes": lambda b, o, words="": b.accept(o, words, TRAFFIC.act_within, WITHIN),
    "no": lambda b, o, reason, words="", instead="": b.decline(o, reason, words, instead),
    "refer": lambda b, o, authority, words="": b.refer(o, authority, words),
    "ask": lambda b, o, words: b.ask(o, words, add_working_days(today(), WITHIN)),
    "tells": lambda b, o, words: b.give_information(words, WITHIN),
    "delay": lambda b, o, words, days: b.delay(o, words, add_working_days(today(), days)),
    "note": lambda b, o, words: b.note(o, words),
    "withdraws": lambda b, o: b.withdraw(),
    "reopens": lambda b, o, words: b.reopen(words, WITHIN),
}


def speed(passed=None, fine=0, klip=0, cond=0, uncond=0, top=None, **more):
    """The figures of a speed control; what is nought is left out."""
    parts = {"fine": fine, "klip": klip, "cond": cond, "uncond": uncond, "passed": passed, "top": top}
    return {**{k: n for k, n in parts.items() if n}, "charged": fine + klip + cond + uncond,
            "uncounted": passed is None, **more}


def other(**kinds):
    return [{"kind": kind, "count": count} for kind, count in kinds.items()]


@dataclass(frozen=True)
class Wish:
    ago: int
    place: str
    text: str
    steps: tuple = ()
    problem: str = "speeding"
    by: str = "web"
    language: str = "da"
    org: tuple[str, str] = ("private", "")
    email: str = ""
    stretch: str = ""


@dataclass(frozen=True)
class Control:
    """A visit. Without `found` nobody has written down anything; `sent` is false where nobody has been told."""

    ago: int
    place: str
    hours: str
    method: str
    found: dict | None = None
    corrected: dict | None = None
    cancelled: str = ""
    sent: bool = True


# key: road, stretch, postcode, latitude, longitude, limit, type of road. Pins are roughly right.
PLACES = {
    "terslev": ("Terslev Bygade", "fra kirken til forsamlingshuset", "4690", 55.3741, 11.9612, 50, "through"),
    "haslev": ("Skolegade", "ved skolen", "4690", 55.3236, 11.9641, 40, "residential"),
    "rønnede": ("Faxevej", "fra rundkørslen mod Faxe", "4683", 55.2556, 12.0302, 50, "through"),
    "karise": ("Køgevej", "gennem byen", "4653", 55.3079, 12.2061, 50, "through"),
    "ladeplads": ("Strandvejen", "langs stranden", "4654", 55.2151, 12.1655, 40, "residential"),
    "fuglebjerg": ("Slagelsevej", "uden for byskiltet", "4250", 55.3102, 11.5391, 80, "country"),
    "kildemark": ("Kildemarksvej", "ved skolen", "4700", 55.2383, 11.7731, 40, "residential"),
    "vordingborgvej": ("Vordingborgvej", "fra byskiltet mod syd", "4700", 55.2102, 11.7806, 70, "country"),
    "karrebæk": ("Karrebækvej", "fra centret til byskiltet", "4700", 55.2189, 11.7352, 50, "through"),
    "glumsø": ("Ringstedvej", "fra stationen til byskiltet", "4171", 55.3562, 11.6921, 50, "through"),
    "holme": ("Fensmarkvej", "ved den gamle skole", "4684", 55.2791, 11.8052, 60, "country"),
    "sorøvej": ("Sorøvej", "fra ringvejen mod øst", "4200", 55.4063, 11.3852, 60, "through"),
    "korsør": ("Skælskørvej", "ved boligerne", "4220", 55.3229, 11.1601, 50, "through"),
    "skælskør": ("Slagelsevej", "gennem byen", "4230", 55.2583, 11.3049, 50, "through"),
    "vemmelev": ("Bygaden", "mellem de to sving", "4241", 55.3631, 11.2622, 50, "through"),
    "ringstedvej": ("Ringstedvej", "fra slusen mod motorvejen", "4180", 55.4371, 11.5752, 60, "through"),
    "dianalund": ("Holbækvej", "ved idrætshallen", "4293", 55.5321, 11.4903, 50, "through"),
    "stenlille": ("Hovedgaden", "gennem byen", "4295", 55.5382, 11.5921, 50, "through"),
    "udby": ("Sydmotorvejen ved Udby", "begge retninger", "4750", 55.0852, 11.9671, 130, "motorway"),
    "nyråd": ("Nyråd Skovstræde", "ved vejarbejdet", "4760", 55.0051, 11.9553, 30, "residential"),
    "hulemose": ("Hulemosevej", "hele vejen", "4760", 55.0169, 11.9252, 30, "residential"),
    "farø": ("Farøbroen", "motorvejen over broen", "4793", 54.9512, 11.9853, 110, "motorway"),
    "stege": ("Klintevej", "fra Stege mod Møns Klint", "4780", 54.9892, 12.3001, 80, "country"),
    "præstø": ("Adelgade", "fra torvet til havnen", "4720", 55.1232, 12.0451, 30, "through"),
    "nykøbing": ("Østre Allé", "ved gymnasiet", "4800", 54.7651, 11.8849, 50, "through"),
    "marielyst": ("Marielyst Strandvej", "fra torvet mod stranden", "4873", 54.6902, 11.9651, 40, "through"),
    "sakskøbing": ("Maribovej", "ved byskiltet", "4990", 54.7969, 11.6151, 50, "through"),
    "stubbekøbing": ("Vestergade", "fra kirken til havnen", "4850", 54.8889, 12.0402, 50, "through"),
    "nakskov": ("Svingelen", "ved parkeringspladsen", "4900", 54.8321, 11.1352, 50, "through"),
    "rødby": ("Østersøvej", "gennem havnebyen", "4970", 54.6601, 11.3604, 50, "through"),
    "maribo": ("Vestre Landevej", "ved indkøbscentret", "4930", 54.7759, 11.4852, 60, "through"),
    "horslunde": ("Nakskovvej", "gennem landsbyen", "4913", 54.9051, 11.2103, 50, "through"),
}
SUITABILITY = {
    "terslev": "God plads ved forsamlingshuset. Spørg først; nøglen til lågen er hos pedellen.",
    "kildemark": "Kun før klokken 9. Cyklisterne skal kunne se forbi vognen.",
    "karise": "Ingen lige strækning og fortov i begge sider. Se på vejen nord for byen i stedet.",
    "farø": "Kun bag autoværn og efter aftale med Vejdirektoratet.",
}
SCHOOL, PARENTS = ("school", "Skolen ved Kildemarken"), ("association", "Skolens forældreforening")
WISHES = [
    Wish(250, "terslev", "Der køres alt for stærkt gennem byen, mest sidst på dagen.", [(6, "yes")]),
    Wish(247, "terslev", "Bilerne letter næsten over bumpet ved kirken. Vi tør ikke slippe børnene ud.", [(5, "yes")]),
    Wish(248, "rønnede", "Om aftenen bliver vejen brugt som landevej, længe efter byskiltet.", [(7, "yes")]),
    Wish(244, "horslunde", "Det går stærkt gennem landsbyen.", [(7, "no", "resources")], by="phone"),
    Wish(243, "kildemark", "Forældrene kører selv for hurtigt, når klokken ringer.", [(4, "yes")], "school", org=SCHOOL),
    Wish(241, "kildemark", "Min datter på otte skal krydse vejen alene, og ingen holder tilbage.", [(6, "yes")], "school"),
    Wish(239, "ladeplads", "Sommergæster kører hurtigt langs stranden.",
         [(8, "no", "unlikely", "I denne årstid er der næsten ingen trafik.", "Skriv gerne igen, når sæsonen begynder.")]),
    Wish(234, "fuglebjerg", "Motorcykler og biler accelererer på den lange lige strækning.", [(7, "yes")]),
    Wish(230, "fuglebjerg", "Overhalinger lige før bakken. Det er et spørgsmål om tid.", [(6, "yes")], "red_light"),
    Wish(226, "holme", "Huller i vejen tvinger bilerne over i modsat side.",
         [(3, "refer", "municipality", "Vi har set stedet. Det er belægningen, der er noget i vejen med.")], "other"),
    Wish(223, "sorøvej", "Fra ringvejen og ud bliver der kørt ræs, også midt på dagen.", [(8, "yes")]),
    Wish(221, "sorøvej", "Lastbilerne til centrallageret holder ikke 60.", [(6, "yes")], "heavy", by="phone"),
    Wish(215, "stenlille", "Naboen kører råddent hver morgen.",
         [(4, "no", "report", "En kontrol gælder et sted og ikke en bestemt bilist.")], "noise"),
    Wish(209, "nyråd", "Der er vejarbejde og folk på vejen, men ingen kører 30.", [(5, "yes")],
         org=("business", "Entreprenørfirmaet på stedet")),
    Wish(207, "nyråd", "Traffic races past the road works. The workers jump aside.", [(6, "yes")], language="en"),
    Wish(206, "hulemose", "Omkørslen går nu forbi os, og farten er fulgt med.", [(5, "yes")]),
    Wish(204, "glumsø", "Der burde være lys i fodgængerfeltet.", [(2, "refer", "municipality")], "other"),
    Wish(199, "nakskov", "Hver aften kører de på knallert rundt om pladsen til langt ud på natten.", [(7, "yes")], "mopeds"),
    Wish(198, "nakskov", "Knallerter uden lys og med to på. De kører også på fortovet.", [(7, "yes")], "mopeds", by="paper"),
    Wish(196, "præstø", "Gågaden bliver brugt til gennemkørsel.", [(7, "no", "authority", instead="Kommunen bestemmer over "
         "skiltningen. Den kan også måle trafikken.")], "other"),
    Wish(191, "dianalund", "Ved hallen går børn over hele tiden, og bilerne bremser ikke.", [(8, "yes")], "school"),
    Wish(188, "karrebæk", "Kunne I stå her? Der bliver kørt stærkt.", [(4, "ask", "Hvilken del af vejen drejer det sig om, "
         "og hvornår på dagen?"), (17, "no", "information")]),
    Wish(183, "udby", "Sidst på eftermiddagen kører en del langt over 130 mod syd.", [(9, "yes")]),
    Wish(181, "skælskør", "Vi vil bare gerne have lidt ro.", [(6, "no", "unlikely", "Kommunen har målt i foråret, og næsten "
         "alle holdt grænsen.")], "noise"),
    Wish(178, "nykøbing", "Jeg så en bil køre over for rødt i går.", [(3, "no", "outside", instead="Det, der er sket, kan "
         "meldes på 114.")], "red_light"),
    Wish(171, "marielyst", "In the season cars rush past the ice-cream shops.", [(6, "yes")], language="en"),
    Wish(169, "marielyst", "Mange cyklende turister og alt for høj fart.", [(7, "yes")], org=("business", "Campingpladsen")),
    Wish(166, "ladeplads", "Nu er sæsonen i gang. Der køres over 60 på en 40-vej.", [(13, "no", "priority", "Vi beklager, at "
         "svaret er kommet for sent.")]),
    Wish(164, "karise", "Lastbilerne kører tæt forbi fortovet med fuld fart.", [(7, "yes")], "heavy"),
    Wish(158, "sakskøbing", "Byskiltet bliver overset. Folk bremser først ved kirken.", [(8, "yes")],
         org=("residents", "Grundejerforeningen Byskiltet")),
    Wish(153, "rødby", "Når færgen er kommet, går det stærkt gennem byen.", [(9, "yes")]),
    Wish(151, "rødby", "Lorries from the ferry do not slow down.", [(7, "no", "recently")], "heavy", language="en",
         stretch="ved færgelejet"),
    Wish(146, "horslunde", "Vi har før spurgt. Det er kun blevet værre.", [(8, "no", "priority", "Der er ikke sket "
         "ulykker på stedet, og andre veje har flere.")]),
    Wish(142, "farø", "Højre spor ligger på 110, venstre på 150. Hver dag.", [(6, "yes")]),
    Wish(140, "udby", "Igen i år bliver der kørt om kap på motorvejen.", [(6, "no", "regular")]),
    Wish(135, "stenlille", "Skolebussen bliver overhalet, mens den holder.", [(9, "yes")], "school", by="phone"),
    Wish(131, "kildemark", "Efter ferien er det lige så slemt som før.", [(8, "yes")], "school", org=PARENTS),
    Wish(129, "kildemark", "Jeg er skolepatrulje og bliver næsten kørt ned.", [(6, "yes")], "school"),
    Wish(128, "korsør", "Aftentrafikken larmer så meget, at vi ikke kan sove.", [(3, "withdraws")], "noise"),
    Wish(124, "nykøbing", "Halvdelen har telefonen i hånden ved gymnasiet.", [(2, "note", "God til manuel standsning; "
         "parkeringspladsen kan bruges."), (9, "delay", "Vi mangler svar fra kommunen om pladsen.", 10), (13, "yes")], "mobile"),
    Wish(119, "skælskør", "De kører stærkt, når butikkerne lukker.", [(6, "yes")]),
    Wish(117, "skælskør", "Trafikken er for hurtig ved plejehjemmet.", [(8, "yes")], by="paper"),
    Wish(113, "holme", "Der bliver kørt hurtigt ved den gamle skole.", [(7, "no", "unsuitable", "Der er grøft i begge sider "
         "og intet sted at holde.", "Kommunen kan sætte en fartviser op.")]),
    Wish(110, "stege", "Turisterne kører pænt, men de lokale kører stærkt.", [(7, "yes")]),
    Wish(106, "vordingborgvej", "Der er stejle svinkeærinder ind over midten.", [(3, "ask", "Kan du skrive, hvor på vejen "
         "det sker?"), (5, "tells", "Det er ved den anden indkørsel efter byskiltet."), (11, "yes")], "noise"),
    Wish(103, "glumsø", "Fra stationen og ud af byen trykker de på speederen.", [(6, "yes")]),
    Wish(99, "maribo", "Biler fra centret drejer ud uden at se sig for.", [(6, "no", "authority")], "other"),
    Wish(95, "ringstedvej", "Der er støj hele natten fra udstødninger.", [(14, "no", "resources", "Vi beklager det sene "
         "svar.")], "noise"),
    Wish(84, "maribo", "Ved indkøbscentret kører de mindst 80.", [(8, "yes")], by="phone"),
    Wish(79, "stubbekøbing", "Gaden ned mod havnen er smal, og farten er høj.", [(7, "yes")]),
    Wish(72, "korsør", "Motorvejen er tom, så de unge kører her i stedet.", [(9, "yes")]),
    Wish(66, "karise", "Det er farligt at krydse vejen ved bageren.", [(6, "no", "unsuitable", "Vi var der i sommer. "
         "Pladsen er for trang.", "Spørg kommunen om et fodgængerfelt.")]),
    Wish(63, "stubbekøbing", "Parkerede biler spærrer for udsynet.", [(2, "refer", "municipality")], "other"),
    Wish(60, "stege", "Private shared road, cars drive far too fast.", [(5, "no", "unlikely")], language="en"),
    Wish(57, "karrebæk", "Fra centret og ud er det som en racerbane.", [(6, "yes")]),
    Wish(56, "karrebæk", "Vi har boet her i 30 år, og det har aldrig været så slemt.", [(6, "yes")], by="paper"),
    Wish(53, "haslev", "Børnene skal over vejen to gange om dagen.", [(7, "yes")], "school",
         org=("school", "Skolen i Haslev")),
    Wish(49, "sorøvej", "Det hjalp sidst. Kom gerne igen.", [(7, "no", "recently", "Vi var på vejen i foråret.")]),
    Wish(45, "rønnede", "Tunge køretøjer skyder genvej gennem byen.", [(8, "no", "resources")], "heavy"),
    Wish(41, "farø", "Skiltet før broen er væltet.", [(1, "refer", "vejdirektoratet")], "other"),
    Wish(39, "præstø", "Ned mod havnen er der 30, men det er der ingen, der ved.", [(7, "yes")]),
    Wish(37, "terslev", "Det er bedre end sidst, men morgenen er stadig slem.", [(8, "yes")]),
    Wish(34, "vemmelev", "Mellem svingene skærer alle hjørnet.", [(6, "yes")]),
    Wish(32, "nakskov", "Der bliver solgt stoffer fra biler på pladsen.", [(1, "refer", "police_114")], "intoxicated"),
    Wish(30, "rødby", "Der er for meget trafik til færgen.", [(5, "withdraws")]),
    Wish(29, "ringstedvej", "På vej mod motorvejen kører de, som om de allerede var der.", [(9, "yes")]),
    Wish(27, "horslunde", "Biler over midterstriben og høj fart, mest fredag aften.", [(6, "yes")], by="phone"),
    Wish(26, "kildemark", "Vi vil gerne have en kontrol i cyklistugen.", [(9, "no", "recently", "Vi måler her flere gange "
         "om året.")], "school", org=PARENTS),
    # How it stands now.
    Wish(25, "holme", "Sommerhusgæster og lastbiler kører om kap.", [(7, "yes")]),
    Wish(22, "skælskør", "Farten er steget igen, især om morgenen.", [(8, "yes"), (20, "tells", "Nu er der også kommet vejarbejde "
         "og en midlertidig grænse på 40.")]),
    Wish(21, "dianalund", "Bilerne holder ikke tilbage for hallens gæster.", [(7, "yes")]),
    Wish(20, "stenlille", "Knallerterne samles ved torvet og kører om kap ned ad gaden.", [(8, "yes")], "mopeds"),
    Wish(19, "nykøbing", "Cars jump the light outside the school every morning.", [(9, "yes")], "red_light", language="en"),
    Wish(18, "maribo", "Om natten bliver der kørt ræs på den lange lige strækning.", [(7, "yes")], "noise"),
    Wish(17, "sorøvej", "Der er kommet ny børnehave, og ingen har sat farten ned.", [(8, "yes")]),
    Wish(16, "sakskøbing", "Der bliver overhalet inden for byskiltet.", [(7, "yes")], "red_light"),
    Wish(15, "fuglebjerg", "Nu er motorcyklerne tilbage på den lige strækning.", [(8, "yes"), (9, "note", "Kun med laser.")]),
    Wish(15, "karrebæk", "Støjen fra vejen er ikke til at holde ud.", [(9, "no", "outside", instead="Støj fra en vej er "
         "kommunens område."), (13, "reopens", "Jeg mener ikke vejstøj, men biler uden lyddæmper.")], "noise"),
    Wish(14, "stubbekøbing", "Lastbiler kører gennem den smalle gade, selv om det er forbudt.", [(6, "ask", "Ved du, om de "
         "skal levere i gaden?")], "heavy"),
    Wish(13, "vemmelev", "Der er høj fart ved legepladsen.", [(4, "ask", "Hvilken legeplads tænker du på?"),
         (10, "tells", "Den nye ved boldbanen, lige efter det første sving.")]),
    Wish(12, "ladeplads", "Vi er flere beboere, der er trætte af farten langs stranden.", [],
         org=("residents", "Grundejerforeningen ved stranden")),
    Wish(12, "hulemose", "Der bliver kørt stærkt igen, nu vejarbejdet er væk.", [(9, "no", "recently")], by="phone"),
    Wish(11, "karise", "Lastbilerne er blevet flere og hurtigere.", [(9, "no", "unsuitable", "Vi har set på stedet to "
         "gange.", "Kommunen kan sætte en fartviser op.")], "heavy", by="paper"),
    Wish(10, "glumsø", "Der køres råddent ved stationen.", [(3, "ask", "Hvornår på dagen sker det mest?")], "noise"),
    Wish(9, "vordingborgvej", "Alle overhaler, så snart byskiltet er passeret.", [], "red_light"),
    Wish(8, "rønnede", "Genvejen til motorvejen går lige forbi vores indkørsel.", [(5, "no", "priority")],
         email="b.krogh@example.com"),
    Wish(7, "ringstedvej", "Kan I komme igen? Det er lige så slemt.", [(2, "withdraws")], language="da"),
    Wish(6, "haslev", "Bilerne holder på fortovet foran skolen.", [(3, "ask", "Er det holdende biler eller farten, du "
         "gerne vil have os til at se på?")], "school"),
    Wish(5, "stege", "Vildtet bliver kørt ned, fordi ingen holder 80.", []),
    Wish(3, "præstø", "Delivery vans speed down to the harbour.", [], language="en"),
    Wish(2, "nakskov", "De kører stærkt forbi holdepladsen, når skolen slutter.", [], "school", by="phone"),
    Wish(1, "rønnede", "Der er kommet mange flere biler efter omlægningen.", [], email="post.faxevej@example.dk"),
    Wish(0, "marielyst", "Uden for sæsonen tror folk, at de har vejen for sig selv.", []),
]
REFUSED = {"b.krogh@example.com": "refused 550 5.1.1 no such user",
           "post.faxevej@example.dk": "refused 552 5.2.2 mailbox full"}
NOTHING = {"prelim": False, "uncounted": False}  # nothing was measured
CONTROLS = [
    Control(236, "terslev", "17:15-18:40", "atk", speed(94)),  # published
    Control(236, "rønnede", "19:10-21:05", "atk", speed(539, 4)),  # published
    Control(228, "kildemark", "07:20-09:10", "atk", speed(312, 7, 2, top=57, next=["repeat"])),
    Control(219, "fuglebjerg", "18:23-19:59", "laser", speed(None, 0, 7, 2, top=134)),  # published
    Control(208, "sorøvej", "13:05-16:10", "atk", speed(1184, 31, 4, 1, top=101)),
    Control(201, "kildemark", "07:15-09:00", "atk", speed(287, 3, top=51, note="Opfølgning. Bedre end sidst.")),
    Control(193, "nyråd", "08:39-12:09", "atk", speed(None, 63, 25, 5, top=55, temporary=True,  # published
            msg="Omkring halvdelen kørte for stærkt.")),
    Control(193, "hulemose", "12:45-15:10", "atk", speed(None, 21, 6, top=46)),  # published
    Control(184, "nakskov", "19:00-22:15", "mopeds", {**NOTHING, "mopeds_checked": 14, "mopeds_fast": 5,
            "mopeds_top": 71, "other": other(altered=4, helmet=1, insurance=2), "next": ["patrol"], "patrols": (0, 2, 5)}),
    Control(176, "dianalund", "14:00-16:00", "atk", {"performed": "no", "cause": "weather", "next": ["repeat"]}),
    Control(168, "udby", "14:12-17:05 mod syd, 17:20-20:11 mod nord", "atk", speed(4430, 110, 0, 16)),  # published
    Control(163, "dianalund", "14:10-16:30", "atk", speed(402, 9, 1, top=71)),
    Control(155, "marielyst", "12:30-15:45", "atk", speed(655, 14, 3, top=66)),
    Control(149, "karise", "10:00-10:40", "inspection", {**NOTHING, "suit": "unsuitable", "next": ["municipality"],
            "msg": "Vi har gået vejen igennem. Der er intet sted, hvor vognen kan stå uden at spærre fortovet."}),
    Control(141, "sakskøbing", "15:00-17:20", "atk", speed(388, 8, 1, top=74, nearby=True, suit="nearby",
            place="Maribovej, nærmere centrum", msg="Ved byskiltet var der ikke plads til at holde.")),
    Control(133, "rødby", "20:00-22:30", "patrol", {**NOTHING, "next": ["patrol"], "patrols": (0, 3, 4, 8)}),
    Control(126, "farø", "11:00-17:00", "atk", speed(None, 224, 22)),  # published
    Control(118, "stenlille", "07:10-08:40", "atk", speed(176)),
    Control(112, "kildemark", "07:20-09:20", "manual", {**NOTHING, "other": other(phone=6, belt=3), "next": ["regular"]}),
    Control(104, "skælskør", "16:30-19:00", "atk", speed(498, 15, 3, top=79), corrected=speed(
            498, 11, 2, top=79, prelim=False, msg="Fire sager er faldet bort, fordi et skilt var skjult af en busk.")),
    Control(97, "stege", "17:00-18:30", "laser", speed(None, 4, 2, 1, top=141)),
    Control(94, "nykøbing", "07:30-09:30", "manual", {**NOTHING, "other": other(phone=11, belt=2, licence=1)}),
    Control(90, "glumsø", "15:00-17:00", "atk", cancelled="Fotovognen var på værksted."),
    Control(86, "vordingborgvej", "21:00-23:00", "video", speed(None, 2, 2, 1, 1, top=171, reckless=1,
            other=other(drink=1, seized=1))),
    Control(82, "glumsø", "15:00-17:15", "atk", speed(267, 5, 0, top=67)),
    Control(68, "maribo", "13:00-14:10", "atk", speed(211, 5, 1, top=84, performed="partly", cause="technical")),
    Control(61, "stubbekøbing", "14:00-16:00", "atk", speed(143)),
    Control(54, "korsør", "19:00-21:00", "atk", {"performed": "no", "cause": "unsuitable", "suit": "unsuitable",
            "next": ["municipality"], "msg": "Vejarbejdet gør, at der ikke er et sikkert sted at holde."}),
    Control(43, "karrebæk", "13:30-17:00", "atk", speed(620, 15, 2, top=78, next=["regular"])),
    Control(38, "haslev", "07:15-08:50", "atk", speed(204, 6, 1, top=54)),
    Control(26, "præstø", "14:30-17:00", "atk", speed(231, 7, 1, top=46)),
    Control(23, "terslev", "07:00-09:00", "atk", speed(121, 2, top=61)),
    Control(20, "vemmelev", "15:10-17:30", "atk", speed(296, 5, 1, top=70)),
    Control(13, "ringstedvej", "12:30-15:30", "atk", speed(874, 19, 2, top=91)),
    Control(9, "horslunde", "18:00-20:10", "laser", speed(None, 3, top=68)),
    Control(6, "maribo", "21:30-23:30", "video", cancelled="Vagten blev kaldt til en ulykke."),
    Control(3, "dianalund", "14:00-16:00", "atk", speed(365, 8, 1, top=70), sent=False),
    Control(1, "stenlille", "19:00-22:00", "mopeds"),
    Control(-1, "nykøbing", "07:20-09:00", "manual"),
    Control(-2, "sorøvej", "07:15-10:30", "atk"),
    Control(-4, "fuglebjerg", "17:30-19:30", "laser"),
]
CREWS = {"atk": "Fotovogn 1", "laser": "Motorcykel 4", "video": "Videobil 2", "mopeds": "Færdselsgruppen",
         "manual": "Færdselsgruppen", "patrol": "Lokalpolitiet", "inspection": "Lokalpolitiet"}
FIRST = "Anna Bent Birthe Carsten Dorte Erik Gitte Hans Inge Jens Karen Lars Mette Niels Pia Rune Sofie Tine Ulla Vagn"
LAST = "Bach Dahl Holm Iversen Juul Krogh Lund Mikkelsen Nygaard Olsen Poulsen Riis Skov Toft Vinther"


class _Clock(datetime):
    """Stands where models/base.py has `datetime`, so that its now(), whoever imported it, is the demo's moment."""

    moment: datetime

    @classmethod
    def now(cls, tz=None):
        return cls.moment.astimezone(tz)


@contextmanager
def _own_time():
    models.base.datetime = _Clock
    try:
        yield
    finally:
        models.base.datetime = datetime


def fill() -> None:
    """Fill the empty database; all of it or nothing."""
    if db.session.scalar(select(Booking.id).limit(1)) is not None:
        sys.exit("There are bookings already. The demo is for an empty database only; nothing was changed.")
    password = secrets.token_urlsafe(12)
    officer = Officer.by_email(OFFICER) or Officer.add(OFFICER, "Demo Betjent", password)
    officer.set_password(password)
    rng, old = Random(2014), _at(_day(FRESH), time(0))
    happenings = [step for stories in (_lives(rng, officer), _visits(officer)) for step in stories]
    with _own_time():
        for _Clock.moment, act in sorted(happenings, key=lambda step: step[0]):
            act()
            _post(letters.write_pending(), officer, fresh=_Clock.moment > old)
    db.session.commit()
    shown = db.session.scalar(select(Visit).order_by(Visit.id)).bookings[0]
    click.echo(f"{OFFICER} can log in at {letters.office_address()} with the password {password}")
    click.echo(f"A citizen’s own page: {letters.link_to(shown)}")


def _lives(rng: Random, officer: Officer) -> Iterator[tuple[datetime, Callable]]:
    """What happens to every wish, and when. All that is left to chance is drawn here, in the order of the table."""
    people = rng.sample(list(product(FIRST.split(), LAST.split())), len(WISHES))
    for number, (wish, person) in enumerate(zip(WISHES, people, strict=True)):
        columns, case = _columns(rng, number, wish, person), {}

        def receive(wish=wish, columns=columns, case=case):
            case["booking"] = Booking.receive(
                place=_place(wish.place, columns["lat"], columns["lng"]), answer_within=TRAFFIC.answer_within,
                officer=None if wish.by == "web" else officer, service=TRAFFIC.key, **columns)

        in_office = wish.by != "web"
        hour, minute, days = rng.randint(*(9, 14) if in_office else (6, 22)), rng.randrange(60), rng.randrange(3)
        day = _day(wish.ago)
        if day.weekday() == 4 and wish.ago > 1 and not in_office:
            day += timedelta(days)  # many write at the weekend
        yield _at(day, time(hour, minute)) if wish.ago else now() - timedelta(minutes=40), receive
        for after, step, *words in wish.steps:
            moment = _at(_day(wish.ago - after), time(rng.randint(8, 12), rng.randrange(60)))
            yield moment, lambda case=case, step=step, words=words: STEPS[step](case["booking"], officer, *words)


def _columns(rng: Random, number: int, wish: Wish, person: tuple[str, str]) -> dict:
    road, stretch, postcode, lat, lng, limit, roadtype = PLACES[wish.place]
    town = current_app.config["DISTRICT"].postcode(postcode).town
    capacity, org = wish.org
    school, moped = wish.problem == "school", wish.problem == "mopeds"
    pinned = wish.by == "web" and rng.random() < 0.8
    answers = {
        "problem": wish.problem, "text": wish.text, "direction": rng.choice(("both", "both", "unknown")),
        "limit": str(limit) if rng.random() < 0.8 else "unknown", "roadtype": roadtype,
        "days": ["weekdays"] if school else rng.choice((["weekdays"], ["all"], ["saturday", "sunday"])),
        "times": ["06-09", "14-18"] if school else ["18-23"] if moped else rng.choice(
            (["06-09"], ["14-18"], ["06-09", "14-18"], ["18-23"], ["all"])),
        "frequency": rng.choice(("daily", "daily", "often", "weekly")),
        "since": rng.choice(("month", "half_year", "longer", "longer")),
        "who": ["schoolchildren", "cyclists"] if school else rng.choice((["cyclists"], ["pedestrians", "elderly"],
                                                                         ["motorists"], ["animals", "motorists"])),
        "contacted": rng.choice(("yes", "no", "no")),
    }
    if school:
        answers["special"] = ["school"]
    # No subscriber in Denmark has a number that begins with 10: nobody is phoned by mistake.
    phone = f"10{rng.randrange(10**6):06}" if wish.by == "phone" or rng.random() < 0.3 else ""
    mail = "{}.{}@example.{}".format(*person, "com" if wish.language == "en" else "dk").casefold()
    return {
        "once": f"demo-{number}", "name": " ".join(person), "phone": phone, "capacity": capacity, "org": org,
        "email": wish.email or mail if wish.by == "web" else "", "language": wish.language, "channel": wish.by,
        "reply": {"web": "email", "phone": "phone", "paper": "letter"}[wish.by], "road": road,
        "address": f"Eksempelvej {number}\n{postcode} {town}" if wish.by == "paper" else "",
        "from_to": wish.stretch or stretch, "answers": answers,
        "lat": round(lat + rng.uniform(-5e-4, 5e-4), 5) if pinned else None,
        "lng": round(lng + rng.uniform(-5e-4, 5e-4), 5) if pinned else None,
    }


def _visits(officer: Officer) -> Iterator[tuple[datetime, Callable]]:
    """Every visit: planned for whoever waits at the place by then, carried out, written down, and told."""
    for control in CONTROLS:
        day, visit = _day(control.ago), {}
        hours = [part.split(maxsplit=1)[0].split("-") for part in control.hours.split(", ")]
        starts, ends = (_at(day, time.fromisoformat(clock)) for clock in (hours[0][0], hours[-1][1]))

        def plan(control=control, starts=starts, ends=ends, visit=visit):
            place = _place(control.place)
            visit["it"] = Visit.plan(officer, service=TRAFFIC.key, place=place, starts_at=starts, ends_at=ends,
                                     crew=CREWS[control.method], method=control.method,
                                     bookings=place.waiting_for_visit(TRAFFIC.key))

        def enter(found, visit=visit):
            visit["it"].enter_findings(officer, found)

        def report(visit=visit):
            visit["it"].report(officer, add_working_days(today(), TRAFFIC.act_within)
                               if TRAFFIC.keeps_open(visit["it"].draft) else None)

        yield _at(_day(max(control.ago + 3, 1)), time(14, 20)), plan
        if control.cancelled:
            yield starts - timedelta(hours=2), lambda visit=visit, why=control.cancelled: visit["it"].cancel(officer, why)
        if control.found:
            yield ends + timedelta(minutes=40), lambda enter=enter, found=_findings(control, control.found): enter(found)
            if control.sent:
                yield _at(_day(control.ago - 1), time(10, 5)), report
        if control.corrected:
            yield _at(_day(control.ago - 12), time(9, 30)), lambda enter=enter, found=_findings(control, control.corrected): enter(found)
            yield _at(_day(control.ago - 12), time(9, 45)), report


def _findings(control: Control, found: dict) -> dict:
    """`found` as the form of findings would have put it away, with what follows from the plan."""
    road, _, postcode, _, _, limit, _ = PLACES[control.place]
    findings = {"performed": "yes", "nearby": False, "temporary": False, "uncounted": False, "prelim": True,
                "suit": "suitable", "next": ["closed"], **found}
    if findings["performed"] != "no":
        town = current_app.config["DISTRICT"].postcode(postcode).town
        findings = {"method": control.method, "place": f"{road}, {town}", **findings, "periods": []}
        for part in control.hours.split(", "):
            clocks, _, direction = part.partition(" ")
            starts, ends = clocks.split("-")
            findings["periods"].append({"day": _day(control.ago).isoformat(), "starts": starts, "ends": ends,
                                        **({"direction": direction} if direction else {})})
    if "charged" in findings:
        findings["limit"] = str(limit)
    if "patrols" in findings:
        findings["patrols"] = [{"day": _day(control.ago + n).isoformat()} for n in findings["patrols"]]
    return findings


def _post(written: list[Letter], officer: Officer, fresh: bool) -> None:
    """What the worker and the officer did with these letters; only lately something lies undone."""
    db.session.flush()
    for letter in written:
        if letter.way is not Way.EMAIL:
            if not fresh:
                _Clock.moment += timedelta(hours=1)
                letter.do_by_hand(officer)
        elif fresh and letter.recipient in REFUSED:
            letter.refused(REFUSED[letter.recipient])
        else:
            letter.went()


def _place(key: str, lat: float | None = None, lng: float | None = None) -> Place:
    road, stretch, postcode, own_lat, own_lng, _, _ = PLACES[key]
    known = current_app.config["DISTRICT"].postcode(postcode)
    place = Place.at(road=road, postcode=postcode, town=known.town, municipality=known.municipality, from_to=stretch,
                     lat=lat or own_lat, lng=lng or own_lng)
    place.suitability = SUITABILITY.get(key, "")
    return place


def _day(ago: int) -> date:
    """So many working days before today; those to come are negative."""
    day = today()
    if ago <= 0:
        return add_working_days(day, -ago)
    while ago:
        day -= timedelta(days=1)
        ago -= is_working_day(day)
    return day


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, COPENHAGEN)
