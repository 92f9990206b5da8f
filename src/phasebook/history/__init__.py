"""What differs between columns, and since when."""
