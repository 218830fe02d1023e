"""The privacy guard: what it must refuse, in the disguises that people use, and what it must let through."""

from __future__ import annotations

import itertools
import re
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from itinerant.domain import guard

REFUSED = [
    # DNI: plain, grouped, with its check, glued, in any place.
    ("45678912", "dni"),
    ("Se atendió al DNI 45678912", "dni"),
    ("dni45678912", "dni"),
    ("DNI:45678912", "dni"),
    ("DNI N° 45678912", "dni"),
    ("DNI Nº45678912", "dni"),
    ("D.N.I. 45678912", "dni"),
    ("D. N. I. nro. 45678912", "dni"),
    ("documento de identidad 45678912", "dni"),
    ("doc. 45678912", "dni"),
    ("titular (45678912) conforme", "dni"),
    ("45678912-K", "dni"),
    ("45678912-3", "dni"),
    ("45678912K", "dni"),
    ("45678912 - 3", "dni"),
    ("x45678912y", "dni"),
    ("45 678 912", "dni"),
    ("45.678.912", "dni"),
    ("45,678,912", "dni"),
    ("45-678-912", "dni"),
    ("45/678/912", "dni"),
    ("45_678_912", "dni"),
    ("45'678'912", "dni"),
    ("45*678*912", "dni"),
    ("45|678|912", "dni"),
    ("4567 8912", "dni"),
    ("4567-8912", "dni"),
    ("45 67 89 12", "dni"),
    ("45.67.89.12", "dni"),
    ("45:67:89:12", "dni"),
    ("45/67/8912", "dni"),
    ("4 5 6 7 8 9 1 2", "dni"),
    ("4-5-6-7-8-9-1-2", "dni"),
    ("4, 5, 6, 7, 8, 9, 1, 2", "dni"),
    ("4.5.6.7.8.9.1.2", "dni"),
    ("45   678   912", "dni"),
    ("45 - 678 - 912", "dni"),
    ("45...678...912", "dni"),
    ("45\t678\t912", "dni"),
    ("45\n678\n912", "dni"),
    ("456789 12", "dni"),
    ("4567891 2", "dni"),
    ("456 78912", "dni"),
    ("3 personas, la última 45678912", "dni"),
    ("atendidos 3 45678912", "dni"),
    ("12 45 678 912 20", "dni"),
    ("S/ 41.00 DNI 45678912", "dni"),
    ("23/11/2026 45678912", "dni"),
    ("23/11/2026 14:05 45 678 912", "dni"),
    ("45678912 23/11/2026", "dni"),
    # Spaces, dashes and digits that only look different.
    ("45\u00a0678\u00a0912", "dni"),
    ("45\u2009678\u2009912", "dni"),
    ("45\u202f678\u202f912", "dni"),
    ("45\u3000678\u3000912", "dni"),
    ("45\u2013678\u2013912", "dni"),
    ("45\u2014678\u2014912", "dni"),
    ("45\u2212678\u2212912", "dni"),
    ("45\u2011678\u2011912", "dni"),
    ("45·678·912", "dni"),
    ("45•678•912", "dni"),
    ("45\u200b678\u200b912", "dni"),
    ("4\u200c5\u200d6\ufeff7\u2060891\u00ad2", "dni"),
    ("45\u2800678\u2800912", "dni"),
    ("45\u3164678\u3164912", "dni"),
    ("\u202e45678912\u202c", "dni"),
    ("４５６７８９１２", "dni"),
    ("４５６ ７８９ １２", "dni"),
    ("٤٥٦٧٨٩١٢", "dni"),
    ("۴۵۶۷۸۹۱۲", "dni"),
    ("४५६७८९१२", "dni"),
    ("⁴⁵⁶⁷⁸⁹¹²", "dni"),
    ("₄₅₆₇₈₉₁₂", "dni"),
    ("④⑤⑥⑦⑧⑨①②", "dni"),
    ("𝟒𝟓𝟔𝟕𝟖𝟗𝟏𝟐", "dni"),
    ("4️⃣5️⃣6️⃣7️⃣8️⃣9️⃣1️⃣2️⃣", "dni"),
    ("4\u03365\u03366\u03367\u03368\u03369\u03361\u03362\u0336", "dni"),
    # Letters used as digits.
    ("4567891O", "dni"),
    ("4567891o", "dni"),
    ("O4567891", "dni"),
    ("45O78912", "dni"),
    ("4567891l", "dni"),
    ("456789I2", "dni"),
    ("45 678 9l2", "dni"),
    ("45-O78-9l2", "dni"),
    ("4567891О", "dni"),  # Cyrillic
    ("4567891Ο", "dni"),  # Greek
    # Said in words.
    ("cuatro cinco seis siete ocho nueve uno dos", "dni"),
    ("Cuatro, cinco, seis, siete, ocho, nueve, uno, dos", "dni"),
    ("cuatro-cinco-seis-siete-ocho-nueve-uno-dos", "dni"),
    ("CUATRO CINCO SEIS SIETE OCHO NUEVE UNO DOS", "dni"),
    ("cuatro_cinco_seis_siete_ocho_nueve_uno_dos", "dni"),
    ("cuarenta y cinco sesenta y siete ochenta y nueve doce", "dni"),
    ("cuarenta y cinco, seiscientos setenta y ocho, novecientos doce", "dni"),
    ("cuarenta y cinco millones seiscientos setenta y ocho mil novecientos doce", "dni"),
    ("cuarenta y cinco millones doce mil tres", "dni"),
    ("cuarenta y cinco punto seiscientos setenta y ocho punto novecientos doce", "dni"),
    ("45 sesenta y siete 89 doce", "dni"),
    ("dni cuatro cinco 6 7 ocho nueve 1 2", "dni"),
    ("tawa pichqa suqta qanchis pusaq isqun huk iskay", "dni"),
    ("cuatro cinco dieciséis veintidós treinta y dos", "dni"),
    ("nueve ocho siete seis cinco cuatro tres dos uno", "phone"),
    ("novecientos ochenta y siete seiscientos cincuenta y cuatro trescientos veintiuno", "phone"),
    # RUC.
    ("20123456789", "ruc"),
    ("RUC 20123456789", "ruc"),
    ("R.U.C. 10456789123", "ruc"),
    ("10456789123", "ruc"),
    ("10-45678912-3", "ruc"),
    ("20 123 456 789", "ruc"),
    ("20.123.456.789", "ruc"),
    ("15 12345678 9", "ruc"),
    ("17-12345678-9", "ruc"),
    ("20 123456 78 9", "ruc"),
    ("ruc: 2012345", "ruc"),
    ("２０１２３４５６７８９", "ruc"),
    # CE, PTP, CPP, passport.
    ("001234567", "ce"),
    ("CE 001234567", "ce"),
    ("C.E. 001234567", "ce"),
    ("carné de extranjería 001234567", "ce"),
    ("carnet de extranjeria N° 00A123456", "ce"),
    ("CE A1234567", "ce"),
    ("ce12345", "ce"),
    ("⑫⑫⑫⑫", "dni"),
    ("cédula 12345678", "ce"),
    ("001 234 567", "ce"),
    ("PTP 123456", "ptp_cpp"),
    ("P.T.P. N° 12345-AB", "ptp_cpp"),
    ("CPP 001234567", "ptp_cpp"),
    ("CPP: A12B345", "ptp_cpp"),
    ("permiso temporal de permanencia 123456", "ptp_cpp"),
    ("pasaporte 116234567", "passport"),
    ("pasaporte N° AB123456", "passport"),
    ("pasaporte electrónico número XDD123456", "passport"),
    ("Pasaporte: P1234567", "passport"),
    ("AB123456 (pasaporte)", "passport"),
    ("PASAPORTE ＡＢ１２３４５６", "passport"),
    # Telephones.
    ("987654321", "phone"),
    ("987 654 321", "phone"),
    ("987-654-321", "phone"),
    ("987.654.321", "phone"),
    ("98 76 54 321", "phone"),
    ("9 8 7 6 5 4 3 2 1", "phone"),
    ("9xx: 9 8765 4321", "phone"),
    ("cel 987654321", "phone"),
    ("Nº cel. 987 654 321", "phone"),
    ("cel: 987-654321", "phone"),
    ("+51987654321", "phone"),
    ("+51 987 654 321", "phone"),
    ("+51-987-654-321", "phone"),
    ("(+51) 987654321", "phone"),
    ("0051 987654321", "phone"),
    ("51 987 654 321", "phone"),
    ("WhatsApp 98765432", "phone"),
    ("tel. 456-7891", "phone"),
    ("teléfono 234567", "phone"),
    ("01-4567891", "landline"),
    ("01 456 7891", "landline"),
    ("(01) 456-7891", "landline"),
    ("065 234567", "landline"),
    ("(064) 23-4567", "landline"),
    ("llamar al 1 456 7891", "dni"),
    ("98765432l", "phone"),
    ("９８７ ６５４ ３２１", "phone"),
    # Numbers that a service gives back.
    ("expediente 00123-2024", "reference"),
    ("Exp. N° 123456", "reference"),
    ("partida 11052345", "reference"),
    ("partida registral P12345", "reference"),
    ("código de operación 123456", "reference"),
    ("cod. op 654321", "reference"),
    ("operación N° 00123", "reference"),
    ("nro de operación: 987123", "reference"),
    ("código de pago 12345", "reference"),
    ("solicitud 20240", "reference"),
    ("ticket A12345", "reference"),
    ("recibo 001-12345", "reference"),
    ("suministro 1234567", "reference"),
    ("historia clínica 12345", "reference"),
    ("cuenta 04-012-345678", "reference"),
    ("CCI 018000004012345678", "reference"),
    ("CUSPP 123456ABCDE1", "reference"),
    ("1234567890", "reference"),
    ("4557881234567890", "reference"),
    ("4557 8812 3456 7890", "dni"),
    # E-mail.
    ("juan.perez@gmail.com", "email"),
    ("Escribir a JPEREZ@HOTMAIL.COM", "email"),
    ("juan @ gmail.com", "email"),
    ("juan＠gmail.com", "email"),
    ("juan@gmail", "email"),
    ("juan@gmail punto com", "email"),
    ("juan (at) gmail.com", "email"),
    ("juan[at]gmail.com", "email"),
    ("juan arroba gmail punto com", "email"),
    ("juan arroba hotmail", "email"),
    ("juan arroba correo punto pe", "email"),
    ("mesa@entidad.gob.pe", "email"),
]

