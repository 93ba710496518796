"""One spelling for text that reads the same: what people typed, what was stored, what is searched.

Owns: `stream_safe` (a bound on combining marks), `thai` (the canonical spelling, for names and passwords), `normalize`
(the spelling for comparing and searching, with the place each character came from), `ignorable` (what is drawn as
nothing).

A leaf: server and search process both import it, and it imports nothing of theirs. The web client's twin is
`core/text.ts`; the tables `canonical.json` and `fold.json` in tests/rules/tables are run by both.
"""
