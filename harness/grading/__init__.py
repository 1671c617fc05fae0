"""Hand-ins of a course: found, kept apart, judged, given points."""
