"""What agencies say to each other: the registry of agencies, and the gateway that speaks for one of them.

`registry/` is the operator's; `gateway/` is what peers reach; `exchange/` runs in the appliance and
believes nothing that the gateway says; `protocol/` is what goes over a link, without sockets and clocks.
"""
