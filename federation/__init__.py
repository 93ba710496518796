"""The name kept for what agencies say to each other. This release has nothing of it: an appliance talks to no other."""
