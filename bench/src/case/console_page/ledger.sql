-- Fills a ledger as a fleet would have left it after 30 days: {rows} deliveries, of which every tenth is dead. Nothing is
-- drawn: two runs have the same rows, at other times. {recipient} is the hash of the recipient that is asked for.

CREATE TEMP TABLE seed AS SELECT (extract(epoch FROM now()) * 1000000)::bigint AS now, {rows}::bigint AS rows;

-- How deliveries end, by their number modulo 100.
CREATE TEMP TABLE kinds AS SELECT * FROM (VALUES
    (0, 29, 'sms', 'twilio', 'sent', 'otp', 'urgent', 1, NULL, NULL, NULL),
    (30, 49, 'email', 'smtp', 'delivered', 'welcome', 'normal', 1, NULL, NULL, NULL),
    (50, 59, 'email', 'sendgrid', 'sent', 'monthly-news', 'bulk', 1, NULL, NULL, NULL),
    (60, 69, 'whatsapp', 'whatsapp_cloud', 'delivered', 'order-shipped', 'normal', 1, NULL, NULL, NULL),
    (70, 77, 'push', 'fcm', 'sent', NULL, 'normal', 2, NULL, NULL, NULL),
    (78, 79, 'email', 'sendgrid', 'bounced', 'monthly-news', 'bulk', 1, NULL, '550', NULL),
    (80, 81, 'sms', NULL, 'suppressed', 'monthly-news', 'bulk', 0, NULL, NULL, NULL),
    (82, 82, 'sms', 'twilio', 'expired', 'otp', 'urgent', 2, NULL, NULL, NULL),
    (83, 83, 'email', NULL, 'cancelled', NULL, 'normal', 0, NULL, NULL, NULL),
    (84, 85, 'sms', 'twilio', 'dead', NULL, 'normal', 1, 'permanent', '21211', 'the number is no phone number'),
    (86, 87, 'sms', 'twilio', 'dead', NULL, 'normal', 4, 'exhausted', '503', 'Twilio is not available'),
    (88, 88, 'email', 'smtp', 'dead', NULL, 'normal', 4, 'exhausted', '421', 'the relay takes no mail now'),
    (89, 90, 'email', 'sendgrid', 'dead', NULL, 'bulk', 1, 'permanent', '400', 'the address does not contain a valid address'),
    (91, 91, 'whatsapp', 'whatsapp_cloud', 'dead', NULL, 'normal', 1, 'permanent', '131026', 'the message is undeliverable'),
    (92, 92, 'push', 'fcm', 'dead', NULL, 'normal', 1, 'permanent', 'UNREGISTERED', 'the token is not registered'),
    (93, 93, 'sms', 'twilio', 'held', NULL, 'normal', 1, 'ambiguous', NULL, 'the answer was lost after the request had been sent'),
    (94, 96, 'email', 'smtp', 'waiting', 'welcome', 'normal', 1, NULL, '451', NULL),
    (97, 97, 'push', 'fcm', 'fell_back', NULL, 'normal', 1, NULL, NULL, NULL),
    (98, 99, 'sms', 'twilio', 'captured', 'otp', 'normal', 1, NULL, NULL, NULL)
) AS k (place, until_place, channel, provider, state, template, lane, attempt, reason, code, error);

-- Dead letters are the tenant's who looks, so that there are as many to look at. What waits has come lately.
CREATE TEMP VIEW made AS SELECT n, k.channel, k.provider, k.lane, k.attempt, k.reason, k.code, k.error,
    CASE WHEN k.reason IS NOT NULL OR n / 100 % 10 < 7 THEN 'default'
        ELSE (ARRAY['acme', 'tambo', 'kusi'])[n / 100 % 10 - 6] END AS tenant,
    CASE WHEN k.state = 'waiting' AND n > 2000 THEN 'sent' ELSE k.state END AS state,
    CASE WHEN k.reason IS NULL THEN k.template
        ELSE (ARRAY['welcome', 'otp', 'order-shipped', 'order-late', 'invoice', 'reminder', 'monthly-news', 'password-reset',
            'visit', 'receipt'])[n / 100 % 10 + 1] END AS template,
    s.now - n * (30 * 86400000000 / s.rows) AS created_at, n % 200000 AS recipient
    FROM seed AS s, generate_series(0, s.rows - 1) AS n JOIN kinds AS k ON n % 100 BETWEEN k.place AND k.until_place;

