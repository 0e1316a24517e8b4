"""Measurements that anybody can repeat, behind `inventory-sync bench`.

Put one module per question here, with a function that returns its table. Keep out of it anything
that the product needs to run.
"""
