"""Who asked for what, and what came of it: the tables from which story.py makes a district to look at.

Days are counted in working days before today; those to come are negative. The controls marked "published" have the
figures that the press printed; the rest, and every person, is made up.
"""

from types import SimpleNamespace

# key: road, stretch, postcode, latitude, longitude, limit. The pins are roughly right.
PLACES = {
    "terslev": ("Terslev Bygade", "fra kirken til forsamlingshuset", "4690", 55.3741, 11.9612, 50),
    "rønnede": ("Faxevej", "fra rundkørslen mod Faxe", "4683", 55.2556, 12.0302, 50),
    "karise": ("Køgevej", "gennem byen", "4653", 55.3079, 12.2061, 50),
    "ladeplads": ("Strandvejen", "langs stranden", "4654", 55.2151, 12.1655, 40),
    "fuglebjerg": ("Slagelsevej", "uden for byskiltet", "4250", 55.3102, 11.5391, 80),
    "kildemark": ("Kildemarksvej", "ved skolen", "4700", 55.2383, 11.7731, 40),
    "vordingborgvej": ("Vordingborgvej", "fra byskiltet mod syd", "4700", 55.2102, 11.7806, 70),
    "karrebæk": ("Karrebækvej", "fra centret til byskiltet", "4700", 55.2189, 11.7352, 50),
    "glumsø": ("Ringstedvej", "fra stationen til byskiltet", "4171", 55.3562, 11.6921, 50),
    "holme": ("Fensmarkvej", "ved den gamle skole", "4684", 55.2791, 11.8052, 60),
    "slagelse": ("Sorøvej", "fra ringvejen mod øst", "4200", 55.4063, 11.3852, 60),
    "korsør": ("Skælskørvej", "ved boligerne", "4220", 55.3229, 11.1601, 50),
    "skælskør": ("Slagelsevej", "gennem byen", "4230", 55.2583, 11.3049, 50),
    "vemmelev": ("Bygaden", "mellem de to sving", "4241", 55.3631, 11.2622, 50),
    "sorø": ("Ringstedvej", "fra slusen mod motorvejen", "4180", 55.4371, 11.5752, 60),
    "dianalund": ("Holbækvej", "ved idrætshallen", "4293", 55.5321, 11.4903, 50),
    "stenlille": ("Hovedgaden", "gennem byen", "4295", 55.5382, 11.5921, 50),
    "udby": ("Sydmotorvejen ved Udby", "begge retninger", "4750", 55.0852, 11.9671, 130),
    "nyråd": ("Nyråd Skovstræde", "ved vejarbejdet", "4760", 55.0051, 11.9553, 30),
    "hulemose": ("Hulemosevej", "hele vejen", "4760", 55.0169, 11.9252, 30),
    "farø": ("Farøbroen", "motorvejen over broen", "4793", 54.9512, 11.9853, 110),
    "stege": ("Klintevej", "fra Stege mod Møns Klint", "4780", 54.9892, 12.3001, 80),
    "præstø": ("Adelgade", "fra torvet til havnen", "4720", 55.1232, 12.0451, 30),
    "nykøbing": ("Østre Allé", "ved gymnasiet", "4800", 54.7651, 11.8849, 50),
    "marielyst": ("Marielyst Strandvej", "fra torvet mod stranden", "4873", 54.6902, 11.9651, 40),
    "sakskøbing": ("Maribovej", "ved byskiltet", "4990", 54.7969, 11.6151, 50),
    "stubbekøbing": ("Vestergade", "fra kirken til havnen", "4850", 54.8889, 12.0402, 50),
    "nakskov": ("Svingelen", "ved parkeringspladsen", "4900", 54.8321, 11.1352, 50),
    "rødby": ("Østersøvej", "gennem havnebyen", "4970", 54.6601, 11.3604, 50),
    "maribo": ("Vestre Landevej", "ved indkøbscentret", "4930", 54.7759, 11.4852, 60),
    "horslunde": ("Nakskovvej", "gennem landsbyen", "4913", 54.9051, 11.2103, 50),
}
SUITABILITY = {
    "terslev": "God plads ved forsamlingshuset, efter aftale.",
    "kildemark": "Kun før klokken 9. Cyklisterne skal kunne se forbi vognen.",
    "karise": "Ingen lige strækning og fortov i begge sider. Se på vejen nord for byen i stedet.",
    "farø": "Kun bag autoværn og efter aftale med Vejdirektoratet.",
}


def wish(ago, place, text, *steps, problem="speeding", by="web", language="da", org="", email=""):
    """A wish for a control. A step is (working days after its receipt, what, with what words)."""
    return SimpleNamespace(**locals())


