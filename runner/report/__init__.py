"""What a person or another program reads: the terminal, and the files of a sweep."""
