"""The office's page: rendered here, in Spanish by default, readable without scripts, with nothing from elsewhere."""
