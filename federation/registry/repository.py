"""The operator's folder: the published repository, the drafts that wait for signatures, and the online keys.

| in the folder | what it is |
|---|---|
| `public/` | what is served: `N.root.json`, `N.targets.json`, `N.snapshot.json`, `timestamp.json`, documents |
| `draft/` | `root.json`, `targets.json` and `registry.json` that are not published, with the signatures so far |
| `online/` | private keys of snapshot and timestamp; mode 0600 |

Rules:
- a new folder is made beside its place and renamed to it, so that there is none that is half made;
- everything is published under names that nobody has asked for yet, and `timestamp.json`, which makes it count, is
  replaced last. What a kill leaves behind is served to nobody, and the next publication does it again;
- a root that waits for signatures holds up nothing else: an agency is revoked under the former root;
- a root under which the published targets would not count is published with new targets or not at all;
- one process at a time changes the folder.

Signs with the online keys alone: holders sign elsewhere (`signing`).
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from appliance.vault.keyfile import only_writer, read_private, replace_file, replace_private
from federation.registry import document as documents
from federation.registry import roles, signing
from federation.registry.changes import check_successor
from federation.registry.document import DAY_S, Document, RegistryError
from federation.registry.freshness import TIMESTAMP_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from federation.registry.roles import Holder, Missing
    from federation.registry.signing import HolderSignature

PUBLIC: Final = "public"
DRAFT: Final = "draft"
ONLINE: Final = "online"
TIMESTAMP_FILE: Final = "timestamp.json"
_ROLES: Final = ("snapshot", "timestamp")
_READABLE: Final = 0o644
_RENEW_SNAPSHOT_S: Final = 2 * DAY_S


@dataclass(frozen=True, slots=True)
class Published:
    """What counts now, and what waits."""

    root: Metadata[Root]
    targets: Metadata[Targets] | None
    document: Document | None
    timestamp_expires: int | None
    waiting: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be published: the root, the targets, and whether these are the draft."""

    root: Metadata[Root]
    targets: Metadata[Targets]
    new_targets: bool


def create(folder: Path, root: list[Holder], targets: list[Holder], now: int) -> None:
    """Make a new registry without agencies, whose first root and document wait for signatures.

    Raises RegistryError (`exists` and what is wrong with the holders).
    """
    if folder.exists():
        raise RegistryError("exists", str(folder))
    staged = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(staged, ignore_errors=True)
    for name in (PUBLIC, DRAFT, ONLINE):
        (staged / name).mkdir(parents=True, mode=0o700 if name == ONLINE else 0o755)
    (staged / PUBLIC / "targets").mkdir()
    online = {role: _new_online_key(staged, role) for role in _ROLES}
    first = roles.first_root(root, targets, online, now)
    _write(staged / DRAFT / "root.json", roles.write(first))
    _put_draft(staged, first.signed, Document(reg=1, agencies={}), 1, now)
    staged.rename(folder)


