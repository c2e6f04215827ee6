"""Documents as plain blocks: written once, then laid out as HTML or PDF; both say the same in the same order."""
