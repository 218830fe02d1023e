"""Make the project's own test vectors: `python scripts/vectors.py FOLDER`.

Fixed keys, a small log, and what this program writes of it. Seals are random, so no two runs write the same bytes:
what is checked in under `tests/vectors` is *opened* by the tests, and stays for as long as its version is read.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from itinerant.log.chain import START, Link
from itinerant.log.change import Draft, seal
from itinerant.sync import columns, enrolment, parcel, receipt
from itinerant.sync.compression import decompress
from itinerant.sync.enrolment import Invitation, OfficeIdentity
from itinerant.sync.keys import DeviceKeys
from itinerant.sync.limits import LIMITS
from itinerant.sync.parcel import ParcelHeader
from itinerant.sync.receipt import Receipt, ReceiptHeader
from itinerant.sync.standing import Disputed, Person, Quarantined, Revoked, Standing

AT = 1_763_923_200_123

DRAFTS = (
    (Draft("session", {"service": "RENIEC-01", "duration_s": 600, "note": "volverá mañana"}), AT),
    (Draft("session", {"service": "SIS-02", "duration_s": 95, "card": None}), AT + 700_000),
    (Draft("session", {"note": "ya no vuelve"}, "LOR07-1", ("LOR07-1",), "lo dijo su hija"), AT + 900_500),
    (Draft("visit", {"present": ["P014", "P015"], "capacity": 40, "void": False}), AT + 950_000),
)

STANDING = Standing(
    "frozen",
    3,
    (Quarantined("LOR07-2", "schema", "No se entiende."),),
    (Disputed("LOR07-1", "note"),),
    (Person("P014", "Ana Ñahui", "orientador", "B01"),),
    (Revoked("LOR09", 12),),
)


def log() -> list[Link]:
    """The small log of LOR07."""
    links: list[Link] = []
    head = START
    for draft, at in DRAFTS:
        links.append(Link.of(seal(draft, device="LOR07", seq=head.seq + 1, prev=head.hash, by="P014", at=at)))
        head = links[-1].head
    return links


def main(folder: Path) -> None:
    """Write the files."""
    laptop, office = (DeviceKeys.from_bytes(bytes(range(start, start + 64))) for start in (0, 64))
    links = log()
    changes = [link.change for link in links]
    compressed = columns.encode(changes, {"more": True})
    given = {
        "laptop": laptop.to_bytes().hex(),
        "office": office.to_bytes().hex(),
        "changes": [{"bytes": link.data.decode(), "hash": link.hash} for link in links],
    }
    _save(folder, "keys-and-log", given)
    forms = [
        {"preamble": {"more": True}, "changes": 4, "compressed": compressed.hex(), "plain": _plain(compressed)},
        *({"preamble": {}, "changes": count, "compressed": data.hex(), "plain": _plain(data)}
          for count in (1, 3) for data in (columns.encode(changes[:count]),)),
    ]  # fmt: skip
    _save(folder, "columns-1", {"forms": forms})
    header = ParcelHeader("LOR07", START, links[-1].head, have=12, at=AT + 10**6, standing="", room=8_192)
    idle = ParcelHeader("LOR07", links[-1].head, links[-1].head, have=99, at=AT + 2 * 10**6, standing=STANDING.digest)
    answer = ReceiptHeader("LOR07", links[-1].head, since=12, have=99, at=AT, re="AAAAAAAAAAAAAAAA")
    full = Receipt(answer, changes[:2], STANDING, more=True, checkpoint="office\n0\nAAAA\n")
    public = office.public
    identity = OfficeIdentity("Oficina", public.sign, public.seal, public.seal, "oficina+1+AA")
    invitation = Invitation("LOR07", "B01", "http://office.test", "a-token", identity, AT + 10**9)
    envelopes = {
        "parcel": parcel.pack(header, changes, laptop.sign, public.seal),
        "idle_parcel": parcel.pack(idle, [], laptop.sign, public.seal),
        "receipt": receipt.pack(full, office.sign, laptop.public.seal),
        "idle_receipt": receipt.pack(Receipt(answer), office.sign, laptop.public.seal),
        "enrolment": enrolment.pack(invitation, laptop, "P014", AT),
    }
    _save(folder, "envelopes-1", {name: data.hex() for name, data in envelopes.items()})


def _plain(data: bytes) -> str:
    return decompress(data, LIMITS).hex()


def _save(folder: Path, name: str, value: object) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    (folder / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
