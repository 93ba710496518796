"""The appliance's side of federation: what its gateway brings from other agencies, and what it is given for them.

Everything that comes is judged by the log as what people here write is (`appliance/log`); nothing of the gateway is
believed. What goes out follows the log. Owns no key of the gateway, opens no connection to a peer.
"""
