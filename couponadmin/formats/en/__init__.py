"""How dates look to readers of English, wherever they are: no month is taken for a day."""