INSERT INTO deliveries (tenant, id, channel, state, epoch, attempt, seq, version, token, lease_until, content, settled,
    order_kind, order_tier, order_reason, order_error, has_letter, ambiguous, created_at, updated_at, recipient_hash,
    recipient_mask, provider, provider_id, code, suppressed_for, lane, template, locale, sent_at)
SELECT tenant, 'order-' || md5(n::text), channel, state, 0, attempt, attempt, attempt * 2 + 1, decode(md5('token' || n), 'hex'),
    created_at + 60000000, sha256(n::text::bytea), state <> 'waiting',
    CASE WHEN reason IS NOT NULL THEN 'dead_letter' WHEN state = 'waiting' THEN 'retry' WHEN state = 'fell_back' THEN 'fallback'
        ELSE 'nothing' END,
    CASE WHEN state = 'waiting' THEN 1 END, reason, error, reason IS NOT NULL, state = 'held', created_at,
    created_at + 40000 + attempt * 20000 + CASE WHEN state IN ('delivered', 'bounced') THEN 3000000 ELSE n % 97 * 1000 END,
    CASE WHEN recipient = 0 THEN decode('{recipient}', 'hex') ELSE decode('01', 'hex') || sha256(recipient::text::bytea) END,
    CASE channel WHEN 'email' THEN 'u***@example.org' ELSE '+1999****' || lpad((recipient % 10000)::text, 4, '0') END,
    provider, CASE WHEN reason IS NULL AND provider IS NOT NULL THEN 'SM' || md5('provider' || n) END, code,
    CASE WHEN state = 'suppressed' THEN 'unsubscribe' END, lane, template, CASE WHEN template IS NOT NULL THEN 'en' END,
    CASE WHEN state IN ('delivered', 'bounced') THEN created_at + 40000 + attempt * 20000 END
FROM made;

INSERT INTO attempts (tenant, id, token, epoch, n, outcome, provider, code, detail, at)
SELECT d.tenant, d.id, decode(md5(d.id || ' ' || n), 'hex'), 0, n,
    CASE WHEN d.order_reason IN ('permanent', 'ambiguous') THEN d.order_reason ELSE 'retriable' END, d.provider, d.code,
    COALESCE(d.order_error, 'the relay takes no mail now'), d.created_at + n * 20000
FROM deliveries AS d, generate_series(1, d.attempt) AS n WHERE d.state IN ('dead', 'held', 'waiting');

INSERT INTO receipts (tenant, id, provider, event_id, epoch, attempt, said, class, provider_id, code, detail, happened_at,
    received_at)
SELECT tenant, id, provider, md5('event' || id), 0, 1, state, CASE WHEN state = 'bounced' THEN 'address' END, provider_id, code,
    '', updated_at, updated_at
FROM deliveries WHERE state IN ('delivered', 'bounced');

-- The index of dead letters, as a scheduler keeps it.
INSERT INTO letters (letter, tenant, id, epoch, lane, channel, provider, class, code, template, reason, error, fingerprint,
    attempts, dead_at, seen)
SELECT md5('letter' || id), tenant, id, epoch, lane, channel, provider,
    CASE order_reason WHEN 'exhausted' THEN 'retriable' ELSE order_reason END, COALESCE(code, ''), template, order_reason,
    order_error, '1-' || substr(md5(channel || provider || COALESCE(code, '') || template || order_reason), 1, 24), attempt,
    updated_at, 1
FROM deliveries WHERE state IN ('dead', 'held');

INSERT INTO letter_groups (tenant, fingerprint, channel, provider, class, code, template, reason, words, sample, life,
    changed_at, first_at, last_at, changed_by, note, letters)
SELECT tenant, fingerprint, channel, provider, class, code, template, reason, error, MIN(letter),
    CASE WHEN template = 'otp' THEN 'acknowledged' ELSE 'open' END, MIN(dead_at), MIN(dead_at), MAX(dead_at),
    CASE WHEN template = 'otp' THEN 'ana' END, CASE WHEN template = 'otp' THEN 'the provider is asked' END, COUNT(*)
FROM letters GROUP BY tenant, fingerprint, channel, provider, class, code, template, reason, error;

INSERT INTO letter_reader (id, pass, lease_until, asked_at, read_at) SELECT 1, 1, 0, now - 60000000, now - 60000000 FROM seed;

-- What is due later: most once, some again and again.
INSERT INTO jobs (tenant, id, cron, zone, name, lane, body, content, epoch, seq, attempt, carried, due_at, created_at,
    last_fired_at, channel, recipient_mask)
