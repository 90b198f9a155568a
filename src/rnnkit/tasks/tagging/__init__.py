"""A label for each word: many-to-many, aligned; with an intent, many-to-one as well."""
