"""The appliance: one agency's staff, rooms and messages. docs/architecture.md lists the modules."""
