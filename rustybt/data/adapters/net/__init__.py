"""How a source is asked over a network: a client, a limit shared by processes, patience and keys."""
