"""What can be said about a TokenRecord or a Codebook with numpy alone: counts, distances, maps, pictures' quality."""
