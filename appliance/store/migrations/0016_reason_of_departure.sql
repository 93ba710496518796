-- What the owner wrote to whom they took off, if anything: for that person alone, in no entry of the room.
ALTER TABLE departure ADD COLUMN reason TEXT NOT NULL DEFAULT '';
