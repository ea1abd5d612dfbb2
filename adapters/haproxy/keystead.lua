-- Asks Keystead who a request speaks for, as `http-request lua.keystead-check`.
--
-- Sets txn.keystead to ok, unauthenticated, forbidden or unavailable, and with ok the Keystead-… header
-- fields of the answer on the request. Whoever uses it refuses everything but ok: an answer that is not
-- understood lets nobody through. Header fields of these names that came from outside must have been
-- removed before (`http-request del-header keystead- -m beg`).

local check_url = assert(os.getenv("KEYSTEAD_CHECK"), "KEYSTEAD_CHECK: the address of Keystead's check")
local check_host = assert(os.getenv("KEYSTEAD_HOST"), "KEYSTEAD_HOST: the host of Keystead's base URL")
local timeout_ms = 5000

-- What the check reads. A field that came twice goes on twice: Keystead refuses what is ambiguous.
local passed_on = { "cookie", "authorization", "user-agent" }

local outcomes = { [204] = "ok", [401] = "unauthenticated", [403] = "forbidden" }

-- HAProxy's header tables count from 0.
local function values(fields, name)
    local found = {}
    local index = 0
    while fields[name] and fields[name][index] do
        found[#found + 1] = fields[name][index]
        index = index + 1
    end
    return found
end

core.register_action("keystead-check", { "http-req" }, function(txn)
    local fields = txn.http:req_get_headers()
    local asked = { host = { check_host }, ["x-forwarded-for"] = { txn.f:src() } }
    for _, name in ipairs(passed_on) do
        local found = values(fields, name)
        if #found > 0 then
            asked[name] = found
        end
    end

    local answer = core.httpclient():get({ url = check_url, headers = asked, timeout = timeout_ms })
    local outcome = answer and outcomes[answer.status] or "unavailable"
    if outcome == "ok" then
        for name, found in pairs(answer.headers) do
            if name:sub(1, 9):lower() == "keystead-" then
                txn.http:req_set_header(name, found[0])
            end
        end
    end
    txn:set_var("txn.keystead", outcome)
end)
