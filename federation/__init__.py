"""What agencies say to each other: the registry of agencies, and the gateway that speaks for one of them.

In the making: nothing of it runs in an appliance yet, which talks to no other.
"""
