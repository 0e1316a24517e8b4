"""The steps that bring a database from one version of the ledger to the next, in order.

Put one file per step under ``versions``; a step that has been released is never changed. Keep the
running of them out: ``database.migrate`` does that.
"""
