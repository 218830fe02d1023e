"""What the office answers: each report is a few tables of attentions, read from totals and traceable to records."""
