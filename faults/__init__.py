"""`make faults`: real processes, real load, and what goes wrong in real life."""
