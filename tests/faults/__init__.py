"""Faults done to a real appliance: processes are killed, disks filled and torn, connections flooded, slowed and cut.

`appliance.py` runs `gchat up` or `gchat serve` on a copy of the demo world; `load.py` is people at work who keep
records; `team.py` the usual ones; `proof.py` holds their records against what the appliance has in the end. `raw.py` is
a client of bare bytes, `wal.py` the format of SQLite's write-ahead log, `broken_disk.c` a disk that fails on demand.

Moments and places are random: a failure prints `GCHAT_FAULT_SEED=…`, which repeats the test's choices. A soak does more
of everything (`make soak`): GCHAT_FAULT_KILLS kills, GCHAT_FAULT_TEARS torn logs, every GCHAT_FAULT_EVERY-th write of a
migration. A test that cannot run here is skipped with the reason (no root for a small file system, no C compiler).
"""