def control(ago, place, hours, method, found=None, *, corrected=None, cancelled="", sent=True):
    """A visit. Without `found` nothing has been written down; `sent` is false where nobody has been told."""
    return SimpleNamespace(**locals())


def speed(passed, fine=0, klip=0, cond=0, uncond=0, top=None, **more):
    """The figures of a speed control; what is nought is left out."""
    parts = {"passed": passed, "fine": fine, "klip": klip, "cond": cond, "uncond": uncond, "top": top}
    charged = fine + klip + cond + uncond
    return {k: n for k, n in parts.items() if n} | {
        "charged": charged, "uncounted": passed is None, "prelim": charged > 0} | more


def seen(**more):
    """The figures of a visit without measuring."""
    return more if more.get("performed") == "no" else {"prelim": False} | more


def offences(**counts):
    return [{"kind": kind, "count": count} for kind, count in counts.items()]


SCHOOL, PARENTS = "Skolen ved Kildemarken", "Skolens forældreforening"
WISHES = [
    wish(248, "rønnede", "Om aftenen bliver gaden brugt som landevej, længe efter byskiltet.", (7, "yes")),
    wish(247, "terslev", "Der køres alt for stærkt gennem byen, mest først på aftenen.", (6, "yes")),
    wish(245, "terslev", "Vi tør ikke lade børnene cykle til fodbold for bare fart.", (5, "yes")),
    wish(243, "kildemark", "Forældrene kører selv for hurtigt, når klokken ringer.", (4, "yes"), problem="school",
         org=SCHOOL),
    wish(241, "kildemark", "Min datter på otte skal over, og ingen holder tilbage.", (6, "yes"), problem="school"),
    wish(240, "horslunde", "Det går stærkt gennem landsbyen.", (7, "no", "resources"), by="phone"),
    wish(238, "ladeplads", "Gæsterne i sommerhusene kører hurtigt langs stranden.", (8, "no", "unlikely",
         "Kommunen har målt på stedet, og næsten alle holdt grænsen.", "Skriv gerne igen, hvis noget ændrer sig.")),
    wish(234, "fuglebjerg", "Motorcykler prøver grænsen af på den lange, lige strækning.", (7, "yes")),
    wish(226, "holme", "Huller i vejen tvinger bilerne over i den modsatte side.", (3, "refer", "municipality",
         "Vi har set stedet. Det er belægningen, der er noget i vejen med."), problem="other"),
    wish(223, "slagelse", "Fra ringvejen og ud bliver der givet gas, også midt på dagen.", (8, "yes")),
    wish(221, "slagelse", "Lastbilerne holder ikke de 60.", (6, "yes"), problem="heavy", by="phone"),
    wish(215, "stenlille", "Naboen kører hensynsløst hver morgen.", (4, "no", "report",
         "En kontrol gælder et sted og ikke en bestemt bilist."), problem="noise"),
    wish(209, "nyråd", "Der er vejarbejde og folk på vejen, men ingen kører 30.", (5, "yes"),
         org="Entreprenøren på stedet"),
    wish(207, "nyråd", "Traffic races past the road works. The workers have to jump.", (6, "yes"), language="en"),
    wish(206, "hulemose", "Omkørslen går nu forbi os, og farten er fulgt med.", (5, "yes")),
    wish(199, "nakskov", "Hver aften kører de knallert rundt på pladsen til langt ud på natten.", (7, "yes"),
         problem="mopeds"),
    wish(198, "nakskov", "Knallerter uden lys og med to på. De kører også på fortovet.", (7, "yes"), problem="mopeds",
         by="paper"),
    wish(196, "præstø", "Gaden bliver brugt til gennemkørsel.", (7, "no", "authority", "",
         "Kommunen bestemmer over skiltningen og kan også måle trafikken."), problem="other"),
    wish(191, "dianalund", "Børn går over ved hallen, og bilerne bremser ikke.", (8, "yes"), problem="school"),
    wish(188, "karrebæk", "Der bliver kørt stærkt.", (4, "ask", "Hvor på vejen sker det, og hvornår på dagen?"),
         (17, "no", "information")),
    wish(183, "udby", "Sidst på eftermiddagen kører mange langt over 130 mod syd.", (9, "yes")),
    wish(178, "nykøbing", "Jeg så en bil køre over for rødt i går.", (3, "no", "outside", "",
         "Ring 114, hvis du vil anmelde det, du så."), problem="red_light"),
    wish(171, "marielyst", "Cars rush past the ice-cream shops. Nobody stops for us.", (6, "yes"), language="en"),
    wish(169, "marielyst", "Mange cykler, og farten er alt for høj.", (7, "yes"), org="Campingpladsen"),
    wish(166, "ladeplads", "Det er blevet værre. Der køres over 60, hvor der må køres 40.", (13, "no", "priority",
         "Vi beklager, at svaret kommer så sent.")),
    wish(164, "karise", "Lastbilerne kører tæt forbi fortovet med fuld fart.", (7, "yes"), problem="heavy"),
    wish(158, "sakskøbing", "Byskiltet bliver overset. De fleste bremser først ved kirken.", (8, "yes"),
         org="Grundejerforeningen ved byskiltet"),
    wish(153, "rødby", "Når færgen er kommet, går det stærkt gennem byen.", (9, "yes")),
    wish(146, "horslunde", "Vi har spurgt før. Det er kun blevet værre.", (8, "no", "priority",
         "Her er ikke sket ulykker, og andre veje har flere.")),
    wish(142, "farø", "Højre spor kører 110, venstre spor 150. Hver dag.", (6, "yes")),
    wish(140, "udby", "Igen i år bliver der kørt om kap på motorvejen.", (6, "no", "regular"),
         (8, "rates", "yes", "clear")),
    wish(135, "stenlille", "Skolebussen bliver overhalet, mens den holder.", (9, "yes"), problem="school", by="phone"),
    wish(131, "kildemark", "Nu er det lige så slemt som før.", (8, "yes"), problem="school", org=PARENTS),
    wish(129, "kildemark", "Jeg er skolepatrulje og bliver næsten kørt ned.", (6, "yes"), problem="school"),
    wish(128, "korsør", "Biler uden lyddæmper, så vi ikke kan sove.", (3, "withdraws"), problem="noise"),
    wish(124, "nykøbing", "Hver anden har telefonen i hånden ved gymnasiet.", (2, "note", "God til manuel standsning."),
         (9, "delay", "Vi mangler svar fra kommunen om en plads at holde på.", 8), (13, "yes"), problem="mobile"),
    wish(119, "skælskør", "De kører stærkt, når butikkerne lukker.", (6, "yes")),
    wish(117, "skælskør", "Trafikken er for hurtig ved plejehjemmet.", (8, "yes"), by="paper"),
    wish(113, "holme", "Der bliver kørt for hurtigt ved den gamle skole.", (7, "no", "unsuitable",
         "Der er grøft i begge sider og intet sted at holde.", "Kommunen kan sætte en fartviser op.")),
    wish(106, "vordingborgvej", "Om natten bliver der kørt ræs.", (3, "ask", "Hvor på vejen sker det?"),
         (5, "tells", "Ved den anden indkørsel efter byskiltet."), (11, "yes"), problem="noise"),
    wish(103, "glumsø", "Fra stationen og ud af byen trykker de på speederen.", (6, "yes")),
    wish(95, "sorø", "Der er støj fra udstødninger hele natten.", (14, "no", "resources",
         "Vi beklager, at svaret kommer så sent."), problem="noise"),
    wish(84, "maribo", "Ved indkøbscentret kører de mindst 80.", (8, "yes"), by="phone"),
    wish(72, "korsør", "De unge kører om kap forbi boligerne.", (9, "yes"), org="Boligforeningen"),
    wish(66, "karise", "Det er farligt at gå over vejen ved bageren.", (6, "no", "unsuitable",
         "Vi har været der. Pladsen er for trang.", "Spørg kommunen om et fodgængerfelt.")),
    wish(60, "stege", "Cars drive too fast on the gravel road behind ours.", (5, "no", "unlikely"), language="en"),
    wish(57, "karrebæk", "Fra centret og ud er vejen en racerbane.", (6, "yes")),
    wish(56, "karrebæk", "Vi har boet her i 30 år, og så slemt har det aldrig været.", (6, "yes"), by="paper"),
    wish(49, "slagelse", "Det hjalp sidst. Kom gerne igen.", (7, "no", "recently", "Vi måler her igen ved lejlighed."),
         (9, "rates", "partly", "treated", "Venligt svar, men der køres stadig stærkt om aftenen.")),
    wish(45, "rønnede", "Tunge køretøjer skyder genvej gennem byen.", (8, "no", "resources"),
         (10, "rates", "no", "still", "Der kører lige så mange lastbiler nu."), problem="heavy"),
    wish(41, "farø", "Skiltet før broen er væltet.", (1, "refer", "vejdirektoratet"),
         (2, "rates", "yes", "clear"), problem="other"),
    wish(39, "præstø", "Der må køres 30 ned mod havnen, men det ved ingen.", (7, "yes")),
    wish(37, "terslev", "Det er bedre end sidst, men morgenen er stadig slem.", (8, "yes")),
    wish(32, "nakskov", "Føreren af en varevogn drikker.", (1, "refer", "police_114"), problem="intoxicated"),
    wish(31, "korsør", "Billige briller og ure. Klik og vind.", (1, "spam"), problem="other"),
    wish(30, "rødby", "Der er for meget trafik til færgen.", (5, "withdraws"), problem="other"),
    wish(29, "sorø", "På vej mod motorvejen kører de, som om de allerede var der.", (9, "yes")),
    wish(27, "horslunde", "Høj fart, mest fredag aften.", (6, "no", "resources"), by="phone"),
    wish(26, "kildemark", "Kom igen. Flere børn cykler nu.", (9, "no", "regular"), problem="school", org=PARENTS),
    # How it stands today.
    wish(25, "holme", "Der bliver kørt om kap forbi den gamle skole.", (7, "yes")),
    wish(22, "skælskør", "Farten er steget igen, især om morgenen.", (8, "yes"),
         (20, "tells", "Nu er der også kommet vejarbejde og en midlertidig grænse på 40.")),
    wish(21, "dianalund", "Bilerne holder ikke tilbage for hallens gæster.", (7, "yes")),
    wish(20, "stenlille", "Knallerterne kører om kap ned ad gaden.", (8, "yes"), problem="mopeds"),
    wish(19, "nykøbing", "Cars jump the light outside the school every morning.", (9, "yes"), problem="red_light",
         language="en"),
    wish(18, "maribo", "Om natten bliver der kørt ræs ved centret.", (7, "yes"), problem="noise"),
    wish(17, "slagelse", "Der er kommet en børnehave, men farten er den samme.", (8, "yes")),
    wish(15, "fuglebjerg", "Nu er motorcyklerne her igen.", (8, "yes"), (9, "note", "Kun med laser.")),
    wish(15, "karrebæk", "Støjen fra vejen er ikke til at holde ud.", (9, "no", "outside", "",
         "Støj fra en vej er kommunens område."), (13, "reopens", "Det er ikke vejstøj, men biler uden lyddæmper."),
         problem="noise"),
    wish(14, "stubbekøbing", "Lastbiler kører gennem gaden, selv om det er forbudt.",
         (6, "ask", "Ved du, om de skal levere varer i gaden?"), problem="heavy"),
    wish(13, "vemmelev", "Der er høj fart ved legepladsen.", (4, "ask", "Hvilken legeplads tænker du på?"),
         (10, "tells", "Den nye ved boldbanen, lige efter det første sving.")),
    wish(12, "ladeplads", "Vi er flere, der er trætte af farten langs stranden.",
         org="Grundejerforeningen ved stranden"),
    wish(12, "hulemose", "Farten er der endnu, nu vejarbejdet er væk.", (9, "no", "recently"), by="phone"),
    wish(11, "karise", "Lastbilerne er blevet flere og hurtigere.", (9, "no", "unsuitable",
         "Vi har set på stedet to gange.", "Kommunen kan sætte en fartviser op."), problem="heavy", by="paper"),
    wish(10, "glumsø", "Der køres hensynsløst ved stationen.", (5, "ask", "Hvornår på dagen sker det mest?"),
         problem="noise"),
    wish(9, "vordingborgvej", "Alle overhaler, så snart byskiltet er passeret.", problem="red_light"),
    wish(8, "rønnede", "Genvejen til motorvejen går forbi vores indkørsel.", (5, "no", "priority"),
         email="b.krogh@example.com"),
    wish(7, "sorø", "Kan I komme igen? Det er lige så slemt.", (2, "withdraws")),
    wish(9, "slagelse", "Børnehaven har fået sin lille vej, og bilerne skyder genvej.", (3, "yes"), problem="school",
         org=PARENTS),
    wish(7, "slagelse", "Min søn blev næsten kørt ned på cyklen i går.", (2, "yes"), problem="school"),
    wish(6, "slagelse", "Fra ringvejen holder ingen de 60, heller ikke busserne.", (3, "yes")),
    wish(5, "slagelse", "Vi har talt: hver tredje kører for stærkt.", (2, "yes"),
         org="Grundejerforeningen Øst"),
    wish(4, "slagelse", "Cars overtake where the children cross.", language="en"),
    wish(5, "stege", "Vildtet bliver kørt ned, fordi ingen holder 80."),
    wish(3, "præstø", "Delivery vans speed down to the harbour.", language="en"),
    wish(3, "marielyst", "Farten falder først, når de ser havet.", by="phone"),
    wish(2, "marielyst", "Knallerter ræser mellem sommerhusene om aftenen.", problem="mopeds"),
    wish(2, "nakskov", "De kører stærkt forbi pladsen, når skolen slutter.", problem="school", by="phone"),
    wish(1, "rønnede", "Der er kommet mange flere biler efter omlægningen.", email="post.faxevej@example.dk"),
    wish(0, "marielyst", "Når butikkerne er lukket, tror folk, at vejen er deres."),
]
REFUSED = {"b.krogh@example.com": "refused 550 5.1.1 no such user",
           "post.faxevej@example.dk": "refused 552 5.2.2 mailbox full"}
