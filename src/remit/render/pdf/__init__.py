"""Documents as tagged PDF (PDF/UA-1), set by Typst without a network, a clock or fonts of the machine."""
