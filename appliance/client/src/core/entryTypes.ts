/* Made by `make api-types` from appliance/rules/entry_types.py. Do not edit. */

/** What later entries may do to one, and whether it counts as unread and is the newest line of its room. */
export const ENTRY_TYPES = {
  'room.create': { takes: [], message: false },
  'room.rename': { takes: [], message: false },
  'room.close': { takes: [], message: false },
  'member.add': { takes: [], message: false },
  'member.remove': { takes: [], message: false },
  'sys.remove': { takes: [], message: false },
  'sys.close': { takes: [], message: false },
  'owner.transfer': { takes: [], message: false },
  'owner.reassign': { takes: [], message: false },
  'message.text': { takes: ['answer', 'edit', 'react', 'retract'], message: true },
  'message.edit': { takes: [], message: false },
  'message.redact': { takes: [], message: false },
  'message.reaction': { takes: [], message: false },
  'shred': { takes: [], message: false },
} as const;
