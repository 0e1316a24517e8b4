"""Tests of inventory_sync; the folders mirror the package."""
