/* Made by `make api-types` from appliance/rules/policy.py. Do not edit. */

/** What holds in each kind of room. */
export const ROOM_POLICIES = {
  direct: {
    members: 'pair',
    may_post: 'members',
    may_react: 'members',
    may_send_files: 'members',
    label_ceiling: 0,
    owner_retracts: false,
    calls_everyone: true,
    smallest: 0,
    tells_changes: false,
    body_key: 'text',
    searchable: true,
    federates: true,
    title: 'other',
    icon: 'person',
  },
  group: {
    members: 'owner_adds',
    may_post: 'members',
    may_react: 'members',
    may_send_files: 'members',
    label_ceiling: 0,
    owner_retracts: true,
    calls_everyone: false,
    smallest: 3,
    tells_changes: true,
    body_key: 'text',
    searchable: true,
    federates: true,
    title: 'name',
    icon: 'people',
  },
} as const;

/** The policy of a kind that has no row. */
export const NOTHING_ALLOWED = {
  members: 'fixed',
  may_post: 'nobody',
  may_react: 'nobody',
  may_send_files: 'nobody',
  label_ceiling: 0,
  owner_retracts: false,
  calls_everyone: false,
  smallest: 0,
  tells_changes: false,
  body_key: 'text',
  searchable: false,
  federates: false,
  title: 'name',
  icon: 'people',
} as const;

/** The kind of private chat that begins from a person's card. */
export const CHAT_KIND = 'direct';

/** The kind of room that a name and members make. */
export const NEW_ROOM_KIND = 'group';
