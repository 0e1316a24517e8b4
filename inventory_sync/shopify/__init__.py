"""The shops: one Shopify store as the ``Storefront`` port sees it.

Thinking is apart from talking: ``protocol``, ``answers``, ``orders``, ``writes`` and ``throttle``
are pure; ``client`` is the thin HTTP shell; ``storefront`` joins them. Put what only Shopify knows
here. Keep out what a pass does with it, and everything about the ERP.
"""
