-- Whether the message of a reference was retracted: kept by the triggers below alone. Who looks for a way to a file meets only the
-- others, however often the file was sent on and taken back.
ALTER TABLE file_ref ADD COLUMN retracted INTEGER NOT NULL DEFAULT 0;

UPDATE file_ref SET retracted = 1
WHERE EXISTS (SELECT 1 FROM message_mark k WHERE k.room = file_ref.room AND k.n = file_ref.n AND k.redact IS NOT NULL);

CREATE INDEX file_ref_shown ON file_ref (blob, room, n) WHERE retracted = 0;

CREATE TRIGGER reference_retracted AFTER INSERT ON message_mark WHEN new.redact IS NOT NULL
BEGIN
    UPDATE file_ref SET retracted = 1 WHERE room = new.room AND n = new.n;
END;

CREATE TRIGGER reference_retracted_later AFTER UPDATE OF redact ON message_mark WHEN new.redact IS NOT NULL
BEGIN
    UPDATE file_ref SET retracted = 1 WHERE room = new.room AND n = new.n;
END;
