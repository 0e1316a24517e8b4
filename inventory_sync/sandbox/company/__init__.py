"""Acme, the demo company: its ERP in a PostgreSQL database, and the Shopify shops it sells in.

The ERP is reached only through the views of schema ``erp_contract``, as a customer's would be.
Put what Acme is and does here. Keep the product out: nothing here imports it.
"""
