"""What one screen needs, assembled in one read transaction.

A read shows the caller what they may see now, and changes nothing.
"""
