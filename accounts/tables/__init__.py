"""Tables: declared once, then shown, sorted, filtered, paged, arranged by their readers and written to files alike."""
