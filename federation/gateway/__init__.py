"""The gateway process: what of an agency other agencies can reach.

Owns: `folder` and `keys` (its own keys, sealed under its own master key), `identity` (the key that goes away on a
stick), `enrolling` (the request to be listed), `settings` (`gateway.toml`), `roster` (who may speak to it, from the
verified registry), `registry_watch`, `gateway` (what all parts share), `messages` and `to_appliance` (what it says to
the appliance process over a Unix socket), `signing` (what it signs for it), `dialling` (which addresses it may connect
to) and `dialler`, `intake` (how much a peer may send), `channels`, `session` and `links` (one link for each peer),
`server`, `link_routes`, `control` and `requests` (what peers may ask over HTTP), `signatures`, `fetch` (what it asks of
them), `status`, `process`.

Rules: it has no database and decides nothing about rooms: what peers bring goes to the appliance, which judges it. What
no registry lists is disconnected before a byte of it is read. It connects to addresses of the registry alone, in
networks that the settings allow.
Source: docs/federation.md; docs/decisions/0049-the-gateway.md.
"""
