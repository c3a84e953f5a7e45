"""Dead letters: what no worker could do, kept with its reason until it is replayed."""
