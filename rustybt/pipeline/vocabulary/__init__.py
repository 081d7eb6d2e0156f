"""The words in which a term says itself in SQL, and in NumPy; it knows nothing of the compiler."""
