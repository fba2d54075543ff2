"""The reports of audits and comparisons: one HTML file each, with the figures that pages and notebooks draw."""
