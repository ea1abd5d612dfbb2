-- What SessionService::establish() and its audit event send to PostgreSQL, on accounts whose ids are the integers from
-- 0 to 2559. Keystead draws ids and digests itself; here the server makes them of integers. {nonce}, {canonical} and
-- {values} stand for bytes of the usual lengths, which the measurement puts in.
\set n random(0, 2559)
\set a random(1, 1000000000000000000)
\set b random(1, 1000000000000000000)
\set c random(1, 1000000000000000000)
\set d random(1, 1000000000000000000)
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SELECT 1 FROM account WHERE id = int8send(0) || int8send(:n) FOR UPDATE;
SELECT id, email, name, created_at, state, is_operator, epoch, personal_team, factors_frozen_until, delete_at,
    pending_email, pending_email_until, email_undo_until FROM account WHERE id = int8send(0) || int8send(:n);
SELECT COUNT(*) FROM totp_authenticator WHERE account_id = int8send(0) || int8send(:n) AND confirmed_at IS NOT NULL;
SELECT COUNT(*) FROM session s LEFT JOIN session_activity a ON a.session_id = s.id
    WHERE s.account_id = int8send(0) || int8send(:n) AND (s.expires_at IS NULL OR s.expires_at > 1770000000000000)
    AND (s.idle_timeout IS NULL OR COALESCE(a.last_active_at, s.created_at) + s.idle_timeout > 1770000000000000);
INSERT INTO session (id, account_id, token_digest, created_at, authenticated_at, expires_at, idle_timeout, remembered,
    shared_device, must_authenticate, methods, ip, place_kind, country_code, city, device_kind, browser,
    browser_version, system)
    VALUES (int8send(:a) || int8send(:b), int8send(0) || int8send(:n),
    int8send(:a) || int8send(:b) || int8send(:c) || int8send(:d), 1770000000000000, 1770000000000000, NULL,
    1209600000000, 0, 0, 0, 'password', '192.0.2.77', 0, 'NL', '', 1, 'Firefox', '128.0', 'Linux');
INSERT INTO audit_event (id, at, actor_kind, actor_id, account_id, action, outcome, target_kind, target_id, nonce,
    canonical)
    VALUES (int8send(:c) || int8send(:d), 1770000000000000, 1, int8send(0) || int8send(:n), int8send(0) || int8send(:n),
    'session.create', 1, 'session', 'ses_00000000000000000000ab', '{nonce}', '{canonical}');
INSERT INTO audit_value (event_id, part, subject_id, ip_digest, contents)
    VALUES (int8send(:c) || int8send(:d), 0, int8send(0) || int8send(:n), '{nonce}', '{values}');
COMMIT;