HONEST = [
    "",
    "Sin novedad",
    "La señora no trajo su DNI",
    "No tenía DNI ni pasaporte",
    "Vino con RUC y carné de extranjería",
    "Se le explicó cómo pedir el código de operación",
    "3 de 5 terminales",
    "3 de 5 terminales sin red, 2 sin batería",
    "Se atendió a 45 personas en 6 horas",
    "23/11/2026",
    "23-11-2026",
    "23.11.2026",
    "2026-11-23",
    "2026/11/23",
    "23/11/26",
    "Se reinició el 23/11/2026 14:05",
    "2026-11-23 14:05",
    "2026-11-23 14:05:30",
    "2026-11-23T14:05:30",
    "del 01/11/2026 al 15/11/2026",
    "01/11/2026-15/11/2026",
    "15-20/11/2026",
    "15/11-20/11/2026",
    "23/11/26 12 personas",
    "recoge su DNI el 23/11/2026",
    "DNI 23/11/2026 10:30",
    "vuelve a las 10:30 o 11:45",
    "08:00-13:00",
    "08:00 - 13:00 y 14:00 - 17:30",
    "8:00 a 13:00",
    "10:30 11:45 12:15",
    "S/ 12.50",
    "S/12.50",
    "S/ 1,200.00",
    "S/ 123,456.78",
    "S/. 12.50 y S/ 30.00",
    "US$ 1,200.00",
    "costó 1,200.00",
    "pasaporte S/ 120.90",
    "pasaporte 120.90",
    "DNI 41.00 soles",
    "error 6A82",
    "código de error 6A82",
    "error 0x6A88 en la lectora",
    "LOR07-123",
    "ver LOR07-123 y LOR07-124",
    "LOR07-1234567",
    "LOR07-123 LOR07-124",
    "CENTRAL-12",
    "RENIEC-01 y SUNAT-02",
    "UBIGEO 160101",
    "UBIGEO 160101, 12 sesiones",
    "UBIGEO 160101 12 sesiones",
    "distritos 160101, 160102 y 160103",
    "RM 123-2024-PCM",
    "R.M. N° 1234-2024-PCM",
    "DS 052-2008-PCM",
    "D.S. N° 016-2024-JUS",
    "Resolución Ministerial N° 0456-2024-MIDIS",
    "RD 00123-2024-MTC/17",
    "Ley 29904",
    "Ley N° 29733 y DS 016-2024-JUS",
    "oficio 0123-2024",
    "convenio 045-2024",
    "formulario 1662",
    "formularios 1662 y 1683",
    "art. 45 a y art. 53",
    "2023, 2024 y 2025",
    "2023, 2024, 2025",
    "periodo 2023-2024",
    "2023/2024",
    "años 2023 2024",
    "notas 12, 15, 18, 11",
    "atendidos por día: 12, 15, 18, 11, 20",
    "edades 18, 25, 30, 41",
    "45%, 55%, 60% y 40%",
    "45.5% de 1200",
    "versión 8.2.8",
    "Windows 10.0.19045",
    "versión 10.0.19045.3803",
    "red 192.168.100.10",
    "IP 10.10.200.15",
    "km 45 de la carretera",
    "a 12.5 km del desvío",
    "km 1045+300",
    "coordenadas -12.0464, -77.0428",
    "-12.0464,-77.0428",
    "-3.74912, -73.25383",
    "GPS 12.0464 S 77.0428 O",
    "altura 3,850 m",
    "3850 m s. n. m., 12 grados",
    "batería 45%, señal 2 de 5",
    "línea 113, opción 5",
    "llamar al 1818",
    "0800-10828",
    "0800 10 828",
    "tel 113",
    "anexo 2045",
    "DNI: 12 entregas, 3 duplicados",
    "DNIe 3.0, 2 lectores",
    "DNIe 1.0, 2.0 y 3.0",
    "partida de nacimiento: 12 copias",
    "partidas 2024",
    "expediente con 12 folios",
    "cuenta con 10000 habitantes",
    "pasaporte, 3 casos",
    "RUC 10 y RUC 20",
    "1º, 2º y 3º turno",
    "5º de secundaria",
    "Nº 45",
    "4G y 5G",
    "i5 con 8 GB y 256 GB",
    "USB 3.0, 64 GB",
    "módem 4G a 12 Mbps / 3 Mbps",
    "30 l de gasolina, 2 l de aceite",
    "2 x 12 V",
    "dos terminales sin red, tres lentos",
    "uno de cada dos usuarios, tres o cuatro minutos",
    "de lunes a viernes de ocho a cinco",
    "veintitrés de noviembre de dos mil veintiséis",
    "treinta y cinco personas, doce mujeres y veintitrés varones",
    "dos mil quinientos habitantes",
    "una arroba de papa",
    "l@s usuari@s",
    "L@s ciudadan@s. Todo conforme",
    "@reniecperu",
    "¿Volverá? Sí — “mañana”…",
    "Año 2026 ½ jornada",
    "área de 12 m²",
    "temperatura 32°",
    "Terminal T-02 y T-03",
    "lote 45-A",
    "mz. B lt. 12",
    "100-200 personas",
    "60 + 12 + 8",
    "turno 1/2, 2/2",
    "PIN: quedan 2 intentos de 3",
    "63C2 y 6983",
    "kichwa, quechua y aimara",
]


