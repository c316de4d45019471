"""Says once, at the end of a run, which binaries were tested."""
import city


def pytest_report_header():
    return f"binaries: {city.BIN}, sanitizers: {'yes' if city.is_sanitized() else 'no'}"
