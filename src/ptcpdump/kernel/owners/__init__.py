"""What the programs have to be told from user space so that they know owners."""
