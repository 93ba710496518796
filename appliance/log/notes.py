"""The agency's log key, and the signed notes of rooms: their names, making, opening and comparing them.

Used by everything that signs a room's checkpoint or relies on one (`checkpoints.py`, `heads.py`, `integrity.py`,
`export.py`). A note counts only when the agency's own key signed it for exactly this room. Of a room that another
agency orders, the agency signs its own replica, under an origin that says so: what is stored here is proved by one key,
whatever keys the hub has had. It reads no database and keeps nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.evidence.errors import EvidenceError
from appliance.evidence.note import Checkpoint, KeyType, Signer, Verifier, open_checkpoint, sign_checkpoint
from appliance.evidence.room_id import agency_of, checkpoint_origin, domain_of, log_key_name, replica_origin
from appliance.model import Home

if TYPE_CHECKING:
    from appliance.config import Agency
    from appliance.evidence.tree import Frontier
    from appliance.model import Millis, RoomId, RoomState
    from appliance.vault.keyring import Keyring


def log_signer(agency: Agency, keys: Keyring) -> Signer:
    """Return the key that signs the agency's logs, `DOMAIN/a/SLUG/log`.

    During a switch (`vault.switching`) it carries its successor, which signs whatever it signs.
    """
    name = log_key_name(agency.domain, agency.slug)
    signer = Signer.from_seed(name, KeyType.ED25519, keys.log_signing_seed)
    if keys.next_log_signing_seed is None:
        return signer
    return replace(signer, successor=Signer.from_seed(name, KeyType.ED25519, keys.next_log_signing_seed))


def home_of(verifier: Verifier) -> Home:
    """Return the agency whose log key this is."""
    return Home(agency_of(verifier.name))


def log_verifiers(agency: Agency, keys: Keyring) -> tuple[Verifier, ...]:
    """Return the present log key, its successor during a switch, and those that were retired.

    A retired key verifies what is kept of its time: the audit log's checkpoints and recorded heads. Rooms keep their
    newest checkpoint alone, which the present key signed.
    """
    signer = log_signer(agency, keys)
    coming = (signer.successor.verifier,) if signer.successor else ()
    return (signer.verifier, *coming, *map(Verifier.from_vkey, keys.retired_log_keys))


def origin_of(signer: str, state: RoomState, size: int) -> str:
    """Return the origin line of a room's checkpoint at its present size, from the name of the agency's log key."""
    return checkpoint_origin(domain_of(signer), state.room, state.hub_epoch_at(size))


def sign_room(signer: Signer, state: RoomState, frontier: Frontier, exported_at: Millis | None = None) -> str:
    """Return the hub's signed note over a room's tree, from its own key.

    An export's note also says when it was made, as an extension line.
    """
    extensions = () if exported_at is None else (f"exported {exported_at}",)
    origin = origin_of(signer.name, state, frontier.size)
    return sign_checkpoint(Checkpoint(origin, frontier.size, frontier.root(), extensions), signer)


def sign_here(signer: Signer, state: RoomState, frontier: Frontier) -> str:
    """Return the note that proves a room as it is stored here: the hub's, or that of a replica."""
    agency = agency_of(signer.name)
    if is_hub(state, agency, frontier.size):
        return sign_room(signer, state, frontier)
    origin = replica_origin(domain_of(signer.name), agency, state.room)
    return sign_checkpoint(Checkpoint(origin, frontier.size, frontier.root()), signer)


def is_hub(state: RoomState, agency: str, size: int) -> bool:
    """Return whether an agency signs a room of this size as its hub: a new hub does from its own first entry on."""
    return state.hub == agency and state.hub_epoch_at(size) == state.hub_epoch


def open_room(note: str, room: RoomId, verifier: Verifier) -> Checkpoint | None:
    """Return the checkpoint of a room's note, or None where the agency's key did not sign it for this room.

    Any time that the agency was the room's hub counts, and its own note of a replica: the size says which entries are
    meant.
    """
    try:
        checkpoint, _ = open_checkpoint(note, [verifier])
    except EvidenceError:
        return None
    domain = domain_of(verifier.name)
    if checkpoint.origin == replica_origin(domain, agency_of(verifier.name), room):
        return checkpoint
    epoch = checkpoint.origin.rpartition("/e")[2]
    if not (epoch.isascii() and epoch.isdigit()):
        return None
    return checkpoint if checkpoint.origin == checkpoint_origin(domain, room, int(epoch)) else None