CONTROLS = [
    control(236, "terslev", "17:15-18:40", "atk", speed(94)),  # published
    control(236, "rønnede", "19:10-21:05", "atk", speed(539, 4)),  # published
    control(228, "kildemark", "07:20-09:10", "atk", speed(312, 7, 2, top=57, next=["repeat"])),
    control(219, "fuglebjerg", "18:23-19:59", "laser", speed(None, 0, 7, 2, top=134)),  # published
    control(208, "slagelse", "13:05-16:10", "atk", speed(1184, 31, 4, 1, top=101)),
    control(201, "kildemark", "07:15-09:00", "atk", speed(287, 3, top=51, note="Opfølgning. Bedre end sidst.")),
    control(193, "nyråd", "08:39-12:09", "atk", speed(None, 63, 25, 5, top=55, temporary=True)),  # published
    control(193, "hulemose", "12:45-15:10", "atk", speed(None, 21, 6, top=46)),  # published
    control(184, "nakskov", "19:00-22:15", "mopeds", seen(mopeds_checked=14, mopeds_fast=5, mopeds_top=71,
            other=offences(altered=4, helmet=1, insurance=2), next=["patrol"], patrols=(5, 2, 0))),
    control(176, "dianalund", "14:00-16:00", "atk", seen(performed="no", cause="weather", next=["repeat"])),
    control(168, "udby", "14:12-17:05 mod syd, 17:20-20:11 mod nord", "atk", speed(4430, 110, 0, 16)),  # published
    control(163, "dianalund", "14:10-16:30", "atk", speed(402, 9, 1, top=71)),
    control(155, "marielyst", "12:30-15:45", "atk", speed(655, 14, 3, top=66)),
    control(149, "karise", "10:00-10:40", "inspection", seen(suit="unsuitable", next=["municipality"],
            msg={"da": "Vi har gået vejen igennem. Vognen kan ikke holde noget sted uden at spærre fortovet."})),
    control(141, "sakskøbing", "15:00-17:20", "atk", speed(388, 8, 1, top=74, nearby=True, suit="nearby",
            place="Maribovej, nærmere centrum", msg={"da": "Ved byskiltet var der ikke plads til at holde."})),
    control(133, "rødby", "20:00-22:30", "patrol", seen(next=["patrol"], patrols=(8, 4, 3, 0))),
    control(126, "farø", "11:00-17:00", "atk", speed(None, 224, 22)),  # published
    control(118, "stenlille", "07:10-08:40", "atk", speed(176)),
    control(112, "kildemark", "07:20-09:20", "manual", seen(other=offences(phone=6, belt=3), next=["regular"])),
    control(104, "skælskør", "16:30-19:00", "atk", speed(498, 15, 3, top=79), corrected=speed(
            498, 11, 2, top=79, prelim=False,
            msg={"da": "Fem sager er faldet bort, fordi et skilt var skjult af en busk."})),
    control(94, "nykøbing", "07:30-09:30", "manual", seen(other=offences(phone=11, belt=2, licence=1))),
    control(90, "glumsø", "15:00-17:00", "atk", cancelled="Fotovognen var på værksted."),
    control(86, "vordingborgvej", "21:00-23:00", "video", speed(None, 2, 2, 1, 1, top=171, reckless=1,
            other=offences(drink=1, seized=1))),
    control(82, "glumsø", "15:00-17:15", "atk", speed(267, 5, top=67)),
    control(68, "maribo", "13:00-14:10", "atk", speed(211, 5, 1, top=84, performed="partly", cause="technical")),
    control(54, "korsør", "19:00-21:00", "atk", seen(performed="no", cause="unsuitable", suit="unsuitable",
            next=["municipality"], msg={"da": "Der er ikke et sikkert sted at holde i nærheden."})),
    control(43, "karrebæk", "13:30-17:00", "atk", speed(620, 15, 2, top=78, next=["regular"])),
    control(26, "præstø", "14:30-17:00", "atk", speed(231, 7, 1, top=46)),
    control(23, "terslev", "07:00-09:00", "atk", speed(121, 2, top=61)),
    control(13, "sorø", "12:30-15:30", "atk", speed(874, 19, 2, top=91)),
    control(6, "maribo", "21:30-23:30", "video", cancelled="Vagten blev kaldt til en ulykke."),
    control(3, "dianalund", "14:00-16:00", "atk", speed(365, 8, 1, top=70), sent=False),
    control(1, "stenlille", "19:00-22:00", "mopeds"),
    control(-1, "nykøbing", "07:20-09:00", "manual"),
    control(-2, "slagelse", "07:15-10:30", "atk"),
    control(-4, "fuglebjerg", "17:30-19:30", "laser"),
]
CREWS = {"atk": "Fotovogn 1", "laser": "Motorcykel 4", "video": "Videobil 2", "mopeds": "Færdselsgruppen",
         "manual": "Færdselsgruppen", "patrol": "Lokalpolitiet", "inspection": "Lokalpolitiet"}


