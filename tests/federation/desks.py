"""A registry's operator for tests: holders with their keys, a repository in a folder, the files that it serves."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.evidence import base64url
from federation.registry import changes, enrolment, signing
from federation.registry.document import Document, Standing
from federation.registry.repository import PUBLIC, Published, Repository, create
from federation.registry.roles import Holder
from tests.federation.registries import START

if TYPE_CHECKING:
    from tests.federation.asking import Asking


@dataclass(frozen=True)
class Officer:
    """Somebody who holds a key of a role."""

    name: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)

    @property
    def card(self) -> Holder:
        """The public half, with the name."""
        return Holder(holder=self.name, pub=base64url.encode(self.key.public_key().public_bytes_raw()))


def officers(*names: str) -> list[Officer]:
    """New officers."""
    return [Officer(name) for name in names]


@dataclass
class Desk:
    """The operator's folder and the officers whose keys count there."""

    folder: Path
    root: list[Officer] = field(default_factory=lambda: officers("r1", "r2", "r3", "r4", "r5"))
    targets: list[Officer] = field(default_factory=lambda: officers("t1", "t2", "t3"))
    now: int = START

    @property
    def repository(self) -> Repository:
        """The folder, opened anew."""
        return Repository(self.folder)

    def create(self) -> None:
        """Make the folder."""
        create(self.folder, [one.card for one in self.root], [one.card for one in self.targets], self.now)

    def sign(self, role: str, *by: Officer) -> None:
        """Have officers sign the draft of a role, each from a request file of their own."""
        for officer in by:
            request = msgspec.json.encode(self.repository.requests()[role])
            signature = signing.sign(signing.parse_request(request), officer.card, officer.key)
            self.repository.add_signature(signing.parse_signature(msgspec.json.encode(signature)))

    def publish(self) -> Published:
        """Publish what is signed."""
        return self.repository.publish(self.now)

    def begin(self) -> None:
        """Make the folder and publish the first root and the first document, of no agency."""
        self.create()
        self.sign("root", *self.root[:3])
        self.sign("targets", *self.targets[:2])
        self.publish()

    def put(self, document: Document) -> None:
        """Sign a document by two and publish it."""
        self.repository.put(document, self.now)
        self.sign("targets", *self.targets[1:])
        self.publish()

    def enrol(self, asking: Asking) -> None:
        """List an agency."""
        repository = self.repository
        reg = repository.next_version()
        self.put(changes.with_agency(repository.working(), asking.enrolment, reg, self.now))

    def stand(self, slug: str, standing: Standing) -> None:
        """Give an agency another standing."""
        repository = self.repository
        self.put(changes.with_standing(repository.working(), slug, standing, repository.next_version(), self.now))

    @property
    def files(self) -> dict[str, bytes]:
        """All files that are served."""
        public = self.folder / PUBLIC
        return {str(path.relative_to(public)): path.read_bytes() for path in public.rglob("*") if path.is_file()}

    @property
    def first_root(self) -> bytes:
        """The root that appliances are installed with."""
        return (self.folder / PUBLIC / "1.root.json").read_bytes()


def listed(asking: Asking, reg: int, at: int) -> Document:
    """A document of one agency."""
    return Document(reg=reg, agencies={asking.own.slug: enrolment.as_agency(asking.enrolment, reg, at)})
