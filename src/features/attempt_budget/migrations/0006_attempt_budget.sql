CREATE TABLE attempt_budget (
    key BYTEA PRIMARY KEY,           -- HMAC of scope and identifier: says nothing of either
    failures BIGINT NOT NULL,        -- in a row
    window_count BIGINT NOT NULL,    -- attempts in the window
    window_started BIGINT NOT NULL,
    delay BIGINT NOT NULL,           -- microseconds from charged_at to the next attempt
    charged_at BIGINT NOT NULL       -- the last attempt that was allowed
);
CREATE INDEX attempt_budget_by_charge ON attempt_budget (charged_at);
