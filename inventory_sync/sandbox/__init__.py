"""A company to try inventory_sync on: a demo ERP and a stand-in for Shopify.

Put what replaces the outside world here. Keep the product out: nothing here imports it.
"""
