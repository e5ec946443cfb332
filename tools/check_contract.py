#!/usr/bin/python3
"""Checks that the contract, api/openapi.yaml, and the code say the same.

    tools/check_contract.py [ROOT]

The routes of src/api/*_routes.cpp against the operations of the contract: method, path, parameters,
body, who may come in. The rules of src/access/operation.cpp against x-access. The names of closed
lists in src/access against the contract's enums. The contract by itself: references, schemas,
examples. Exits 1 and prints what differs.
"""

import pathlib
import re
import sys

import jsonschema
import yaml

CONTRACT = "api/openapi.yaml"
METHODS = ("get", "put", "post", "delete", "patch")
JSON = "application/json"
BYTES = "application/octet-stream"
PROBLEM = "application/problem+json"
SECURITY = {
    "anybody": [],
    "begun": [{"cookie": []}, {"bearer": []}],
    "session": [{"cookie": []}, {"bearer": []}],
    "user": [{"cookie": []}, {"bearer": []}, {"certificate": []}],
}
# Where the value of an enum of the contract is named: file, enumerator class.
ENUMS = {
    "Profile": ("access/actor.cpp", "Profile"),
    "Role": ("access/actor.cpp", "Role"),
    "Purpose": ("access/actor.cpp", "Purpose"),
    "AuthorityAct": ("access/authority_act.cpp", "AuthorityAct"),
    "ScopeKind": ("access/authority.cpp", "ScopeKind"),
    "Issuer": ("access/authority.cpp", "Issuer"),
    "AuthorityState": ("access/authority.cpp", "AuthorityState"),
    "ApprovalState": ("access/approval_store.cpp", "ApprovalState"),
    "BreakGlassFinding": ("access/break_glass_store.cpp", "BreakGlassFinding"),
    "Level": ("access/visibility_store.cpp", "Level"),
    "CaseState": ("access/cases_store.cpp", "CaseState"),
    "UserState": ("access/people_store.cpp", "UserState"),
    "JobState": ("jobs/scan_queue_store.cpp", "JobState"),
    "Stage": ("identity/session_store.cpp", "Stage"),
    "Outcome": ("audit/entry.cpp", "Outcome"),
    "FindingKind": ("scan/records.cpp", "Finding::Kind"),
    "Coverage": ("scan/records.cpp", "Coverage"),
}
# Members of Purposes and the like have no names of their own in the table, these are as they read.
SET_NAMES = {"export_data": "export", "case_id": "case"}


def initialiser(text, name):
    """The value of a designated initialiser, up to the comma that ends it."""
    found = re.search(rf"\.{name}\s*=\s*", text)
    if not found:
        return None
    depth, quoted, at = 0, False, found.end()
    for at in range(found.end(), len(text)):
        letter = text[at]
        if letter == '"':
            quoted = not quoted
        if quoted:
            continue
        if letter in "{(":
            depth += 1
        if letter in "})":
            depth -= 1
        if depth < 0 or (letter == "," and depth == 0):
            break
    return text[found.end():at].strip()


def unquoted(value):
    return value.strip('"') if value else ""


def read_routes(root):
    """The routes of the code by operation."""
    routes = {}
    for file in sorted((root / "src/api").glob("*_routes.cpp")):
        code = file.read_text(encoding="utf-8")
        named = {
            name: re.findall(r'"(\w+)"', words)
            for name, words in re.findall(
                r"constexpr std::array<std::string_view, \d+> (k\w+) = \{([^}]*)\}", code)
        }
        for piece in re.split(r"\{(?=\.method = )", code)[1:]:
            query = initialiser(piece, "query") or ""
            operation = unquoted(initialiser(piece, "operation"))
            routes[operation] = {
                "method": initialiser(piece, "method").removeprefix("Method::").rstrip("_"),
                "path": unquoted(initialiser(piece, "path")).replace("...}", "}"),
                "door": initialiser(piece, "door").removeprefix("Door::"),
                "body": (initialiser(piece, "body") or "BodyKind::none").removeprefix("BodyKind::"),
                "query": named.get(query) or re.findall(r'"(\w+)"', query),
                "creates": bool(unquoted(initialiser(piece, "creates"))),
                "edits": initialiser(piece, "edits") == "true",
            }
    return routes


def read_sets(root):
    """What kAdministrators and the like stand for."""
    sets = {}
    actor = (root / "src/access/actor.h").read_text(encoding="utf-8")
    for name, words in re.findall(r"std::array (k\w+) = \{([^}]*)\}", actor):
        sets[name] = re.findall(r"::(\w+)", words)
    code = (root / "src/access/operation_sets.h").read_text(encoding="utf-8")
    for name, words in re.findall(r"constexpr \w+ (k\w+)(?: = )?\{([^}]*)\}", code):
        sets[name] = sets.get(words) or re.findall(r"::(\w+)", words)
    return sets


