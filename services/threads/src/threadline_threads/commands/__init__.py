"""What people and programs ask of tickets: merge, unmerge, split, status, suggestions. Pure decisions, one a module.

A store carries them out (`store/*_commands.py`). There each type of command has its handler in one table, `HANDLERS`;
the handlers of commands about contacts are registered in it, too.
"""
