"""The kit that every view is built of: the page, what goes over the wire, drawing, and widgets."""
