"""Finds the scenarios: every public function of `scenarios/*.py` whose only parameter is called `session`."""

import importlib
import inspect
import pkgutil

import scenarios


def find_scenarios(line: str) -> dict[str, object]:
    """The scenarios of a client line by name (`module.function`), in the order of the files."""
    found = {}
    for module_info in sorted(pkgutil.iter_modules(scenarios.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"scenarios.{module_info.name}")
        for name, member in vars(module).items():
            if _is_scenario(name, member, module) and getattr(member, "only_line", line) == line:
                found[f"{module_info.name}.{name}"] = member
    return found


def _is_scenario(name: str, member, module) -> bool:
    return (
        inspect.isfunction(member)
        and not name.startswith("_")
        and member.__module__ == module.__name__
        and list(inspect.signature(member).parameters) == ["session"]
    )
