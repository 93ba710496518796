"""The processes and what starts them."""
