"""Every kind of record, by its name in code. A new kind is one declaration and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from itinerant.domain.activities import OUTREACH, TRAINING
from itinerant.domain.alliances import AGREEMENT, ALLY
from itinerant.domain.campaign import CAMPAIGN, STOP
from itinerant.domain.catalogue import ENTITY, SEGMENT, SERVICE
from itinerant.domain.centre import CAP
from itinerant.domain.fields import Kind
from itinerant.domain.money import COST, FUNDING
from itinerant.domain.operations import ACCESS_SEAL, INCIDENT, READINESS, RESOURCE
from itinerant.domain.people import BRIGADE, DEVICE, OFFICE_KEY, STAFF
from itinerant.domain.session import SESSION
from itinerant.domain.visit import VISIT

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        SESSION,
        VISIT,
        CAMPAIGN,
        STOP,
        BRIGADE,
        STAFF,
        DEVICE,
        ENTITY,
        SERVICE,
        SEGMENT,
        CAP,
        INCIDENT,
        RESOURCE,
        READINESS,
        ALLY,
        AGREEMENT,
        COST,
        FUNDING,
        TRAINING,
        OUTREACH,
        ACCESS_SEAL,
        OFFICE_KEY,
    )
}
