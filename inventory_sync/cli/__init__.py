"""What a person types. Each command opens its parts through ``wiring`` and shows what came of it.

Put a command into the module of its purpose and add it to ``app.py``. Keep decisions out.
"""
