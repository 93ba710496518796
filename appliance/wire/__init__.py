"""What travels between clients and the staff API: typed, strict, bounded.

Owns the shapes only. The server decodes with these types, the OpenAPI document is generated from them and the web
client's `protocol.ts` from that document, so the three cannot differ. Requests refuse unknown fields; answers omit
what is absent. Times are integer milliseconds since the epoch (UTC); ids are opaque strings.
"""
