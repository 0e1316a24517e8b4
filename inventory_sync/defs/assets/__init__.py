"""The assets, in the order in which numbers flow: ERP, orders, ATP, stores."""