def dated(service, ago, place, org, wishes, answers, *steps, by="web", language="da", public=True):
    """A wish for a visit whose date is agreed. A time is (day, hours); a step (day, what, with what).

    After "leads_to", the steps are those of the case that it leads to.
    """
    return SimpleNamespace(**locals())


# Places: road or venue, what else is said of it, postcode, latitude, longitude.
DATED = [
    dated("meeting", 172, ("Fælleshuset, Bøgevænget 1", "Boligerne omkring Bøgevænget", "4930", 54.7741, 11.5102),
          "Boligafdelingen Bøgevænget", [(146, "19:00"), (144, "19:00")],
          {"kind": "residents", "topics": ["burglary", "unease", "young"], "duration": "90", "number": 45,
           "why": "Kælderrum bliver brudt op, og om aftenen tør mange ikke gå over parkeringspladsen.",
           "facilities": ["projector", "access"], "way": "room", "age": ["adults", "elderly"]},
          (165, "offers", (147, "19:00-20:30"), (146, "19:00-20:30"), (144, "18:30-20:00")),
          (163, "chooses", 1), (148, "is_near"),
          (146, "polls", [
              *[{"trend": "more", "level": "25", "safe": "unsafe"}] * 14,
              *[{"trend": "more", "level": "10", "safe": "neither"}] * 8,
              *[{"trend": "same", "level": "10", "safe": "safe"}] * 7, {"trend": "fewer", "level": "0", "safe": "safe"},
              *[{"trend": "unknown", "level": "unknown", "safe": "very_unsafe"}] * 3],
           [*[{"safe": "safe", "learned": "yes"}] * 15, *[{"safe": "neither", "learned": "yes"}] * 9,
            *[{"safe": "unsafe", "learned": "no"}] * 6]),
          (145, "finds", {
              "number": 38, "ages": ["adults", "elderly"], "topics": ["burglary", "unease", "young"],
              "worries": ["burglary", "lighting", "path"], "worries_text": "Ingen bruger tunnelen, når det er mørkt.",
              "facts": "Der er færre indbrud end for tre år siden.", "advice": ["burglary", "watch", "report"],
              "summary": "Tak for en god aften. I begynder med nabohjælp i to opgange. Tunnelen og parkeringspladsen "
                         "ser vi på sammen med kommunen og boligorganisationen på en tryghedsvandring.",
              "public_outcome": True, "note": "Godt fremmøde. Spørg efter lyset igen."}),
          (144, "reports"), (144, "leads_to", "walk"),
          (139, "agrees", (122, "13:00-15:00")), (124, "is_near"),
          (121, "finds", {
              "light": "day", "weather": "Overskyet", "follow_day": -8,
              "route": "Fra fælleshuset over parkeringspladsen, gennem tunnelen og tilbage ad stien.",
              "people": [{"role": "residents", "count": 9}, {"role": "municipality", "count": 2},
                         {"role": "housing", "count": 1}, {"role": "police", "count": 2}],
              "worries": ["graffiti", "lighting", "path", "planting"],
              "summary": "Kommunen ser på lyset i tunnelen. Boligorganisationen klipper hækken ved cykelskuret. "
                         "Til opfølgningsmødet fortæller de, hvad der er sket.", "public_outcome": True}),
          (121, "notes", {"place": "Tunnelen under Ringvejen", "feel": "unsafe", "cat": ["dark", "graffiti"],
                          "what": "To af fire lamper lyser ikke, og man kan ikke se ud i den anden ende.",
                          "proposal": "Nye lamper, og væggene malet lyse.", "owner": "municipality", "prio": "now",
                          "when": "night", "public": "yes", "lat": 55.2301, "lng": 11.7702}),
          (121, "notes", {"place": "Cykelskuret", "feel": "unsafe", "cat": ["plants", "hiding"],
                          "what": "Hækken er højere end skuret og skjuler døren.",
                          "proposal": "Klip hækken til en meter.",
                          "owner": "housing", "prio": "half_year", "public": "yes", "lat": 55.2312, "lng": 11.7726}),
          (121, "notes", {"place": "Bænkene ved legepladsen", "feel": "pleasant",
                          "what": "Her er der altid nogen, der ser hinanden.", "owner": "housing",
                          "public": "yes", "lat": 55.2318, "lng": 11.7741}),
          (121, "names", "municipality", "Vej og park", "vejogpark@example.dk"),
          (121, "names", "housing", "Driftskontoret", "drift@example.dk"),
          (119, "reports"), (119, "sends"), (118, "shows"), (101, "owner_says", 2, "done", "Klippet i dag."),
          (6, "owner_says", 1, "under_way", "Lamperne er bestilt og kommer efter nytår.")),
    dated("van", 110, ("Pladsen foran forsamlingshuset", "over for kirken", "4952", 54.8061, 11.3601),
          "Borgerforeningen i landsbyen", [(84, "13:00-16:00"), (82, "13:00-16:00")],
          {"purpose": "local", "text": "Der er langt til en station, og flere ældre er blevet ringet op af svindlere.",
           "themes": ["fraud", "burglary"], "stand": "yes",
           "power": "yes", "wc": "yes", "access": "yes", "visitors": "49"},
          (103, "agrees", (84, "13:00-16:00")), (86, "is_near"),
          (83, "finds", {
              "staff": 2, "visitors": 34, "came": ["elderly", "families"], "topics": ["fraud", "traffic", "report"],
              "reports": 2, "worries": ["fraud", "traffic"], "site": "good",
              "worries_text": "Falske opkald fra banken, og farten gennem byen.",
              "summary": "Tak for kaffen og den fine plads. Mange spurgte om falske opkald. Farten gennem byen kan I "
                         "ønske en kontrol af, her på siden.", "public_outcome": True,
              "note": "Strøm i skabet bag huset."}),
          (82, "reports"), (80, "rates", "yes", "treated")),
    dated("walk", 52, ("Bypark og legeplads", "Ved søen", "4180", 55.4301, 11.5572), "",
          [(26, "10:00")],
          {"areatype": "park", "reasons": ["litter", "people"], "owners": ["municipality"],
           "decision": "unknown", "number": 6, "access": "yes", "follow": "no", "role": "advise"},
          (46, "withdraws"), public=False),
    dated("meeting", 41, ("Klubhuset ved boldbanerne", "Villavejene mod syd", "4640", 55.2542, 12.1141),
          "Idrætsforeningen", [(16, "19:30"), (15, "19:30")],
          {"kind": "association", "topics": ["watch", "burglary"], "duration": "60", "number": 20,
           "why": "Vi har haft indbrud i klubhuset to gange.", "age": ["adults"], "public": "closed"},
          (33, "no", "no_date", "De to aftener er optaget af andre møder.",
           "Foreslå gerne andre aftener. Råd mod indbrud står på politi.dk."), public=False),
    dated("van", 36, ("Torvet", "ved springvandet", "4780", 54.9862, 12.2842), "Handelsforeningen",
          [(2, "11:00-15:00")],
          {"purpose": "event", "event": "Marked på torvet", "organiser": "Handelsforeningen", "permit": "granted",
           "themes": ["burglary"], "stand": "yes",
           "power": "yes", "access": "yes", "visitors": "1000", "others": ["fire"]},
          (29, "agrees", (2, "11:00-15:00")), (4, "is_near"),
          (3, "is_off", "vehicle", "Bremserne skal laves. Vi er kede af det, så tæt på jeres marked.")),
    dated("meeting", 34, ("Meeting room at the library", "Nykøbing F and nearby", "4800", 54.7662, 11.8742),
          "The newcomers’ club", [(-13, "18:00"), (-17, "18:00")],
          {"kind": "association", "topics": ["fraud", "facts"], "duration": "60", "number": 25,
           "why": "Several of us have been phoned by somebody who said that he was the bank, or the police.",
           "facilities": ["projector", "interpreter"], "way": "room", "age": ["young", "adults"]},
          (28, "offers", (-13, "18:00-19:00"), (-14, "18:00-19:00")), (26, "chooses", 0),
          (2, "moves", (-17, "18:00-19:00"), "The colleague who knows most about fraud can come that day."),
          language="en"),
    dated("walk", 30, ("Stationspladsen", "Busholdepladsen", "4200", 55.4062, 11.3488),
          "Grundejerforeningen ved stationen", [(-10, "15:00"), (-11, "15:00")],
          {"areatype": "station", "reasons": ["lighting", "people"], "owners": ["municipality", "rail"],
           "spots": [{"place": "Cykelparkeringen", "feel": "unsafe", "why": "Mørkt bag skuret"},
                     {"place": "Kiosken", "feel": "pleasant"}], "decision": "yes", "number": 14,
           "access": "yes", "follow": "yes", "role": "part"},
          (23, "agrees", (-11, "15:00-17:00"), "Vi tager en kollega med, der kender stedet."),
          public=False),
    dated("meeting", 27, ("Skolens aula, Åvej 3", "Skolens distrikt", "4700", 55.2281, 11.7542),
          "Skolen ved åen", [(-12, "19:00"), (-14, "19:00")],
          {"kind": "parents", "topics": ["young", "drugs"], "duration": "90", "number": 80,
           "why": "Der bliver delt billeder i klasserne, og nogle børn er bange for at komme i skole.",
           "facilities": ["projector", "sound", "loop"], "way": "room", "age": ["adults"], "press": "no"},
          (20, "agrees", (-12, "19:00-20:30"))),
    dated("meeting", 19, ("Beboerlokalet, Lærkevej 12", "Lærkevej og Solsortevej", "4760", 55.0122, 11.9021),
          "Boligforeningen Lærkevej", [(-20, "18:30"), (-21, "18:30")],
          {"kind": "residents", "topics": ["disorder", "young"], "duration": "90", "number": 50,
           "why": "Der bliver sat ild til affald, og de ældre tør ikke sige noget.", "way": "room",
           "age": ["adults", "elderly"]},
          (12, "offers", (-10, "19:00-20:30"), (-11, "19:00-20:30")), (6, "lapses")),
    dated("walk", 14, ("Havnefronten", "Havnekontoret", "4220", 55.3301, 11.1382),
          "Bylauget ved havnen", [(-18, "13:00")],
          {"areatype": "harbour", "reasons": ["empty", "planting", "other"], "owners": ["municipality", "private"],
           "text": "Folk kører ud på kajen om natten, og der er ingen kant.", "decision": "yes", "number": 18,
           "access": "unknown", "follow": "no", "role": "lead"},
          (8, "offers", (-13, "10:00-12:00"), (-14, "10:00-12:00")),
          (5, "none_fits", "Kommunens folk er optaget begge dage. Ugen efter passer bedre, helst efter frokost."),
          (2, "offers", (-16, "13:00-15:00"), (-18, "13:00-15:00"), (-19, "12:30-14:30"))),
    dated("van", 2, ("P-pladsen ved indkøbscentret", "ud for bageren", "4900", 54.8322, 11.1452),
          "Boligselskabet", [(-23, "16:00-20:00")],
          {"purpose": "advice", "themes": ["burglary", "fraud"], "stand": "yes",
           "access": "yes", "visitors": "200"}, by="phone"),
    dated("meeting", 1, ("Ungdomsklubben, Havnegade 8", "Midtbyen og havnen", "4970", 54.6581, 11.3561),
          "Ungdomsklubben ved havnen", [(-21, "19:00"), (-23, "19:00")],
          {"kind": "young", "topics": ["young", "drugs"], "duration": "60", "number": 30, "public": "closed",
           "why": "Nogle af de unge bliver presset til at gemme ting for andre.", "age": ["teens"], "press": "no"},
          public=False),
]
FIRST = "Anna Bent Birthe Carsten Dorte Erik Gitte Hans Inge Jens Karen Lars Mette Niels Pia Rune Sofie Tine Ulla Vagn"
LAST = "Bach Dahl Holm Iversen Juul Krogh Lund Mikkelsen Nygaard Olsen Poulsen Riis Skov Toft Vinther"
TAKES = {"meeting": {"crew": "Demo Betjent"}, "walk": {"crew": "Demo Betjent, MKN"},
         "van": {"crew": "MKN, JTH", "driver": "HBS", "vehicle": "Mobil politistation"}}
# Unit, first and last day, why.
ABSENCES = [("Mobil politistation", 3, 1, "På værksted: bremserne"), ("Mobil politistation", -15, -15, "Syn"),
            ("Demo Betjent", -20, -20, "Afspadsering")]