def read_rules(root):
    """The rules of access::operations() by name, as x-access writes them."""
    sets = read_sets(root)
    code = (root / "src/access/operation.cpp").read_text(encoding="utf-8")
    rules = {}
    for piece in code.split("Operation{")[1:]:
        name = unquoted(initialiser(piece, "name"))
        if not name:
            continue

        def members(of, piece=piece):
            value = initialiser(piece, of)
            return sets.get(value) or re.findall(r"::(\w+)", value)

        rule = {"operation": name, "kind": (initialiser(piece, "kind") or "read").split("::")[-1]}
        rule |= {of: members(of) for of in ("profiles", "roles", "purposes")}
        rule["case"] = initialiser(piece, "binding") == "Binding::case_only"
        act = initialiser(piece, "act")
        if act:
            word = act.split("::")[-1]
            rule["authority"] = SET_NAMES.get(word, word)
        for flag in ("four_eyes", "break_glass"):
            if initialiser(piece, flag) == "true":
                rule[flag] = True
        rules[name] = rule
    return rules


def read_enum(root, file, kind):
    """The names that name_of() gives the values of an enumeration."""
    code = (root / "src" / file).read_text(encoding="utf-8")
    body = re.search(rf"name_of\((?:\w+::)*{kind} \w+\) {{(.*?)\n}}", code, re.DOTALL)
    return re.findall(r'case [\w:]+:\s*return "([^"]*)"', body[1]) if body else []


def read_contract(root):
    text = (root / CONTRACT).read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def operations(contract):
    for path, item in contract.get("paths", {}).items():
        for method, operation in item.items():
            if method in METHODS:
                yield method, path, operation


def resolve(contract, node):
    while isinstance(node, dict) and "$ref" in node:
        place = contract
        for part in node["$ref"].removeprefix("#/").split("/"):
            if not isinstance(place, dict) or part not in place:
                return None
            place = place[part]
        node = place
    return node


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for one in node:
            yield from references(one)


def parameters_of(contract, operation):
    """(where, name) of each parameter, with what it is."""
    found = {}
    for one in operation.get("parameters", []):
        parameter = resolve(contract, one) or {}
        found[parameter.get("in"), parameter.get("name")] = parameter
    return found


