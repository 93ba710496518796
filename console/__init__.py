"""The compliance console, one package per menu: retention, disclosure, traffic, accounts, privacy, reports, settings.

Owns its rules, actions, pages and, in `console/store`, its own SQL; approvals and audit are shared by all menus.
"""
