"""The corridor: gather, decide, act.

Put the order of a pass here, and the ports it needs. Keep adapters out: they are handed in by
``wiring``.
"""