def schema_with_components(contract, schema):
    """A schema by itself, so that it can be used to validate."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": contract.get("components", {}), **schema}


def check_example(contract, what, media_type, content):
    if "example" not in content:
        yield f"{what}: no example"
        return
    if media_type != JSON:
        return
    validator = jsonschema.Draft202012Validator(
        schema_with_components(contract, content.get("schema", {})))
    for error in validator.iter_errors(content["example"]):
        place = "/".join(map(str, error.absolute_path))
        yield f"{what}: the example is not as its schema says: {place}: {error.message[:120]}"


def check_answers(contract, name, operation):
    answers = operation.get("responses", {})
    if not any(status.startswith("2") for status in answers):
        yield f"{name}: no answer for success"
    if PROBLEM not in (resolve(contract, answers.get("default", {})) or {}).get("content", {}):
        yield f"{name}: no problem as its default answer"
    for status, one in answers.items():
        answer = resolve(contract, one)
        if not answer.get("description"):
            yield f"{name}: {status}: no description"
        for media_type, content in answer.get("content", {}).items():
            if status.startswith("2"):
                yield from check_example(contract, f"{name}: {status}", media_type, content)
            elif media_type != PROBLEM:
                yield f"{name}: {status}: {media_type} is no problem document"


def check_body(contract, name, route, operation):
    wanted = {"none": None, "json": JSON, "bytes": BYTES}[route["body"]]
    body = operation.get("requestBody")
    given = next(iter(body.get("content", {})), None) if body else None
    if given != wanted:
        yield f"{name}: the body is {given} in the contract, {wanted} in the code"
    if body and not body.get("required"):
        yield f"{name}: the body is not required"
    if given == JSON:
        yield from check_example(contract, f"{name}: body", JSON, body["content"][JSON])


def check_parameters(contract, name, route, operation, rule):
    given = parameters_of(contract, operation)
    wanted = {("path", one) for one in re.findall(r"\{(\w+)\}", route["path"])}
    wanted |= {("query", one) for one in route["query"]}
    if rule:
        wanted.add(("header", "Cairn-Purpose"))
    if rule and "authority" in rule:
        wanted.add(("header", "Cairn-Authority"))
    if rule and rule.get("four_eyes"):
        wanted.add(("header", "Cairn-Approval"))
    if route["creates"]:
        wanted.add(("header", "Idempotency-Key"))
    if route["edits"]:
        wanted.add(("header", "If-Match"))
    if route["door"] != "anybody" and route["method"] != "get":
        wanted.add(("header", "Cairn-Csrf"))
    for where, one in sorted(set(given) - wanted, key=str):
        yield f"{name}: the {where} parameter {one} is not in the code"
    for where, one in sorted(wanted - set(given)):
        yield f"{name}: the {where} parameter {one} is not in the contract"
    for (where, one), parameter in given.items():
        if not parameter.get("description") or "schema" not in parameter:
            yield f"{name}: the parameter {one} lacks a description or a schema"
        if where == "path" and not parameter.get("required"):
            yield f"{name}: the path parameter {one} is not required"


def check_operation(contract, name, route, operation, rules):
    for member in ("summary", "description", "tags"):
        if not operation.get(member):
            yield f"{name}: no {member}"
    if operation.get("security") != SECURITY[route["door"]]:
        yield f"{name}: security is not that of the door '{route['door']}'"
    stated = operation.get("x-access")
    rule = rules.get((stated or {}).get("operation", name))
    if name in rules and (stated or {}).get("operation") != name:
        yield f"{name}: x-access is not that of the access operation of this name"
    elif route["door"] == "user" and not stated:
        yield f"{name}: no x-access"
    elif stated and stated != rule:
        yield f"{name}: x-access is not what src/access/operation.cpp says: {rule}"
    yield from check_parameters(contract, name, route, operation, rule if stated else None)
    yield from check_body(contract, name, route, operation)
    yield from check_answers(contract, name, operation)


def check_schemas(contract):
    for name, schema in contract.get("components", {}).get("schemas", {}).items():
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            yield f"schema {name}: {error.message[:200]}"
    used = set(references(contract))
    yield from open_objects("", contract)
    for kind, parts in contract.get("components", {}).items():
        for name in parts:
            if kind != "securitySchemes" and f"#/components/{kind}/{name}" not in used:
                yield f"components/{kind}/{name}: nothing refers to it"


def open_objects(where, schema):
    """Objects that would let unknown members pass."""
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("additionalProperties") is not False:
            yield f"{where}: an object without additionalProperties: false"
        for key, value in schema.items():
            if key != "example":
                yield from open_objects(f"{where}/{key}", value)
    elif isinstance(schema, list):
        for one in schema:
            yield from open_objects(where, one)


def check_enums(root, contract, rules):
    schemas = contract.get("components", {}).get("schemas", {})
    for name, (file, kind) in ENUMS.items():
        named = read_enum(root, file, kind)
        if sorted(schemas.get(name, {}).get("enum", [])) != sorted(named):
            yield f"schema {name}: the code has {', '.join(named)}"
    if schemas.get("OperationName", {}).get("enum") != list(rules):
        yield "schema OperationName: not the operations of src/access/operation.cpp, in their order"


def check_head(contract):
    if not re.fullmatch(r"3\.1\.\d", str(contract.get("openapi"))):
        yield "openapi: must be 3.1.x"
    for member in ("title", "version"):
        if not contract.get("info", {}).get(member):
            yield f"info.{member} is missing"
    tags = {one["name"] for one in contract.get("tags", [])}
    for _, path, operation in operations(contract):
        for tag in operation.get("tags", []):
            if tag not in tags:
                yield f"{path}: tag {tag} is not described"


def check(root):
    contract = read_contract(root)
    broken = [one for one in set(references(contract)) if resolve(contract, {"$ref": one}) is None]
    if broken:
        yield from (f"{one}: there is no such thing" for one in sorted(broken))
        return
    routes, rules = read_routes(root), read_rules(root)
    yield from check_head(contract)
    yield from check_schemas(contract)
    yield from check_enums(root, contract, rules)
    stated = {}
    for method, path, operation in operations(contract):
        name = operation.get("operationId")
        if name in stated:
            yield f"{name}: stands twice"
        stated[name] = operation
        if name not in routes:
            yield f"{name}: not in the code"
            continue
        if (method, path) != (routes[name]["method"], routes[name]["path"]):
            yield f"{name}: {method} {path} in the contract, not in the code"
        yield from check_operation(contract, name, routes[name], operation, rules)
    for name in routes.keys() - stated.keys():
        yield f"{name}: not in the contract"


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1]
    problems = list(check(root))
    for problem in problems:
        print(f"{CONTRACT}: {problem}")
    if not problems:
        print(f"{len(read_routes(root))} operations agree")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
