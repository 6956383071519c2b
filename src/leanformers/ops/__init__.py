"""Kernels: the only place that knows devices, dtypes and how something is computed fastest."""
