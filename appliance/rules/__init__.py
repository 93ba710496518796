"""Pure rules of the domain, one small file per subject: values in, `Deny | None` or a plan out.

No I/O and no clock: the time is an argument. The tables of cases are in `tests/rules/tables/*.json`; those the web
client must agree with are marked `"shared": true` there and run by its tests too.
"""
