"""Commands that the process of the command line carries out by itself: processes, setup, keys, verification.

Each module is imported when one of its commands runs (`late.load`), never for the grammar alone.
"""