SELECT 'default', 'reminder-' || md5(n::text), CASE WHEN n % 1000 = 0 THEN '0 9 * * *' END,
    CASE WHEN n % 1000 = 0 THEN 'America/Lima' END, CASE WHEN n % 1000 = 0 THEN 'every morning' END, 'normal',
    convert_to('{"channel":"sms","destination":"+19990000000","message":"' || repeat('until tomorrow ', 10) || '"}', 'UTF8'),
    sha256(n::text::bytea), 0, 0, 0, '', now + (n + 1) * 60000000, now - n * 60000000,
    CASE WHEN n % 1000 = 0 THEN now - 3600000000 END, 'sms', '+1999****0000'
FROM seed, generate_series(0, rows / 10 - 1) AS n;

INSERT INTO suppressions (tenant, id, channel, recipient, recipient_mask, reason, breadth, since, put_by, note)
SELECT 'default', 'sup-' || md5(n::text), 'email', decode('01', 'hex') || sha256(('suppressed' || n)::bytea), 'u***@example.org',
    (ARRAY['unsubscribe', 'hard_bounce', 'complaint'])[n % 3 + 1], CASE WHEN n % 3 = 0 THEN 1 ELSE 3 END,
    now - n * 60000000, 'a report of sendgrid', NULL
FROM seed, generate_series(0, rows / 20 - 1) AS n;

INSERT INTO suppression_lifts (tenant, id, channel, recipient, recipient_mask, reason, breadth, since, put_by, lifted_at,
    lifted_by, why)
SELECT 'default', 'lift-' || md5(n::text), 'email', decode('01', 'hex') || sha256(('lifted' || n)::bytea), 'u***@example.org',
    'unsubscribe', 1, now - n * 90000000, 'a report of sendgrid', now - n * 60000000, 'ana', 'they asked for it'
FROM seed, generate_series(0, rows / 200 - 1) AS n;

-- The newest captures that one tenant keeps.
INSERT INTO captures (tenant, id, at, channel, destination, subject, text, html)
SELECT 'default', 'captured-' || n, now - (1000 - n) * 60000000, 'email', 'u' || n || '@example.org', 'Welcome to Tambo',
    repeat('Good to have you here. ', 20), '<html><body>' || repeat('<p>Good to have you here.</p>', 100) || '</body></html>'
FROM seed, generate_series(1::bigint, 1000) AS n;

INSERT INTO users (name, tenant, password_hash, scopes, created_at)
SELECT 'user-' || n, (ARRAY['default', 'acme', 'tambo', 'kusi'])[n % 4 + 1], 'none', 'notify read', now - n * 3600000000
FROM seed, generate_series(1::bigint, 200) AS n;

INSERT INTO api_keys (id, tenant, name, prefix, secret_hash, scopes, created_by, created_at, last_used_at)
SELECT 'key-' || md5(n::text), 'default', 'service ' || n, 'bench' || lpad(n::text, 5, '0'), sha256(n::text::bytea), 'notify',
    'ana', now - n * 3600000000, now - n * 1000000
FROM seed, generate_series(1::bigint, 100) AS n;

INSERT INTO journal (id, tenant, kind, subject, actor, at, data)
SELECT 'entry-' || md5(n::text), CASE WHEN n % 10 < 7 THEN 'default' ELSE 'acme' END,
    (ARRAY['delivery.cancelled', 'dead_letters.acknowledged', 'suppression.lifted', 'schedule.deleted'])[n % 4 + 1],
    'order-' || md5((n % 1000)::text), (ARRAY['ana', 'bruno', 'carla'])[n % 3 + 1], now - n * 60000000,
    '{"why":"they asked for it"}'
FROM seed, generate_series(0, rows / 50 - 1) AS n;

-- All but the newest entries have their place in the chain, as the sealer would have left them.
UPDATE journal SET seq = numbered.seq, mac = sha256(journal.id::bytea)
FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY at, id) AS seq FROM journal) AS numbered, seed
WHERE numbered.id = journal.id AND journal.at < seed.now - 600000000;

INSERT INTO journal_head (id, seq, mac, sealed_at, lease_until, told_at)
SELECT 1, COALESCE(MAX(j.seq), 0), sha256(''), MAX(s.now), 0, MAX(s.now) FROM seed AS s, journal AS j
ON CONFLICT (id) DO NOTHING;

INSERT INTO providers (name, state, changed_at) SELECT name, 'closed', now FROM seed,
    unnest(ARRAY['twilio', 'smtp', 'sendgrid', 'whatsapp_cloud', 'fcm']) AS name;
