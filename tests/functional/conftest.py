"""Says once, at the end of a run, which binaries were tested; skips what a sanitizer would falsify."""
import city
import pytest


def pytest_configure(config):
    config.addinivalue_line("markers", "release_only(reason): about memory or time, which sanitizers change")


def pytest_report_header():
    return f"binaries: {city.BIN}, sanitizers: {'yes' if city.is_sanitized() else 'no'}"


def pytest_runtest_setup(item):
    marker = item.get_closest_marker("release_only")
    if marker and city.is_sanitized():
        pytest.skip(f"{marker.args[0]}; tests/run.sh runs it with release binaries")
