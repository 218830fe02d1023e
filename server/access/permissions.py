"""Who may do what at the office: a role is a set of rights, and a person has one role.

Least privilege: who makes accounts decides no conflict, who audits changes nothing (Ley 29733; OWASP ASVS 5, V8).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from itinerant.errors import Refused
from itinerant.texts import N_, _


class Right(StrEnum):
    """One thing that an account may do."""

    READ = "read"
    """See visits, sessions, reports and the state of laptops; never a name."""
    DECIDE = "decide"
    """Resolve conflicts and duplicates, release what is in quarantine."""
    REGISTRY = "registry"
    """Write catalogue, CAP registry, allies, resources, costs, training, outreach."""
    INCIDENTS = "incidents"
    """Attend incidents."""
    FLEET = "fleet"
    """Enrol, revoke and report laptops as lost."""
    STAFF = "staff"
    """See and write the names of staff; each reading is noted."""
    EXPORT = "export"
    """Make exports and read the access log."""
    RECOVER = "recover"
    """Be one of the two who open a laptop's vault."""
    ACCOUNTS = "accounts"
    """Make accounts, give roles, review privileges."""


ROLE_NAMES: Mapping[str, str] = {
    "reviewer": N_("Revisión"),
    "manager": N_("Jefatura"),
    "ti": N_("Área de TI"),
    "auditor": N_("Auditoría"),
    "administrator": N_("Administración"),
}

RIGHTS: Mapping[str, frozenset[Right]] = {
    "reviewer": frozenset({Right.READ, Right.DECIDE, Right.INCIDENTS}),
    "manager": frozenset({Right.READ, Right.DECIDE, Right.REGISTRY, Right.STAFF, Right.EXPORT, Right.RECOVER}),
    "ti": frozenset({Right.READ, Right.FLEET, Right.INCIDENTS, Right.RECOVER}),
    "auditor": frozenset({Right.READ, Right.EXPORT}),
    "administrator": frozenset({Right.READ, Right.FLEET, Right.STAFF, Right.RECOVER, Right.ACCOUNTS}),
}
"""What each role may do."""


def may(role: str, right: Right) -> bool:
    """Whether a role has a right; an unknown role has none."""
    return right in RIGHTS.get(role, frozenset())


def require(role: str, right: Right) -> None:
    """Raise `Refused` when a role lacks a right."""
    if not may(role, right):
        raise Refused(
            _("Su cuenta no puede hacer esto."),
            safe=_("No se cambió nada."),
            next_step=_("Pídalo a quien tenga ese encargo, o que administración cambie su rol."),
            place=str(right),
            code="no_right",
        )
