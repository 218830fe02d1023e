"""Honest histories of one record: authors who write on top of what they have seen, and see what others wrote."""

from hypothesis import strategies as st

from itinerant.log.change import GENESIS, Change

DEVICES = ("AAA", "BBB", "CENTRAL")


def heads_seen(seen, by_ref):
    behind = {base for ref in seen for base in by_ref[ref].base}
    return tuple(sorted(ref for ref in seen if ref not in behind))


class Desk:
    """Some authors around one record. `write` on what the author has seen; `show` gives one what another has."""

    def __init__(self, devices=DEVICES):
        self.changes = {}
        self.seq = dict.fromkeys(devices, 0)
        self.seen = {device: set() for device in devices}

    def write(self, device, values, why=""):
        self.seq[device] += 1
        ref = f"{device}-{self.seq[device]}"
        record = next(iter(self.changes), ref)
        base = heads_seen(self.seen[device], self.changes)
        change = Change(
            device=device,
            seq=self.seq[device],
            at=0,
            by="P1",
            kind="session",
            record=record,
            base=base,
            set=values,
            prev=GENESIS,
            why=why,
        )
        self.changes[ref] = change
        self.seen[device].add(ref)
        return change

    def show(self, giver, taker):
        self.seen[taker] |= self.seen[giver]

    def everything(self):
        return list(self.changes.values())


FIELDS = ("outcome", "note", "void")


@st.composite
def histories(draw, steps=12):
    """The changes of one record written by three authors who now and then look at each other's work."""
    desk = Desk()
    desk.write("AAA", {"outcome": "resolved", "note": "a"})
    for device in DEVICES[1:]:
        desk.show("AAA", device)
    for _step in range(draw(st.integers(0, steps))):
        device = draw(st.sampled_from(DEVICES))
        if draw(st.booleans()):
            desk.show(draw(st.sampled_from(DEVICES)), device)
            continue
        names = draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=2, unique=True))
        values = {name: draw(st.booleans()) if name == "void" else draw(st.sampled_from("ab")) for name in names}
        desk.write(device, values)
    return desk.everything()
