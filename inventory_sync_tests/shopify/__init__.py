"""Tests of the Shopify room; `contract.py` holds what every storefront must do."""
