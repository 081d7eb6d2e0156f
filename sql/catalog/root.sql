SELECT root FROM meta.catalog
