"""From terms to statements, and from statements to columns: plan, stages, SQL, streaming, cache."""
