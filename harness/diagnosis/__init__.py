"""Why does somebody's own training not learn? Outcomes, repairs, and the search for a minimal set of causes."""
