"""A simulated company that tries to make the product oversell, from one seed.

Everything that decides is the product's own: hearing, event passes, careful and full passes. Around
it stand an ERP, shops and a ledger in memory, a clock that is set, and faults. Put here what plays
the world and what must never happen in it; keep every rule of publishing out.
"""
