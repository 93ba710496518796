"""Tests of what agencies say to each other."""
