"""What is wrong in a program without a training of it: one module of rules for each part of a program."""
