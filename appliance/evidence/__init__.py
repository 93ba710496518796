"""What makes a room's history provable: canonical bytes, commitments, the RFC 6962 tree, signed notes, seals, exports.

Owns the evidence formats, which docs/evidence.md specifies.
Rules: no I/O but in `verifier` and `offline`, which read the files that they are given; imports neither aiohttp,
aiosqlite nor asyncio; needs the standard library, msgspec and cryptography only. Bytes are the truth: what was received
is hashed and checked, never a re-serialisation of it. Does not decide who may write (`rules`), hold keys (`vault`) or
store anything (`store`).
"""
