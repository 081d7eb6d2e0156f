"""The reference page of terms, made of the terms themselves: ``rustybt pipeline reference``."""

from rustybt.pipeline.reference.page import reference

__all__ = ["reference"]