def test_the_tables_are_as_large_as_promised() -> None:
    assert len(REFUSED) >= 120
    assert len(HONEST) >= 80
    assert len({text for text, _ in REFUSED}) == len(REFUSED)


@pytest.mark.parametrize(("text", "kind"), REFUSED)
def test_an_identifier_is_found_and_named(text: str, kind: str) -> None:
    findings = guard.inspect(text)
    assert kind in [finding.kind for finding in findings]
    assert not guard.clean(text)


@pytest.mark.parametrize("text", HONEST)
def test_an_honest_note_passes(text: str) -> None:
    assert guard.inspect(text) == ()
    assert guard.clean(text)


def test_a_finding_says_where_it_is_in_the_text_as_it_was_written() -> None:
    text = "La Sra. ñ\u200b “Rosa”: 4️⃣5 ⁶７８.9l2; juan＠gmail.com"
    found = {finding.kind: text[finding.start : finding.end] for finding in guard.inspect(text)}
    assert found == {"dni": "4️⃣5 ⁶７８.9l2", "email": "juan＠gmail.com"}


def test_every_number_of_a_text_is_found_once_and_in_order() -> None:
    text = "DNI 45678912 y cel 987654321; RUC 20123456789, también 45 678 913"
    findings = guard.inspect(text)
    assert [finding.kind for finding in findings] == ["dni", "phone", "ruc", "dni"]
    assert [text[finding.start : finding.end] for finding in findings][-1] == "45 678 913"
    assert all(a.end <= b.start for a, b in itertools.pairwise(findings))


