"""Ground floor: pure rules over plain values and frames.

Put arithmetic, validation rules and decisions here. Keep files, sockets, databases, clocks, random
numbers and Dagster out: time and ids come in as arguments.
"""
