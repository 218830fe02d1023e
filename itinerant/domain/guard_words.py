"""E-mail addresses, and what follows the name of a document: shorter and alphanumeric numbers that digits alone miss.

* A token is suspect after a document word when it has five digits or more, or six letters-and-digits with at least
  three digits. So "DNI: 12 entregas", "DNIe 3.0", "partida 2024" and "pasaporte 120.90" pass.
* Telephone words need six digits: "llame al 113" and "anexo 1818" are public numbers.
* A date or a time after a document word is a date or a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from itinerant.domain.guard_digits import Hit, is_when

_DOCUMENTS = {
    "ptp_cpp": r"ptp|cpp|p\.t\.p|c\.p\.p|permiso temporal(?: de permanencia)?",
    "ce": r"ce|c\.e|carn[eé]t?|c[eé]dula",
    "passport": r"pasaporte|passport",
    "ruc": r"ruc|r\.\s?u\.\s?c",
    "dni": r"dnie?|d\.\s?n\.\s?i(?:\.e)?|l\.e|libreta electoral|documento|doc|brevete|licencia",
    "phone": r"celular|celu?|cell|tel[eé]fono|telef|telf|tlf|tel|fono|m[oó]vil|whats?app|wsp|wasap|contacto|\+\s?51",
    "reference": (
        r"partida|acta de (?:nacimiento|matrimonio|defunci[oó]n)|expediente|exped|exp|operaci[oó]n|transacci[oó]n"
        r"|c[oó]digo de (?:operaci[oó]n|pago|seguimiento|verificaci[oó]n|solicitud|tr[aá]mite|reserva|asegurado"
        r"|afiliad[oa]|atenci[oó]n|estudiante|transacci[oó]n)|solicitud|ticket|voucher|recibo|cuenta|cci|cuspp"
        r"|autogenerado|historia cl[ií]nica|suministro|cod\. ?(?:op|pago)|hoja de tr[aá]mite"
    ),
}
_FILL = (
    r"(?:[^0-9a-zà-öø-ÿ+]|\b(?:n|no|nro|n[uú]m|n[uú]mero|de|del|es|el|la|su|cel|celular|nacional|electr[oó]nic[oa]"
    r"|digital|identidad|extranjer[ií]a|registral|titular|se[nñ]ora?|sra?|usuari[oa]|ciudadan[oa]|temporal)\b){0,12}?"
)
_NUMBER = r"(?<![a-z0-9])[a-z]{0,4}[-.]?[0-9](?:[a-z]|[-./_ ]{0,2}[0-9])*"
_AFTER = re.compile(
    r"(?<![a-z0-9])(?:"
    + "|".join(f"(?P<{kind}>{words})" for kind, words in _DOCUMENTS.items())
    + rf")(?![a-zà-öø-ÿ]){_FILL}(?P<number>{_NUMBER})"
)
_GLUED = re.compile(r"(?<![a-z0-9])(?P<kind>dni|ruc|ptp|cpp|pas|cel|tel|ce)[0-9]{5,}")
_BEFORE = re.compile(
    r"(?<![a-z0-9])[a-z]{1,3}[0-9]{5,12}\W{1,3}(?P<kind>pasaporte|ptp|cpp|carn[eé]|ce)(?![a-z0-9à-öø-ÿ])"
)
_KIND_OF = {
    "dni": "dni",
    "ruc": "ruc",
    "ptp": "ptp_cpp",
    "cpp": "ptp_cpp",
    "pas": "passport",
    "pasaporte": "passport",
    "ce": "ce",
    "carne": "ce",
    "carné": "ce",
    "cel": "phone",
    "tel": "phone",
}

_WORD = re.compile("[a-zà-öø-ÿ]+|[+]")
_FIRST_WORDS = frozenset(
    _WORD.findall(
        "ptp cpp p c permiso ce carne carné carnet carnét cedula cédula pasaporte passport ruc r dni dnie d l libreta"
        " documento doc brevete licencia celular cel celu cell telefono teléfono telef telf tlf tel fono movil móvil"
        " whatsapp whatapp wsp wasap contacto + partida acta expediente exped exp operacion operación transaccion"
        " transacción codigo código cod solicitud ticket voucher recibo cuenta cci cuspp autogenerado historia"
        " suministro hoja pas"
    )
)
"""Every word that a document's name begins with: no need to look further in a text that has none."""

_YEAR = re.compile(r"(?:19|20)[0-9]{2}(?:-(?:19|20)[0-9]{2})?\Z")
_AMOUNT = re.compile(r"[0-9]{1,4}\.[0-9]{2}\Z")

_PROVIDER = "(?:gmail|hotmail|outlook|yahoo|icloud|live|msn|protonmail|proton)"
_EMAIL = re.compile(
    r"(?<![\w.%+-])[\w.%+-]++(?:"
    r"\s?(?:@|\(at\)|\[at\])\s?(?:[\w-]++\.)+[a-z]{2,}"
    rf"|\s?(?:@|\(at\)|\[at\]|\barroba\b)\s?{_PROVIDER}\b"
    r"|\s(?:@|arroba)\s[\w-]++(?:\s?\.\s?|\spunto\s)\w{2,}"
    r"|@[\w-]++\s(?:punto|\.)\s?[a-z]{2,}"
    r")"
)


def find_emails(text: str) -> Iterator[Hit]:
    """The e-mail addresses of a plain text. "l@s usuari@s" is none."""
    for match in _EMAIL.finditer(text):
        yield "email", match.start(), match.end()


def _suspect(kind: str, number: str) -> bool:
    digits = sum(char.isdigit() for char in number)
    if kind == "phone":
        return digits >= 6
    if _YEAR.match(number) or _AMOUNT.match(number):
        return False
    letters = sum(char.isalpha() for char in number)
    return digits >= 5 or (digits >= 3 and letters > 0 and digits + letters >= 6)


def find_documents(text: str) -> Iterator[Hit]:
    """The tokens of a plain text that stand beside the name of a document, with that name."""
    if _FIRST_WORDS.isdisjoint(_WORD.findall(text)):
        return
    for match in _AFTER.finditer(text):
        kind = next(name for name in _DOCUMENTS if match.group(name))
        if _suspect(kind, match.group("number")) and not is_when(text, match.start("number")):
            yield kind, match.start(), match.end()
    for pattern in (_GLUED, _BEFORE):
        for match in pattern.finditer(text):
            yield _KIND_OF[match.group("kind")], match.start(), match.end()
