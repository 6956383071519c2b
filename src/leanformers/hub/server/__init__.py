"""A hub of one's own: any unmodified client of the Hub can push to it and pull from it. One folder holds everything.

client ──► app (the table of routes) ──► handlers: repos, content, commits, lfs, xet, discussions …
                                             │                    │
                                       index (SQLite)      blobs (files by their sha256)
"""
