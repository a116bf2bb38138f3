"""What chance scores: noise and shuffles that are like the units in everything but a grid, and p-values beside them."""
