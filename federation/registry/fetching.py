"""Where a client's files come from: the operator's web server, or files that another one has given.

Both give the same files by the same names, and neither is believed: `client` verifies every byte. Over the web:
- no redirect is followed, no compression is taken, no file is longer than the role that it is of may be;
- a file has to come within half a minute, however it trickles.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Protocol

import urllib3
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient.fetcher import FetcherInterface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PATIENCE_S: Final = 30
_CHUNK: Final = 64 * 1024
_OK: Final = 200
_NOT_FOUND: Final = 404


class Fetch(Protocol):
    """Yields the bytes of a file by its name under the repository's address, `timestamp.json` for one.

    Raises tuf's DownloadError; its DownloadHTTPError with 404 for a file that is not there.
    """

    def __call__(self, name: str) -> Iterator[bytes]:
        """Yield the file's bytes."""
        ...


def from_files(files: Mapping[str, bytes]) -> Fetch:
    """Return what gives these files, as a peer has handed them over."""

    def fetch(name: str) -> Iterator[bytes]:
        if name not in files:
            raise DownloadHTTPError(name, _NOT_FOUND)
        yield files[name]

    return fetch


def over_http(address: str, *, clock: Callable[[], float] = time.monotonic) -> Fetch:
    """Return what fetches from a web server under an address (`https://registry.example/`)."""
    pool = urllib3.PoolManager(num_pools=1, retries=False, timeout=urllib3.Timeout(PATIENCE_S))
    base = address.rstrip("/")

    def fetch(name: str) -> Iterator[bytes]:
        end = clock() + PATIENCE_S
        try:
            response = pool.request(
                "GET", f"{base}/{name}", redirect=False, preload_content=False, headers={"Accept-Encoding": "identity"}
            )
            try:
                if response.status != _OK:
                    raise DownloadHTTPError(name, response.status)
                for chunk in response.stream(_CHUNK, decode_content=False):
                    if clock() > end:
                        raise SlowRetrievalError(name)
                    yield chunk
            finally:
                response.close()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise DownloadError(f"{name}: {error}") from error

    return fetch


class Recorder(FetcherInterface):
    """A fetcher for tuf's client that keeps what it gave, so that it can be handed on."""

    def __init__(self, fetch: Fetch, base: str) -> None:
        """Fetch by `fetch` what tuf asks for under the address `base`."""
        self._of_name = fetch
        self._base = base
        self.files: dict[str, bytes] = {}

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = url.removeprefix(self._base)
        # Read at once: an error of the first bytes has to come here, where tuf tells a missing file from a fault.
        chunks = self._of_name(name)
        first = next(chunks, b"")
        return self._kept(name, first, chunks)

    def _kept(self, name: str, first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
        content = [first]
        yield first
        for chunk in rest:
            content.append(chunk)
            yield chunk
        self.files[name] = b"".join(content)
