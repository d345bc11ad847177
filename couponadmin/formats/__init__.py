"""How dates look on pages, by language; named in FORMAT_MODULE_PATH."""
