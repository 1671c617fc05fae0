"""What people and machines read: tables, words, JSON, from results."""
