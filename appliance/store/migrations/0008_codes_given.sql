-- Who alone gave the account its last one-time code, and when. They know it, so until a day has passed or another
-- administrator has confirmed the owner, the account proves nobody where two people are needed (F77). Both are NULL
-- where two people gave the code, and once the owner is confirmed. Quick.
ALTER TABLE account ADD COLUMN code_by TEXT;
ALTER TABLE account ADD COLUMN code_at INTEGER;
