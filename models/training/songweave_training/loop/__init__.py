"""What every training run has: the loop, checkpoints, curves, reading a set, writing what ships."""
