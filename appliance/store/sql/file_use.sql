-- name: of_person
SELECT bytes + reserved FROM file_use WHERE scope = 'person' AND owner = :owner AND year = :year;

-- name: of_agency
SELECT bytes + reserved FROM file_use WHERE scope = 'agency' AND owner = '' AND year = 0;

-- name: reserved
SELECT reserved FROM file_use WHERE scope = 'agency' AND owner = '' AND year = 0;

-- name: of_people
SELECT coalesce(sum(f.bytes + f.reserved), 0)
FROM json_each(:people) CROSS JOIN file_use f ON f.scope = 'person' AND f.owner = json_each.value;

-- name: list_people
SELECT owner, sum(bytes), sum(reserved) FROM file_use WHERE scope = 'person' GROUP BY owner;
