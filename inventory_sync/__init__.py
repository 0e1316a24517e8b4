"""inventory_sync: keep every Shopify store's quantities equal to what the ERP can promise."""

__version__ = "0.1.0"
