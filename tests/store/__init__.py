"""The store: schema, statements, connections."""
