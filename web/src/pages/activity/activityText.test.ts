// guards: every event of the audit log can be shown, also one that is newer than these pages
import { expect, test } from "vitest";
import { activityText, fallbackText } from "./activityText";

test("an action without words of its own is still readable", () => {
    expect(fallbackText("api_token.rotate-all")).toBe("Api token: rotate all");
    expect(fallbackText("strange")).toBe("Strange");
    expect(fallbackText("")).toBe("");
});

test("a refusal has its own words where there are some", () => {
    expect(activityText({ action: "session.revoke", outcome: "ok" })).toBe("A session was ended");
    expect(activityText({ action: "totp.verify", outcome: "refused" })).toBe("A wrong code was entered");
});