@pytest.mark.parametrize("kind", guard.KINDS)
def test_the_explanation_says_what_to_do_and_repeats_nothing(kind: str) -> None:
    words = guard.explain(guard.Finding(kind, 0, 8))
    assert words.endswith("quítelo.")
    assert guard.clean(words)


def test_the_explanation_of_a_dni() -> None:
    (finding,) = guard.inspect("45678912")
    assert guard.explain(finding) == (
        "Parece un número de DNI (8 dígitos). No se guarda ningún dato del ciudadano: quítelo."
    )


def test_every_kind_is_reached_by_the_table() -> None:
    assert {kind for _, kind in REFUSED} == set(guard.KINDS)


# What the guard lets through on purpose has the shape of a date, a time, years or a free line.
ON_PURPOSE = re.compile(r"\d{1,4}([/.-])\d{1,2}\1\d{2,4}|\d:\d\d(?!\d)|^0?80[01]|(?<!\d)(?:19|20)\d\d(?!\d)")
SEPARATORS = [
    " ",
    "  ",
    ".",
    "-",
    "/",
    "_",
    " - ",
    ". ",
    "'",
    "*",
    "\u00a0",
    "\u2009",
    "\u2013",
    "\u2014",
    "\u200b",
    "\u00b7",
]


@st.composite
def written_numbers(draw: st.DrawFn) -> str:
    """A number of 8, 9 or 11 digits as a person may write it."""
    size = draw(st.sampled_from([8, 9, 11]))
    digits = draw(st.text("0123456789", min_size=size, max_size=size))
    cuts = draw(st.sets(st.integers(1, size - 1), max_size=size - 1))
    one = draw(st.sampled_from([*SEPARATORS, ""]))
    mixed = draw(st.booleans())
    written = ""
    for index, digit in enumerate(digits):
        if index in cuts:
            written += draw(st.sampled_from(SEPARATORS)) if mixed else one
        written += digit
    script = draw(st.sampled_from(["0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "⁰¹²³⁴⁵⁶⁷⁸⁹"]))
    looks = written.translate({0x200B: "", 0x2013: "-", 0x2014: "-", 0xA0: " ", 0x2009: " "})
    assume(not ON_PURPOSE.search(looks))
    return written.translate(str.maketrans("0123456789", script))


@given(st.sampled_from(HONEST), written_numbers(), st.sampled_from(HONEST))
def test_a_number_inside_any_honest_note_is_found(before: str, number: str, after: str) -> None:
    text = f"{before} {number} {after}"
    assert not guard.clean(text)
    start, end = len(before) + 1, len(before) + 1 + len(number)
    assert any(finding.start < end and start < finding.end for finding in guard.inspect(text))


@given(st.text(max_size=200) | st.text("0123456789 .-@acdeinru", max_size=12))
def test_any_text_gets_an_answer_and_both_forms_agree(text: str) -> None:
    findings = guard.inspect(text)
    assert guard.clean(text) == (not findings)
    assert all(0 <= finding.start < finding.end <= len(text) for finding in findings)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 8000 + "@",
        "1 " * 4000,
        "o" * 7999 + "1x",
        "1" * 7999 + "ox",
        "dni " * 2000 + "1111",
        "1-" * 4000,
        "dos " * 2000,
        "a@" * 4000,
        "12/11/" * 1300,
        "\u200b" * 8000,
        "4,5, " * 1600,
        "dni" + " n" * 3990 + "1234",
    ],
    ids=lambda text: text[:6],
)
def test_hostile_text_of_the_largest_change_is_read_quickly(text: str) -> None:
    began = time.perf_counter()
    guard.inspect(text)
    assert time.perf_counter() - began < 2, "it takes some 20 ms: this is growth with the square of the length"
