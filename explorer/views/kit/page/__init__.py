"""What a page is made of: the component that mounts a view, its address, its theme, its help."""
