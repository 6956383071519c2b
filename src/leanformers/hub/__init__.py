"""The only code that talks to a network: from a name to local files."""
