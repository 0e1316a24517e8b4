"""A real Tryton to try inventory_sync on: built once from the package registry, kept as a file.

Put here how it is built and served, the company in it, and what its people do through its own API.
Keep the product out, as everywhere in the sandbox: its connector is another room's.
"""
