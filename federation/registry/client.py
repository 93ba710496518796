"""The registry as an appliance or a gateway knows it: verified, kept, and handed on.

tuf's client does the verifying: thresholds, the walk over each root in turn, no way back to older files, no mixture of
files of different times, no end that has passed. On top:
- the document is parsed, and takes nothing back that the last one said (`changes.check_successor`);
- what was verified last is kept in one file, replaced whole. A refused update changes nothing of it;
- a kept file is verified again when it is opened, from the root that this release of the appliance was given, as of
  the time when it came. So whoever writes into the folder cannot make a registry;
- how fresh it is follows from its timestamp (`freshness`), not from when somebody was asked last.

Files come from the operator's web server or from somebody else (`fetching`). Blocks: call `update` in a thread, from
one at a time. Times are arguments.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.api.metadata import Metadata, Root, Timestamp
from tuf.ngclient import Updater, UpdaterConfig

from appliance.vault.keyfile import replace_file
from federation.registry import document as documents
from federation.registry import freshness, roles
from federation.registry.changes import check_successor
from federation.registry.document import MAX_DOCUMENT, Document, RegistryError
from federation.registry.fetching import Fetch, Recorder, from_files
from federation.registry.freshness import Freshness

if TYPE_CHECKING:
    from collections.abc import Mapping

KNOWN_FILE: Final = "known.json"
METADATA_FOLDER: Final = "metadata"
MAX_ROOTS: Final = 256
_BASE: Final = "registry:/"
_TARGETS: Final = "targets/"
_READABLE: Final = 0o644


@dataclass(frozen=True, slots=True)
class Known:
    """A verified registry. `verified_at`: when its timestamp was first verified, `expires`: its end (both s UTC)."""

    document: Document
    version: int
    root_version: int
    timestamp_version: int
    expires: int
    verified_at: int

    def freshness(self, now: int) -> Freshness:
        """Return how much of the federation goes on."""
        return freshness.state(now, self.expires, self.verified_at)


class _Kept(msgspec.Struct, frozen=True):
    """The content of `known.json`: the files by their names, and when their timestamp was first verified."""

    verified_at: int
    files: dict[str, bytes]


class RegistryClient:
    """Keeps the registry in a folder. `root` is the root that the appliance was installed with."""

    def __init__(self, folder: Path, root: bytes) -> None:
        """Open the folder, which is made if it is not there. Raises RegistryError for a root that is none."""
        roles.read(root, Root)
        self._folder = folder
        self._root = root
        self._files: dict[str, bytes] = {}
        self.current: Known | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._reopen()

    def bundle(self) -> dict[str, bytes]:
        """Return all files of the registry that is known, for somebody else to verify from a root of their own."""
        return dict(self._files)

    def update(self, fetch: Fetch, now: int) -> Known:
        """Take what is newer, and return what is known then; `now` is s UTC.

        Raises RegistryError (`refused`, `unreachable` and those of a document) with what was known in force as before.
        """
        metadata = self._folder / METADATA_FOLDER
        metadata.mkdir(exist_ok=True)
        found, files = self._verified(metadata, fetch, now)
        before = self.current
        if before is not None:
            check_successor(before.document, found.document)
            if before.timestamp_version == found.timestamp_version:
                return before
        replace_file(self._folder / KNOWN_FILE, msgspec.json.encode(_Kept(now, files)), _READABLE)
        self._files, self.current = files, found
        return found

    def _reopen(self) -> None:
        """Read what was kept. What does not verify is as if it were not there: the next update brings it anew."""
        try:
            kept = msgspec.json.decode((self._folder / KNOWN_FILE).read_bytes(), type=_Kept)
            with tempfile.TemporaryDirectory() as empty:
                found, files = self._verified(Path(empty), from_files(kept.files), kept.verified_at)
        except (FileNotFoundError, msgspec.MsgspecError, RegistryError, UnicodeError):
            return
        self._files, self.current = files, found

    def _verified(self, metadata: Path, fetch: Fetch, now: int) -> tuple[Known, dict[str, bytes]]:
        """Return what `fetch` gives, verified with what a folder of tuf's client remembers, and all files of it."""
        recorder = Recorder(fetch, _BASE)
        config = UpdaterConfig(
            max_root_rotations=MAX_ROOTS,
            root_max_length=roles.MAX_METADATA,
            snapshot_max_length=roles.MAX_METADATA,
            targets_max_length=roles.MAX_METADATA,
        )
        try:
            updater = Updater(str(metadata), _BASE, None, _BASE + _TARGETS, recorder, config, bootstrap=self._root)
            # The clock is the caller's: tuf would ask the system's.
            updater._trusted_set.reference_time = dt.datetime.fromtimestamp(now, dt.UTC)  # noqa: SLF001
            updater.refresh()
            info = updater.get_targetinfo(roles.TARGET)
            if info is None or info.length > MAX_DOCUMENT:
                raise RegistryError("no_document")
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, roles.TARGET)
                name = f"{_TARGETS}{info.hashes['sha256']}.{roles.TARGET}"
                if (held := self._files.get(name)) is not None:
                    recorder.files[name] = held
                else:
                    updater.download_target(info, str(path))
        except DownloadError as error:
            raise RegistryError("unreachable", str(error)) from error
        except (RepositoryError, ValueError) as error:
            raise RegistryError("refused", f"{type(error).__name__}: {error}") from error
        files = _all_files(metadata, recorder.files, name)
        timestamp = roles.read(files["timestamp.json"], Timestamp)
        document = documents.parse(files[name])
        return Known(
            document=document,
            version=document.reg,
            root_version=_newest_root(metadata),
            timestamp_version=timestamp.signed.version,
            expires=roles.expires(timestamp.signed),
            verified_at=now,
        ), files


def _all_files(metadata: Path, fetched: Mapping[str, bytes], target: str) -> dict[str, bytes]:
    """Return the verified files by the names under which a repository serves them."""
    files = {path.name: path.read_bytes() for path in (metadata / "root_history").iterdir()}
    for role in ("snapshot", "targets"):
        data = (metadata / f"{role}.json").read_bytes()
        files[f"{Metadata.from_bytes(data).signed.version}.{role}.json"] = data
    return {**files, "timestamp.json": (metadata / "timestamp.json").read_bytes(), target: fetched[target]}


def _newest_root(metadata: Path) -> int:
    return roles.read((metadata / "root.json").read_bytes(), Root).signed.version
