-- Values of settings are JSON, all of them: the contact mode was a bare word.
UPDATE setting SET value = json_quote(value) WHERE key = 'contact_mode';
