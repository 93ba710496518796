"""Who is calling, and who everybody is, held in memory so that no request waits for the database.

Each service is a field of `Services`: `sessions` (who a token stands for), `accounts` (who may act), `directory`
(`current`: today's, built by `directory`), `settings` and `terms` (what is in force), `throttle` (failed tries),
`hasher` (argon2id on threads of its own), `devices` (cookies of browsers an account signed in from), `recovery_codes`,
the two kinds of `tickets` (half-finished sign-ins), `directory_quota` (how much of the directory someone was shown),
`refusals` (what the rules refused someone) and `recorded`. `loading` reads them at the start.

Rules: what is revoked is refused by the next request; a suspension ends by the clock. It decides nothing about rooms.
"""
