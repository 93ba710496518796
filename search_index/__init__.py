"""The search process: text rules, an encrypted index, its writer and searcher, server and client.

A leaf: imports nothing of the other packages and never sees the database. It finds candidates; whether a person may see
one, and whether it truly matches, is decided by the caller with the database and the stored text.

For callers outside the process, without numpy: `query` (parse, matches), `snippet`, `layout`, `eras`, `wire` (what
travels) and `client`. Inside the process: `analyzer`, `storage`, `segment_files`, `segments`, `manifest`, `writer`,
`searcher`, `server`. Beside it: `whoosh_adapter`, Whoosh's own searcher on the same files.
"""
