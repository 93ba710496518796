"""What agencies say to each other: registry, enrolment, wire, protocol, link, gateway, discovery.

Owns everything a peer can reach. The protocol is sans I/O; the gateway process runs it and never opens the database.
"""
