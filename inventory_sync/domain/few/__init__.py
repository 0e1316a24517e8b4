"""The way from rows of the ERP to writes for a few SKUs, without frames.

Frames cost a third of a second for a single SKU, which is more than an event may take (see
docs/decisions/0007). Put here the same rules on plain values, sharing the arithmetic with the
frames where it is more than a comparison: ``net_position``, ``offer_units``, ``not_yet_known``,
``assembled``, ``lost_kits``. Keep judgement out: whatever is not plain is left to the frames, and a
test holds both ways against each other on random companies.
"""
