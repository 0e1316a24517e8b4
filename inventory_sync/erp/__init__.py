"""Where supply and demand come from: one file per connector.

Put a connector here when it delivers the contract datasets of design section 5 as one
``ErpSnapshot``. Keep rules about the numbers out: rows are read here and judged in the domain.
"""
