"""Cuts the operations that we call out of the providers' own API descriptions, for Prism to serve."""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent


def references(node):
    """Every schema name that a piece of an OpenAPI document points at."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value.rsplit("/", 1)[1]
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def reachable(schemas, root):
    """The schemas that `root` needs, directly or through others."""
    wanted, todo = {}, list(references(root))
    while todo:
        name = todo.pop()
        if name not in wanted:
            wanted[name] = schemas[name]
            todo.extend(references(schemas[name]))
    return dict(sorted(wanted.items()))


def with_repeated_fields(operation):
    """Says that a list is sent as a field for each of its values: the default of OpenAPI, which Prism does not know."""
    form = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]
    lists = [name for name, schema in form["schema"]["properties"].items() if schema.get("type") == "array"]
    form["encoding"] = {name: {"style": "form", "explode": True} for name in lists}
    return operation


def twilio(source):
    """POST Messages.json, as it stands but for what Prism must be told of its lists."""
    path = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
    operation = with_repeated_fields(source["paths"][path]["post"])
    return {
        "openapi": source["openapi"],
        "info": source["info"],
        "paths": {path: {"post": operation}},
        "components": {
            "securitySchemes": source["components"]["securitySchemes"],
            "schemas": reachable(source["components"]["schemas"], operation),
        },
    }


def from_discovery(schema):
    """One schema of Google's discovery format as OpenAPI: other references, no unknown fields."""
    if isinstance(schema, list):
        return [from_discovery(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    keep = {k: from_discovery(v) for k, v in schema.items() if k not in ("id", "enumDescriptions", "readOnly", "enumDeprecated")}
    if "$ref" in schema:
        return {"$ref": "#/components/schemas/" + schema["$ref"]}
    if schema.get("type") == "any":
        keep.pop("type")
    if "properties" in schema:
        # Google answers 400 to a field that it does not know.
        keep = {**keep, "properties": {k: from_discovery(v) for k, v in schema["properties"].items()}}
        keep.setdefault("additionalProperties", False)
    return keep


def fcm(source):
    """projects.messages.send, converted."""
    send = source["resources"]["projects"]["resources"]["messages"]["methods"]["send"]
    schemas = {name: from_discovery(schema) for name, schema in source["schemas"].items()}
    body = {"$ref": "#/components/schemas/" + send["request"]["$ref"]}
    answer = {"$ref": "#/components/schemas/" + send["response"]["$ref"]}
    operation = {
        "description": send["description"],
        "security": [{"bearer": []}],
        "parameters": [{"name": "project", "in": "path", "required": True, "schema": {"type": "string"}}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "Accepted", "content": {"application/json": {"schema": answer}}}},
    }
    return {
        "openapi": "3.0.1",
        "info": {"title": source["title"], "version": f"{source['version']} revision {source['revision']}"},
        "paths": {"/v1/projects/{project}/messages:send": {"post": operation}},
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": reachable(schemas, operation),
        },
    }


def resolved(source, node):
    """A piece of an OpenAPI document with its parameters, bodies and answers in place, and without examples."""
    if isinstance(node, list):
        return [resolved(source, item) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref", "")
    if reference.startswith("#/components/") and not reference.startswith("#/components/schemas/"):
        kind, name = reference.split("/")[2:]
        return resolved(source, source["components"][kind][name])
    return {key: resolved(source, value) for key, value in node.items() if key not in ("example", "examples")}


def sendgrid(source):
    """POST /v3/mail/send, as it stands but for its examples."""
    path = "/v3/mail/send"
    operation = resolved(source, source["paths"][path]["post"])
    return {
        "openapi": source["openapi"],
        "info": source["info"],
        "security": source["security"],
        "paths": {path: {"post": operation}},
        "components": {
            "securitySchemes": source["components"]["securitySchemes"],
            "schemas": resolved(source, reachable(source["components"]["schemas"], operation)),
        },
    }


BOT_METHODS = ["sendMessage", "editMessageText", "editMessageReplyMarkup", "answerCallbackQuery", "getUpdates", "setWebhook",
               "deleteWebhook", "getWebhookInfo"]


def without_words(node):
    """A piece of an OpenAPI document without what it says to people. A property may be called so as well: it is no text."""
    if isinstance(node, list):
        return [without_words(item) for item in node]
    if not isinstance(node, dict):
        return node

    def is_said(key, value):
        return key == "externalDocs" or (key == "description" and isinstance(value, str))

    return {key: without_words(value) for key, value in node.items() if not is_said(key, value)}


def telegram(source):
    """The methods of the Bot API that we call, each by POST with a body of JSON, as they stand but for their words."""
    paths = {}
    for method in BOT_METHODS:
        path = "/bot{token}/" + method
        operation = without_words(source["paths"][path]["post"])
        if "requestBody" in operation:
            bodies = operation["requestBody"]["content"]
            body = bodies.get("application/json", bodies["multipart/form-data"])
            # Telegram ignores a parameter that it does not know: then something else is sent than was meant.
            body["schema"]["additionalProperties"] = False
            operation["requestBody"]["content"] = {"application/json": body}
        for answer in operation["responses"].values():
            answer["description"] = ""
        paths[path] = {"post": operation}
    return {
        "openapi": source["openapi"],
        "info": source["info"],
        "paths": paths,
        "components": {"schemas": without_words(reachable(source["components"]["schemas"], paths))},
    }


EXTRACTS = [(twilio, "twilio_messages"), (fcm, "fcm_send"), (sendgrid, "sendgrid_mail_send"), (telegram, "telegram_bot")]


def main():
    """Reads the published files named on the command line, in the order of EXTRACTS, and writes the extracts."""
    for (convert, name), path in zip(EXTRACTS, sys.argv[1:], strict=True):
        extract = convert(json.loads(pathlib.Path(path).read_text()))
        (HERE / f"{name}.json").write_text(json.dumps(extract, indent=1, sort_keys=True) + "\n")


main()
