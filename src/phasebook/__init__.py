"""Phasebook outside the kernel: claims, environments, runs, results, report and blog."""
