"""Sealed objects, their keys and their content."""
