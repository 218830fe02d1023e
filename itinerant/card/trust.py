"""Whom a laptop trusts to vouch for signers: pinned roots, and a trusted list (ETSI TS 119 612, TS 102 231).

* A folder holds it all: certificates (`.pem`, `.crt`, `.cer`, `.der`) are pinned, roots and what completes chains;
  `.crl` files are lists of what was revoked, `.xml` files trusted lists. The office fills it; nothing is fetched here.
* A list counts only when a pinned certificate, or one that chains to it, signed it.
* The Peruvian list is read as it comes: version 3 with addresses that the schema of version 5 refuses (no schema is
  asked for), a cycle of six months, statuses under addresses of its own (the last word decides), identifiers of keys
  encoded twice.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import core, pem, x509
from lxml import etree

from itinerant.errors import Damaged, UserError
from itinerant.texts import _

MOST_BYTES = 64 << 20
"""The largest file of the folder that is read; a national list of revoked certificates takes 25 MB."""

CYCLE = timedelta(days=183)
"""How long a list holds that does not say when the next one comes (TS 119 612 section 5.3.15: six months at most)."""

_GRANTED = frozenset(
    {
        "granted",
        "accredited",
        "acreditado",
        "undersupervision",
        "supervisionincessation",
        "recognisedatnationallevel",
        "setbynationallaw",
        "inaccord",
        "vigente",
    }
)
_CERTIFICATES = (".pem", ".crt", ".cer", ".der")
_SKI_BYTES = 20
_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]+")


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a provider."""

    provider: str
    name: str
    kind: str
    """The last word of its type's address: `QC`, `PKC`, `TSA` …"""
    issues: bool
    """Whether it vouches for signers: an authority of certificates or of time."""
    status: str
    """The last word of its status' address, as the list writes it."""
    certificates: Sequence[x509.Certificate]
    key_ids: Sequence[bytes]

    @property
    def granted(self) -> bool:
        """Whether the status lets it vouch for anybody today."""
        return self.status.lower() in _GRANTED


@dataclass(frozen=True, slots=True)
class TrustedList:
    """A list as it was published. Times in UTC."""

    territory: str
    number: int
    issued: datetime | None
    next_update: datetime | None
    services: Sequence[Service]

    def is_stale(self, at: datetime) -> bool:
        """Whether a newer list should be out by then."""
        due = self.next_update or (self.issued + CYCLE if self.issued else None)
        return due is None or at > due


@dataclass(frozen=True, slots=True)
class Trust:
    """Roots, and what the lists say of authorities."""

    pinned: Sequence[x509.Certificate] = ()
    """Certificates of the folder: those that signed themselves are roots, the others complete chains."""
    lists: Sequence[TrustedList] = ()
    crls: Sequence[bytes] = ()
    """Lists of revoked certificates, as published (DER)."""
    unsigned: Sequence[str] = field(default=())
    """Names of lists that nobody pinned signed: they were left aside."""

    @property
    def anchors(self) -> list[x509.Certificate]:
        """Certificates that a chain may end in: pinned roots, and those of granted services."""
        found = {one.sha256: one for one in self.pinned if one.issuer == one.subject}
        for service in self._services():
            if service.granted and service.issues:
                found |= {one.sha256: one for one in service.certificates}
        return list(found.values())

    @property
    def withdrawn(self) -> frozenset[bytes]:
        """Identifiers of keys (RFC 5280 section 4.2.1.2) of authorities that no list grants any longer."""
        granted: set[bytes] = set()
        other: set[bytes] = set()
        for service in self._services():
            ids = {one.key_identifier for one in service.certificates if one.key_identifier} | set(service.key_ids)
            (granted if service.granted else other).update(ids)
        return frozenset(other - granted)

    def _services(self) -> Iterator[Service]:
        return (service for one in self.lists for service in one.services)


def load(folder: Path) -> Trust:
    """What the folder holds; nothing when there is none. Raises `Damaged` for a file that cannot be read."""
    from itinerant.card.xades import signed_by_trusted  # noqa: PLC0415 - it stands on this module

    if not folder.is_dir():
        return Trust()
    files = sorted(path for path in folder.iterdir() if path.is_file())
    pinned = [one for path in files if path.suffix.lower() in _CERTIFICATES for one in certificates_of(path)]
    lists: list[TrustedList] = []
    unsigned: list[str] = []
    for path in files:
        if path.suffix.lower() != ".xml":
            continue
        content = _bytes(path)
        found = parse(content, path.name)
        if signed_by_trusted(content, Trust(pinned)):
            lists.append(found)
        else:
            unsigned.append(path.name)
    crls = [_der(_bytes(path)) for path in files if path.suffix.lower() == ".crl"]
    return Trust(pinned, lists, crls, unsigned)


