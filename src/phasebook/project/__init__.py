"""What the data files say: folders, claims, columns, results."""