class Repository:
    """The registry's folder, as the operator works with it."""

    def __init__(self, folder: Path) -> None:
        """Open a folder. Raises RegistryError (`no_registry`)."""
        if not (folder / PUBLIC).is_dir() or not (folder / ONLINE).is_dir():
            raise RegistryError("no_registry", str(folder))
        self.folder = folder

    def published(self) -> Published:
        """Return what counts and what waits. Raises RegistryError (`not_published` before the first root)."""
        root = self._root() or self._draft_root()
        if root is None:
            raise RegistryError("not_published")
        timestamp = self._timestamp()
        targets = self._targets()
        document = self._document(targets) if targets else None
        ends = roles.expires(timestamp.signed) if timestamp else None
        return Published(root, targets, document, ends, tuple(self._waiting()))

    def working(self) -> Document:
        """Return the document as it will be published next: the draft, or the published one."""
        draft = self.folder / DRAFT / roles.TARGET
        if draft.exists():
            return documents.parse(draft.read_bytes())
        found = self.published().document
        if found is None:
            raise RegistryError("not_published")
        return found

    def next_version(self) -> int:
        """Return the version of the registry that is published next."""
        targets = self._targets()
        return self._document(targets).reg + 1 if targets else 1

    def put(self, document: Document, now: int) -> None:
        """Make a document the draft that waits for signatures, in the place of a former one. Raises RegistryError."""
        with only_writer(self.folder):
            targets, root = self._targets(), self._draft_root() or self._root()
            if root is None:
                raise RegistryError("not_published")
            if targets is not None:
                check_successor(self._document(targets), document)
            _put_draft(self.folder, root.signed, document, targets.signed.version + 1 if targets else 1, now)

    def renew(self, now: int) -> None:
        """Make the published document a draft again, so that its targets hold for another 90 days."""
        self.put(msgspec.structs.replace(self.working(), reg=self.next_version()), now)

    def rotate_root(self, root: list[Holder], targets: list[Holder], now: int, *, new_online: bool = False) -> None:
        """Make the next root a draft, with these holders; with new online keys where asked. Raises RegistryError."""
        with only_writer(self.folder):
            before = self._root()
            if before is None:
                raise RegistryError("not_published")
            online = {
                role: _new_online_key(self.folder, role) if new_online else self._online(before.signed, role).public_key
                for role in _ROLES
            }
            found = roles.next_root(before.signed, root, targets, online, now)
            _write(self.folder / DRAFT / "root.json", roles.write(found))
        # The holders of targets sign orders: who they are stands in the document too.
        self.renew(now)

    def requests(self) -> dict[str, signing.SigningRequest]:
        """Return what waits for signatures, by role, for holders to take away."""
        found: dict[str, signing.SigningRequest] = {}
        if (root := self._draft_root()) is not None:
            found["root"] = signing.SigningRequest(metadata=roles.write(root).decode())
        if (targets := self._draft_targets()) is not None:
            before = self._targets()
            found["targets"] = signing.SigningRequest(
                metadata=roles.write(targets).decode(),
                document=(self.folder / DRAFT / roles.TARGET).read_text("utf-8"),
                before=documents.encode(self._document(before)).decode() if before else "",
            )
        return found

    def add_signature(self, signature: HolderSignature) -> None:
        """Add a holder's signature to the draft that it is of. Raises RegistryError."""
        with only_writer(self.folder):
            draft: Metadata[Any] | None = {"root": self._draft_root, "targets": self._draft_targets}.get(
                signature.role, lambda: None
            )()
            if draft is None:
                raise RegistryError("another_draft", signature.role)
            signing.add(draft, self._known_roots(), signature)
            _write(self.folder / DRAFT / f"{signature.role}.json", roles.write(draft))

    def publish(self, now: int) -> Published:
        """Publish what has all its signatures; with nothing that waits, sign the timestamp anew.

        Raises RegistryError (`not_signed`, with who is missing).
        """
        with only_writer(self.folder):
            self._tidy(now)
            plan = self._plan()
            if plan.new_targets:
                self._publish_targets(plan.targets)
            self._publish_head(plan.root, plan.targets, now)
            self._tidy(now)
        return self.published()

    def sign_timestamp(self, now: int) -> int:
        """Sign the timestamp anew, and a snapshot that ends soon; return its end (s UTC). Raises RegistryError."""
        with only_writer(self.folder):
            self._tidy(now)
            root, targets = self._root(), self._targets()
            if root is None or targets is None:
                raise RegistryError("not_published")
            if not roles.is_signed(root.signed, targets):
                raise RegistryError("not_signed", self._said())
            self._publish_head(root, targets, now)
        return now + TIMESTAMP_S

    def _plan(self) -> _Plan:
        """Decide what can be published now: the newest root with the newest targets that count under it.

        Raises RegistryError (`not_signed`).
        """
        current, draft = self._root(), self._draft_root()
        drafts = [draft] if draft is not None and self._lacking_root(draft) is None else []
        for root in [*drafts, *([current] if current is not None else [])]:
            for targets, is_new in ((self._draft_targets(), True), (self._targets(), False)):
                if targets is not None and roles.is_signed(root.signed, targets):
                    if root is current and not is_new and (draft is not None or self._draft_targets() is not None):
                        break
                    return _Plan(root, targets, is_new)
        raise RegistryError("not_signed", self._said())

    def _publish_targets(self, targets: Metadata[Targets]) -> None:
        public = self.folder / PUBLIC
        data = (self.folder / DRAFT / roles.TARGET).read_bytes()
        before = self._targets()
        if before is not None:
            check_successor(self._document(before), documents.parse(data))
        _write(public / "targets" / roles.target_name(targets.signed), data)
        _write(public / f"{targets.signed.version}.targets.json", roles.write(targets))

    def _publish_head(self, root: Metadata[Root], targets: Metadata[Targets], now: int) -> None:
        """Write root, snapshot and, last, the timestamp by which all of it counts."""
        public = self.folder / PUBLIC
        timestamp, snapshot = self._timestamp(), self._snapshot()
        data = roles.write(targets)
        if snapshot is None or not self._holds(root.signed, snapshot, targets, now):
            version = timestamp.signed.snapshot_meta.version + 1 if timestamp else 1
            snapshot = roles.new_snapshot(data, targets.signed.version, version, now)
            snapshot.sign(self._online(root.signed, "snapshot"))
            _write(public / f"{version}.snapshot.json", roles.write(snapshot))
        _write(public / f"{root.signed.version}.root.json", roles.write(root))
        following = timestamp.signed.version + 1 if timestamp else 1
        head = roles.new_timestamp(roles.write(snapshot), snapshot.signed.version, following, now)
        head.sign(self._online(root.signed, "timestamp"))
        _write(public / TIMESTAMP_FILE, roles.write(head))

    @staticmethod
    def _holds(root: Root, snapshot: Metadata[Snapshot], targets: Metadata[Targets], now: int) -> bool:
        """Return whether a snapshot is of these targets, signed by the key in force, and holds for a while yet."""
        same = snapshot.signed.meta["targets.json"].version == targets.signed.version
        lasts = roles.expires(snapshot.signed) > now + _RENEW_SNAPSHOT_S
        return same and lasts and roles.is_signed(root, snapshot)

    def _tidy(self, now: int) -> None:
        """Remove drafts that are published, and finish one of which a process that was ended left a part."""
        draft, root = self._draft_root(), self._root()
        if draft is not None and root is not None and draft.signed.version <= root.signed.version:
            (self.folder / DRAFT / "root.json").unlink()
            draft = None
        targets, file = self._targets(), self.folder / DRAFT / roles.TARGET
        if not file.exists():
            (self.folder / DRAFT / "targets.json").unlink(missing_ok=True)
            return
        found = documents.parse(file.read_bytes())
        if targets is not None and found.reg <= self._document(targets).reg:
            file.unlink()
            (self.folder / DRAFT / "targets.json").unlink(missing_ok=True)
        elif self._draft_targets() is None and (under := draft or root) is not None:
            _put_draft(self.folder, under.signed, found, targets.signed.version + 1 if targets else 1, now)

    def _waiting(self) -> Iterator[Missing]:
        root, targets = self._draft_root(), self._draft_targets()
        lacking = None if root is None else self._lacking_root(root)
        if lacking is not None:
            yield lacking
        if targets is None or any(roles.is_signed(known, targets) for known in self._known_roots()):
            return
        # Under the root by which they will be published.
        under = root if root is not None and lacking is None else self._root() or root
        if under is not None and (found := roles.missing(under.signed, targets)) is not None:
            yield found

    def _said(self) -> str:
        return "; ".join(f"{one.role}: {one.lacking} ({', '.join(one.holders)})" for one in self._waiting())

    def _lacking_root(self, draft: Metadata[Root]) -> Missing | None:
        before = self._root()
        return roles.missing(draft.signed, draft, before.signed if before else None)

    def _known_roots(self) -> list[Root]:
        return [found.signed for found in (self._draft_root(), self._root()) if found is not None]

    def _root(self) -> Metadata[Root] | None:
        names = (self.folder / PUBLIC).glob("*.root.json")
        versions = [int(name.name.partition(".")[0]) for name in names if name.name.partition(".")[0].isdecimal()]
        return self._read(self.folder / PUBLIC / f"{max(versions)}.root.json", Root) if versions else None

    def _timestamp(self) -> Metadata[Timestamp] | None:
        return self._read(self.folder / PUBLIC / TIMESTAMP_FILE, Timestamp)

    def _snapshot(self) -> Metadata[Snapshot] | None:
        timestamp = self._timestamp()
        if timestamp is None:
            return None
        return self._read(self.folder / PUBLIC / f"{timestamp.signed.snapshot_meta.version}.snapshot.json", Snapshot)

    def _targets(self) -> Metadata[Targets] | None:
        """Return the targets that count: those of the snapshot of the timestamp."""
        snapshot = self._snapshot()
        if snapshot is None:
            return None
        version = snapshot.signed.meta["targets.json"].version
        return self._read(self.folder / PUBLIC / f"{version}.targets.json", Targets)

    def _document(self, targets: Metadata[Targets]) -> Document:
        return documents.parse((self.folder / PUBLIC / "targets" / roles.target_name(targets.signed)).read_bytes())

    def _draft_root(self) -> Metadata[Root] | None:
        return self._read(self.folder / DRAFT / "root.json", Root)

    def _draft_targets(self) -> Metadata[Targets] | None:
        """Return the targets that wait; none whose document does not lie beside them."""
        found, file = self._read(self.folder / DRAFT / "targets.json", Targets), self.folder / DRAFT / roles.TARGET
        if found is None or not file.exists():
            return None
        named = roles.target_name(found.signed)
        return found if named == f"{sha256(file.read_bytes()).hexdigest()}.{roles.TARGET}" else None

    @staticmethod
    def _read(path: Path, kind: type[Any]) -> Metadata[Any] | None:
        return roles.read(path.read_bytes(), kind) if path.exists() else None

    def _online(self, root: Root, role: str) -> CryptoSigner:
        """Return the online key of a role that a root lists. Raises RegistryError."""
        for path in sorted((self.folder / ONLINE).glob(f"{role}*.pem")):
            key = serialization.load_pem_private_key(read_private(path), None)
            if isinstance(key, Ed25519PrivateKey):
                signer = CryptoSigner(key)
                if signer.public_key.keyid in root.roles[role].keyids:
                    return signer
        raise RegistryError("no_online_key", role)


def _put_draft(folder: Path, root: Root, document: Document, version: int, now: int) -> None:
    """Write a document and its metadata: the document first, so that the metadata that waits is of what lies there."""
    orders = roles.order_keys(root, document.orders, now)
    data = documents.encode(msgspec.structs.replace(document, orders=orders))
    (folder / DRAFT / "targets.json").unlink(missing_ok=True)
    _write(folder / DRAFT / roles.TARGET, data)
    _write(folder / DRAFT / "targets.json", roles.write(roles.new_targets(data, version, now)))


def _new_online_key(folder: Path, role: str) -> SSlibKey:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = SSlibKey.from_crypto(key.public_key())
    replace_private(folder / ONLINE / f"{role}-{public.keyid[:16]}.pem", pem)
    return public


def _write(path: Path, data: bytes) -> None:
    replace_file(path, data, _READABLE)
