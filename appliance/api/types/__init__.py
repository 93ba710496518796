"""Moved to `appliance/wire/` (reads and the live hub need the shapes too): import `appliance.wire.session` and so on."""
