"""What semantic ids say of items: their tree, who shares a prefix, whether codes follow a known category."""
