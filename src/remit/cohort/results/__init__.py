"""What people publish, from counts that were summed over all buckets."""
