"""One transaction each: what people and peers can do.

An action assembles a command, asks the rule, writes, and announces after the commit. It knows neither HTTP nor SQL.
"""