def certificates_of(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM or DER file. Raises `Damaged`."""
    content = _bytes(path)
    try:
        ders = [der for _kind, _head, der in pem.unarmor(content, multiple=True)] if pem.detect(content) else [content]
        found = [x509.Certificate.load(der, strict=True) for der in ders]
        for one in found:
            one.subject.native  # noqa: B018 - parsing is lazy: what is wrong shows here
    except ValueError as error:
        raise Damaged(
            _("No se puede leer un certificado de confianza."),
            next_step=_("Pida otra vez el archivo a la oficina."),
            place=str(path),
        ) from error
    return found


def _der(content: bytes) -> bytes:
    return bytes(pem.unarmor(content)[2]) if pem.detect(content) else content


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise UserError(_("No se puede leer el archivo."), place=str(path), code="unreadable") from error
    if size > MOST_BYTES:
        raise UserError(_("El archivo pasa de {n} MB.").format(n=MOST_BYTES >> 20), place=str(path), code="too_big")
    return content


def tree_of(content: bytes) -> Any:
    """The root of an XML file from outside: no entity, no document type, no network. Raises `ValueError`."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from error
    if root.getroottree().docinfo.doctype:
        raise ValueError("a document type")
    return root


def parse(content: bytes, name: str = "") -> TrustedList:
    """The content of a trusted list; `name` is its file, for the error. Raises `Damaged`."""
    try:
        root = tree_of(content)
    except ValueError as error:
        raise Damaged(
            _("La lista de confianza no se puede leer."), next_step=_("Pídala otra vez a la oficina."), place=name
        ) from error
    if _tag(root) != "TrustServiceStatusList":
        raise Damaged(_("El archivo no es una lista de confianza."), place=name)
    number = _text(root, "TSLSequenceNumber")
    return TrustedList(
        territory=_text(root, "SchemeTerritory"),
        number=int(number) if number.isdecimal() else 0,
        issued=_time(_text(root, "ListIssueDateTime")),
        next_update=_time(_text(root, "NextUpdate")),
        services=[
            _service(provider, one)
            for provider in _all(root, "TrustServiceProvider")
            for one in _all(provider, "TSPService")
        ],
    )


def embedded(node: Any) -> list[x509.Certificate]:
    """The certificates that a part of an XML holds, in its order; what is none is left out."""
    return [one for text in _texts(node, "X509Certificate") if (one := _certificate(text)) is not None]


def _service(provider: Any, node: Any) -> Service:
    about = next(iter(_all(node, "ServiceInformation")), node)
    kind = _text(about, "ServiceTypeIdentifier")
    return Service(
        provider=_text(provider, "TSPName") or _text(provider, "Name"),
        name=_text(next(iter(_all(about, "ServiceName")), about), "Name"),
        kind=_last(kind),
        issues="/CA/" in kind or "/TSA" in kind,
        status=_last(_text(about, "ServiceStatus")),
        certificates=embedded(about),
        key_ids=[one for text in _texts(about, "X509SKI") if (one := key_id(text)) is not None],
    )


def key_id(text: str) -> bytes | None:
    """The 20 bytes of a key's identifier, which may come in base64 twice, in hexadecimal or within an OCTET STRING."""
    raw: bytes | None = text.encode("ascii", "ignore")
    for _round in range(3):
        if raw is None:
            return None
        if len(raw) == _SKI_BYTES:
            return raw
        if raw[:2] == bytes((4, _SKI_BYTES)) and len(raw) == _SKI_BYTES + 2:
            return bytes(core.OctetString.load(raw).native)
        packed = raw.replace(b":", b"").strip()
        if re.fullmatch(rb"[0-9A-Fa-f]{40}", packed):
            return bytes.fromhex(packed.decode())
        raw = _decoded(raw)
    return None


def _decoded(raw: bytes) -> bytes | None:
    if not _BASE64.fullmatch(raw):
        return None
    try:
        return b64decode(b"".join(raw.split()), validate=True)
    except binascii.Error:
        return None


def _certificate(text: str) -> x509.Certificate | None:
    """None for what is no certificate: one bad entry does not cost the list."""
    raw = _decoded(text.encode("ascii", "ignore"))
    if raw is not None and raw[:1] != b"\x30":
        raw = _decoded(raw)
    try:
        found = x509.Certificate.load(raw, strict=True) if raw else None
        if found is not None:
            found.subject.native  # noqa: B018 - parsing is lazy
    except ValueError:
        return None
    return found


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _last(address: str) -> str:
    return re.split(r"[/#]", address.strip().rstrip("/#"))[-1]


def _tag(node: Any) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _all(node: Any, name: str) -> list[Any]:
    return [one for one in node.iter() if _tag(one) == name]


def _texts(node: Any, name: str) -> list[str]:
    return ["".join(one.itertext()).strip() for one in _all(node, name)]


def _text(node: Any, name: str) -> str:
    return next(iter(_texts(node, name)), "")
