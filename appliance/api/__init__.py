"""Staff HTTP and WebSocket: parse, one call, render.

Authentication is on unless a route says otherwise. Statuses are here, decisions are not.
"""
