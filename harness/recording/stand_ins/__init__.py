"""Stand-ins for what a file needs and this machine lacks: data files, downloads, displays, packages."""
