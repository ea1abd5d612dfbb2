// The OpenAPI document that the server serves, as a judge of what it answers.

import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const methods = ["get", "put", "post", "delete", "patch"];

function pointer(...parts) {
    return parts.map((part) => "/" + part.replaceAll("~", "~0").replaceAll("/", "~1")).join("");
}

class Contract {
    constructor(document) {
        this.document = document;
        this.ajv = new Ajv({ strict: false, allErrors: true });
        addFormats(this.ajv);
        this.ajv.addSchema(document, "openapi");
        const prefix = new URL(document.servers?.[0]?.url ?? "/", "http://localhost").pathname.replace(/\/$/, "");
        this.routes = Object.keys(document.paths).map((template) => ({
            template,
            pattern: new RegExp(
                "^" + (prefix + template).replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{[^}]+\}/g, "[^/]+") + "$",
            ),
        }));
        // A written-out path goes before one with parameters that fits it too.
        this.routes.sort((a, b) => (a.template.match(/\{/g)?.length ?? 0) - (b.template.match(/\{/g)?.length ?? 0));
    }

    operations() {
        return Object.entries(this.document.paths).flatMap(([path, item]) =>
            methods.filter((method) => item[method]).map((method) => ({ method, path, ...item[method] })),
        );
    }

    /** Why this answer is not what the document promises; an empty list when it is. */
    faults(method, path, answer) {
        const route = this.routes.find(({ pattern }) => pattern.test(path));
        const operation = route && this.document.paths[route.template][method.toLowerCase()];
        if (!operation) {
            const expected = answer.status === 404 || answer.status === 405 || !path.startsWith("/v1/");
            return expected ? [] : [`${method} ${path} is not in the OpenAPI document`];
        }
        const status = operation.responses[answer.status] ? String(answer.status) : "default";
        const promised = operation.responses[status];
        if (!promised) {
            return [`${method} ${path} answers ${answer.status}, which is not documented`];
        }
        let base = pointer("paths", route.template, method.toLowerCase(), "responses", status);
        let response = promised;
        if (promised.$ref) {
            base = promised.$ref.slice(1);
            response = base.slice(1).split("/").reduce((at, part) => at[part.replaceAll("~1", "/").replaceAll("~0", "~")], this.document);
        }
        if (!response.content) {
            return answer.text === "" ? [] : [`${method} ${path}: ${answer.status} has a body, none is documented`];
        }
        const type = (answer.headers["content-type"] ?? "").split(";")[0];
        if (!response.content[type]) {
            return [`${method} ${path}: ${answer.status} has type \`${type}\`, documented: ${Object.keys(response.content)}`];
        }
        if (!type.endsWith("json") || !response.content[type].schema) {
            return [];
        }
        const check = this.validator(`openapi#${encodeURI(base)}${pointer("content", type, "schema")}`);
        return check(answer.body)
            ? []
            : check.errors.map((error) => `${method} ${path}: ${answer.status} ${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
    }

    validator(reference) {
        return this.ajv.getSchema(reference) ?? this.ajv.compile({ $ref: reference });
    }
}

export async function loadContract(origin) {
    const answer = await fetch(`${origin.replace("127.0.0.1", "localhost")}/v1/openapi.json`);
    if (answer.status !== 200) {
        throw new Error(`/v1/openapi.json answered ${answer.status}`);
    }
    return new Contract(await answer.json());
}
