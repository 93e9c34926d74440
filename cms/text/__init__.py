"""What is done to words: pure functions that know nothing of the rest."""
