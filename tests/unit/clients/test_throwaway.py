import os

import pytest
from msgspec import json
from msgspec.structs import replace

from aigw.clients.process import Identity
from aigw.clients.throwaway import THROWAWAY, UNSEEN_SECONDS, Maker, is_abandoned, label

OWN = json.decode(label()[THROWAWAY], type=Maker)
DEAD = Identity(pid=os.getpid(), started="long ago")


@pytest.mark.parametrize(
    ("maker", "young", "old"),
    [
        (OWN, False, False),
        (replace(OWN, process=DEAD), True, True),
        (replace(OWN, surroundings="another machine"), False, True),
        (replace(OWN, process=None), False, True),
        (None, False, True),
    ],
    ids=["alive", "dead", "of another machine", "that cannot be told", "of an older version"],
)
def test_a_container_is_abandoned_once_its_maker_is_dead_or_cannot_be_seen_for_long(
    maker: Maker | None, *, young: bool, old: bool
) -> None:
    value = json.encode(maker).decode()
    ages = (-3.0, UNSEEN_SECONDS - 1), (UNSEEN_SECONDS + 1, UNSEEN_SECONDS * 99)
    assert [{is_abandoned(value, age=age) for age in some} for some in ages] == [{young}, {old}]
