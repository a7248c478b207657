"""One file per source: read raw, parse to tables that the lake takes. A source knows no other source and no book."""
