"""The protocol of a link between two agencies, without sockets and without a clock (docs/federation.md).

Bytes and times go in, frames and what is to be done come out; who reads and writes sockets is `federation.gateway`.
Nothing here says who may write what: the log judges every entry.
"""
