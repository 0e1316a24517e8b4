"""Acme's ERP, as its people use it: every business step as a method.

Put nothing else here: the steps are in ``sales_steps.py`` and ``supply_steps.py``.
"""

from inventory_sync.sandbox.company.sales_steps import SalesSteps
from inventory_sync.sandbox.company.steps import AcmeRefused
from inventory_sync.sandbox.company.supply_steps import SupplySteps
from inventory_sync.sandbox.office import Line

__all__ = ["Acme", "AcmeRefused", "Line"]


class Acme(SalesSteps, SupplySteps):
    """The whole ERP: ``Acme(engine)``, with an engine on the database that ``create`` built."""
