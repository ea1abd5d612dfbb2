/**
 * The bodies of the API under the names that the pages use. All of them come from the OpenAPI document.
 */
import type { AnswerOf, BodyOf, QueryOf } from "./operation";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type FieldError = NonNullable<Schemas["Problem"]["errors"]>[number];

export type SignInMethods = Schemas["SignInMethods"];
export type PasswordRules = SignInMethods["password_rules"];
export type PasswordClass = PasswordRules["classes"][number];
export type FactorMethod = Schemas["SecondFactorRequest"]["method"];
export type StepUpMethod = Schemas["StepUp"]["methods"][number];
export type SignInOutcome = Schemas["SignInOutcome"];
export type SignedIn = Schemas["SignedIn"];

export type Account = Schemas["OwnAccount"];
export type NotificationAddress = Account["notification_addresses"][number];
export type CheckUpFinding = Schemas["CheckUpFinding"];
export type CheckUpArea = CheckUpFinding["area"];
export type Session = Schemas["Session"];
export type Place = Schemas["Place"];
export type Device = Schemas["Device"];
export type Authenticator = Schemas["Authenticator"];
export type NewAuthenticator = Schemas["NewAuthenticator"];
export type NoticeChoice = Schemas["NoticeChoice"];
export type ActivityEvent = Schemas["Activity"];

export type Securing = Schemas["Securing"];
export type SecuringLine = Schemas["SecuringLine"];

export type ApiKey = Schemas["Token"];
export type KeyKind = ApiKey["kind"];
export type KeyOptions = Schemas["TokenOptions"];
export type KeyUsage = Schemas["TokenUsage"];
export type KeyDay = Schemas["TokenDay"];
export type NewKey = Schemas["NewToken"];

export type SshKey = Schemas["SshKey"];
export type SshKeyChallenge = AnswerOf<"post", "/v1/ssh-keys/compromised/challenge">;
export type SshKeyReason = NonNullable<QueryOf<"delete", "/v1/account/ssh-keys/{id}">["reason"]>;
export type NewSshKey = BodyOf<"post", "/v1/account/ssh-keys">;

export type SshKeyServers = AnswerOf<"get", "/v1/account/ssh-keys/{id}/servers">;

export type Host = AnswerOf<"get", "/v1/teams/{team}/hosts/{id}">;
export type NewHost = BodyOf<"post", "/v1/teams/{team}/hosts">;
export type HostChange = BodyOf<"patch", "/v1/teams/{team}/hosts/{id}">;
export type MadeHost = AnswerOf<"post", "/v1/teams/{team}/hosts">;
export type HostEnrolment = MadeHost["enrolment"];
export type HostLogin = AnswerOf<"get", "/v1/teams/{team}/hosts/{id}/logins">["items"][number];

export type WebhookEndpoint = Schemas["WebhookEndpoint"];
export type WebhookWithSecret = Schemas["WebhookEndpointWithSecret"];
export type WebhookTest = AnswerOf<"post", "/v1/account/webhooks/{id}/test">;
export type WebhookEventType = Schemas["WebhookEventType"];
export type WebhookDelivery = WebhookTest["delivery"];

export type AdminAccount = Schemas["Account"];
export type AuditEvent = Schemas["AuditEvent"];
