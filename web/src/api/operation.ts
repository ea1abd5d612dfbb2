/**
 * What the OpenAPI document says of an operation, by its method and path: what is asked, and what is answered.
 */
import type { paths } from "./schema";

export type Method = "get" | "post" | "patch" | "delete";

/** The paths that have an operation of this method. */
export type PathFor<M extends Method> = {
    [P in keyof paths]: paths[P] extends Record<M, object> ? P : never;
}[keyof paths];

type Operation<M extends Method, P extends PathFor<M>> = NonNullable<paths[P][M]>;

type BodyIn<O> = O extends { requestBody: { content: { "application/json": infer Body } } }
    ? { body: Body }
    : { body?: never };

type NamesIn<O> = O extends { parameters: { path: infer Names extends object } }
    ? { path: Names }
    : { path?: never };

/** A member that is undefined, null or "" is not sent. */
type QueryIn<O> = O extends { parameters: { query?: infer Query extends object } }
    ? { query?: { [Name in keyof Query]?: Query[Name] | null } }
    : { query?: never };

export type WhatIsAsked<M extends Method, P extends PathFor<M>> = BodyIn<Operation<M, P>> &
    NamesIn<Operation<M, P>> &
    QueryIn<Operation<M, P>>;

export type BodyOf<M extends Method, P extends PathFor<M>> = NonNullable<BodyIn<Operation<M, P>>["body"]>;
export type QueryOf<M extends Method, P extends PathFor<M>> = NonNullable<QueryIn<Operation<M, P>>["query"]>;

type Success = 200 | 201 | 202 | 204;

type JsonOf<Answer> = Answer extends { content: { "application/json": infer Json } } ? Json : undefined;

type JsonOfSuccess<O> = O extends { responses: infer Answers }
    ? { [Status in keyof Answers & Success]: JsonOf<Answers[Status]> }[keyof Answers & Success]
    : never;

export type AnswerOf<M extends Method, P extends PathFor<M>> = JsonOfSuccess<Operation<M, P>>;
