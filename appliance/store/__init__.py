"""All SQL of the appliance: connections, migrations, named queries, one module per aggregate.

`db.py` opens the encrypted database and lends transactions; `queries.py` reads `sql/*.sql`; the other modules turn
rows into values of `appliance.model`. Nothing outside this package (and `console/store`) contains SQL.
"""
