"""The version of the program; the knowledge has its own (`remit_knowledge/VERSION`)."""

VERSION = "0.6.0"
