"""Many seeds and settings: sweeps, the chunks they are saved in and resumed from, Ray."""
