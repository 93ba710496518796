"""The key hierarchy: master key, the keys it wraps, epoch keys, sealed bodies.

Owns: `master` (the master key and its four sources), `shares` (2-of-3 shares on paper, SLIP-39), `record` and `keyfile`
(the files `keyring.json` and `master.key`), `keyring` (the keys of one appliance, rotation), `epochs` (one key per
room, ISO week and kind; bodies), `refusals` (why a key does not open).

Rules: a key is checked before anything is touched; no key is ever printed, logged or written in clear, but the
development key file; every secret file is replaced atomically, so a crash leaves the old or the new one.

Does not: keep wrapped epoch keys or bodies (the store does), hash passwords, read the clock, know of asyncio.
Source: F71 and F72; docs/decisions/0004-key-hierarchy.md.
"""
