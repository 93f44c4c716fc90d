"""What a hand-in could try against the sandbox, and what honest code needs of it; ``selftest`` runs them."""
