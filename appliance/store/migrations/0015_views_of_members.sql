-- What somebody did to their own view of a room goes with their membership; here, for those who were taken off before.
DELETE FROM room_view
WHERE NOT EXISTS (SELECT 1 FROM room_member m WHERE m.room = room_view.room AND m.person = room_view.person);
