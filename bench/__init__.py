"""Measures the speed of the platform, as ratios; docs/performance.md says how and what."""
