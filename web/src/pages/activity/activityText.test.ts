// guards: every event of the audit log can be shown, also one that is newer than these pages
import { expect, test } from "vitest";
import { activityText, fallbackText, subjectName } from "./activityText";

test("an action without words of its own is still readable", () => {
    expect(fallbackText("api_token.rotate-all")).toBe("Api token: rotate all");
    expect(fallbackText("strange")).toBe("Strange");
    expect(fallbackText("")).toBe("");
});

test("a refusal has its own words where there are some", () => {
    expect(activityText({ action: "session.revoke", outcome: "ok" })).toBe("A session was ended");
    expect(activityText({ action: "totp.verify", outcome: "refused" })).toBe("A wrong code was entered");
});

test("an event names what it is about where it was given a name", () => {
    expect(subjectName({ action: "host.create", details: { name: "gpu-1" } })).toBe("gpu-1");
    const use = { host_name: "gpu-1", login_user: "ubuntu", address: "192.0.2.1" };
    expect(subjectName({ action: "ssh_key.use", details: use })).toBe("ubuntu@gpu-1");
    expect(subjectName({ action: "ssh_key.use", details: { host: "hst_1" } })).toBeUndefined();
    expect(subjectName({ action: "session.create", details: {} })).toBeUndefined();
});
