// A second verifier of G-Chat's evidence, written from docs/evidence.md alone, on Node's standard library. It shares
// nothing with `gchat-verify` but the document; § numbers are those of the document.
//
//   node verify.mjs room|checkpoint|proof|prove|extends|key-change FILE… [options]     exit codes as in §12
//   node verify.mjs batch FILE      a JSON array of argument arrays; prints the array of [exit code, proof written]

import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const DAY = 86_400_000;
const NO_BODY = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

class Failed extends Error {}
class Usage extends Error {}

function must(condition, why) {
  if (!condition) throw new Failed(why);
}

// --- §2 encodings

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const utf8 = (text) => Buffer.from(text, "utf8");
const length = (text) => [...text].length;

function decodeText(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Failed("not UTF-8");
  }
}

function base64(text, encoding = "base64") {
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : null;
}

const base64url = (text) => base64(text, "base64url");

/** Reads canonical JSON: one recursive descent that knows no other form. */
class Canonical {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  static parse(text) {
    const reader = new Canonical(text);
    const value = reader.value(0);
    must(reader.at === text.length, "something after the JSON value");
    return value;
  }

  take(word) {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  value(depth) {
    if (this.take("null")) return null;
    if (this.take("true")) return true;
    if (this.take("false")) return false;
    const next = this.text[this.at];
    if (next === '"') return this.string();
    if (next === "{") return this.object(depth + 1);
    if (next === "[") return this.array(depth + 1);
    return this.integer();
  }

  integer() {
    const pattern = /-?[1-9][0-9]{0,15}|0/y;
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    must(found, "not a canonical value");
    this.at += found[0].length;
    const value = Number(found[0]);
    must(Number.isSafeInteger(value) && !/[0-9.eE]/.test(this.text[this.at] ?? ""), "not an integer below 2^53");
    return value;
  }

  string() {
    const pattern = /"((?:[^"\\\u0000-\u001f]|\\["\\btnfr]|\\u00[01][0-9a-f])*)"/y;
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    must(found, "not a canonical string");
    this.at += found[0].length;
    const value = JSON.parse(found[0]);
    must(JSON.stringify(value) === found[0] && value.isWellFormed(), "a needless escape");
    return value;
  }

  array(depth) {
    must(depth <= 6, "too deep");
    this.at += 1;
    const items = [];
    if (this.take("]")) return items;
    do items.push(this.value(depth));
    while (this.take(","));
    must(this.take("]"), "not a canonical array");
    return items;
  }

  object(depth) {
    must(depth <= 6, "too deep");
    this.at += 1;
    const found = Object.create(null);
    if (this.take("}")) return found;
    let last = null;
    do {
      must(this.text[this.at] === '"', "not a canonical object");
      const key = this.string();
      must(/^[\0-\x7f]*$/.test(key) && (last === null || key > last), "keys are not ASCII in rising order");
      must(this.take(":"), "not a canonical object");
      found[key] = this.value(depth);
      last = key;
    } while (this.take(","));
    must(this.take("}"), "not a canonical object");
    return found;
  }
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isText = (value) => typeof value === "string";
// §3: what a text of `st` never holds, what ends a line, and what cannot be seen.
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufdd0-\ufdef]|\p{Noncharacter_Code_Point}/u;
const BREAKS = /[\t\n\r\u0085\u2028\u2029]/u;
const SEEN =
  /[^\p{White_Space}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;
const EMOJI =
  /^(?:[0-9#*]\ufe0f?\u20e3|[\u00a9\u00ae\u203c-\u2bff\u3030\u303d\u3297\u3299\u{1f000}-\u{1ffff}][\u00a9\u00ae\u203c-\u2bff\u3030\u303d\u3297\u3299\u{1f000}-\u{1ffff}\u200d\ufe0f\u{e0020}-\u{e007f}]*)$/u;
const isPlain = (value) => isText(value) && !FORBIDDEN.test(value);
const isLine = (value, most = 640) => isPlain(value) && length(value) <= most && !BREAKS.test(value);
const isName = (value, most = 120) => isLine(value, most) && SEEN.test(value);
const isOldName = (value) => value === "" || isName(value);
const isNote = (value) => isPlain(value) && length(value) <= 1000;
const isId = (value) => isText(value) && /^[A-Za-z0-9_-]{1,64}$/.test(value);
const isReaction = (value) => isText(value) && length(value) <= 32 && EMOJI.test(value);
const isFlag = (value) => typeof value === "boolean";
const isCount = (value) => typeof value === "number" && value >= 0;
const hasKeys = (value, keys) =>
  isObject(value) && Object.keys(value).length === keys.length && keys.every((key) => key in value);

// --- §6 tree, keys, notes

const leafHash = (bytes) => sha256(Buffer.of(0), bytes);
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);

/** The tree so far, with its root at every size. */
class Tree {
  peaks = [];
  leaves = [];
  roots = [sha256()];

  append(bytes) {
    let node = leafHash(bytes);
    this.leaves.push(node);
    let complete = this.leaves.length;
    for (; complete % 2 === 0; complete /= 2) node = nodeHash(this.peaks.pop(), node);
    this.peaks.push(node);
    this.roots.push(this.peaks.reduceRight((root, peak) => nodeHash(peak, root)));
  }
}

/** RFC 9162 §2.1.3.2. */
function rootFromPath(leaf, index, size, path) {
  must(BigInt(index) < BigInt(size), "no such leaf");
  let [node, at, last] = [leafHash(leaf), BigInt(index), BigInt(size) - 1n];
  for (const sibling of path) {
    must(last > 0n, "path too long");
    if (at % 2n === 1n || at === last) {
      node = nodeHash(sibling, node);
      for (; at % 2n === 0n && at > 0n; at /= 2n) last /= 2n;
    } else node = nodeHash(node, sibling);
    at /= 2n;
    last /= 2n;
  }
  must(last === 0n, "path too short");
  return node;
}

const isKeyName = (name) => name !== "" && !/[+\p{White_Space}\u0000-\u001f]/u.test(name);

function parseKey(vkey) {
  const parts = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/su.exec(vkey);
  const data = parts && base64(parts[3]);
  if (!data || data.length !== 33 || !isKeyName(parts[1]) || ![1, 4].includes(data[0])) return null;
  const id = sha256(utf8(`${parts[1]}\n`), data).subarray(0, 4).toString("hex");
  return id === parts[2] ? { name: parts[1], id, type: data[0], raw: data.subarray(1) } : null;
}

function isSigned(raw, message, signature) {
  if (signature.length !== 64) return false;
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") }, format: "jwk" });
  return verify(null, message, key, signature);
}

const sameKey = (one, other) => one.raw.equals(other.raw);

function namedKey(name) {
  const parts = /^([^/+\p{White_Space}]+)\/a\/([A-Za-z0-9-]{1,63})\/([^/+\p{White_Space}]+)$/u.exec(name);
  if (!parts || length(parts[1]) > 253 || length(parts[3]) > 32) return null;
  return { domain: parts[1], agency: parts[2], key: parts[3] };
}

const logName = (key) => (namedKey(key.name)?.key === "log" ? namedKey(key.name) : null);

function roomOrigin(origin) {
  const parts = /^([^/+\p{White_Space}]+)\/room\/(r_[a-z2-7]{26})\/e([1-9][0-9]{0,8})$/u.exec(origin);
  if (!parts || length(parts[1]) > 253) return null;
  return { domain: parts[1], room: parts[2], epoch: Number(parts[3]) };
}

function maySign(key, origin) {
  const name = logName(key);
  if (!name) return false;
  const room = roomOrigin(origin);
  return room ? room.domain === name.domain : origin.startsWith(`${name.domain}/a/${name.agency}/`);
}

function splitNote(note) {
  const end = note.lastIndexOf("\n\n");
  must(end > 0 && note.endsWith("\n") && length(note) <= 65_536, "malformed note");
  must(!/[\u0000-\u0009\u000b-\u001f]/.test(note), "control characters in a note");
  const lines = note.slice(end + 2).split("\n").slice(0, -1);
  must(lines.length >= 1 && lines.length <= 64, "no signature, or too many");
  const signatures = lines.map((line) => {
    const parts = /^\u2014 ([^ ]*) (.*)$/su.exec(line);
    const blob = parts && base64(parts[2]);
    must(blob && blob.length >= 5 && isKeyName(parts[1]), "malformed signature line");
    return { name: parts[1], id: blob.subarray(0, 4).toString("hex"), blob: blob.subarray(4) };
  });
  return { text: note.slice(0, end + 1), signatures };
}

/** The checkpoint in a note, if the trust's keys signed it and its quorum is reached. */
function openCheckpoint(note, trust) {
  const { text, signatures } = splitNote(note);
  const lines = text.split("\n").slice(0, -1);
  must(lines.length >= 3 && lines.every((line) => line !== ""), "malformed checkpoint");
  const root = base64(lines[2]);
  must(/^(0|[1-9][0-9]{0,18})$/.test(lines[1]) && root?.length === 32, "malformed checkpoint");
  const [signed, cosigned] = [[], []];
  for (const { name, id, blob } of signatures) {
    const key = [...trust.logs, ...Object.values(trust.witnesses)].find((key) => key.name === name && key.id === id);
    if (!key) continue;
    if (key.type === 1) {
      must(isSigned(key.raw, utf8(text), blob), "false signature");
      signed.push(key);
    } else {
      must(blob.length === 72 && blob.readBigUInt64BE() < 253402300800n, "false cosignature");
      const message = utf8(`cosignature/v1\ntime ${blob.readBigUInt64BE()}\n${text}`);
      must(isSigned(key.raw, message, blob.subarray(8)), "false cosignature");
      cosigned.push(key);
    }
  }
  must(signed.length > 0, "not signed by a trusted key");
  must(signed.every((key) => maySign(key, lines[0])), "a key that may not sign this log");
  must(reached(trust, trust.quorum, cosigned), "too few witnesses");
  return { origin: lines[0], size: Number(lines[1]), exact: BigInt(lines[1]), root, agencies: signed.map((key) => logName(key).agency) };
}

function reached(trust, name, cosigned) {
  if (name === "none") return true;
  if (trust.witnesses[name]) return cosigned.some((key) => sameKey(key, trust.witnesses[name]));
  const { needed, members } = trust.groups[name];
  return members.filter((member) => reached(trust, member, cosigned)).length >= needed;
}

function logKey(vkey) {
  const key = parseKey(vkey);
  if (!key || key.type !== 1 || !logName(key)) throw new Usage("malformed log key");
  return key;
}

const trustOf = (key) => ({ logs: [key], witnesses: {}, groups: {}, quorum: "none" });

function parsePolicy(text) {
  const trust = { logs: [], witnesses: Object.create(null), groups: Object.create(null), quorum: null };
  const domains = Object.create(null);
  const grouped = new Set();
  const wrong = (condition) => {
    if (condition) throw new Usage("wrong policy");
  };
  const isKnown = (name) => name in trust.witnesses || name in trust.groups;
  for (const line of text.split("\n")) {
    const words = line.split(/[ \t]+/).filter((word) => word !== "");
    if (words.length === 0 || words[0].startsWith("#")) continue;
    const [kind, ...rest] = words;
    if (kind === "log" && rest.length <= 2) {
      const key = logKey(rest[0] ?? "");
      const { domain, agency } = logName(key);
      wrong(trust.logs.some((other) => sameKey(other, key)) || (domains[agency] ?? domain) !== domain);
      domains[agency] = domain;
      trust.logs.push(key);
    } else if (kind === "witness" && rest.length >= 2 && rest.length <= 3) {
      const key = parseKey(rest[1]);
      wrong(!key || key.type !== 4 || rest[0] === "none" || isKnown(rest[0]));
      wrong(Object.values(trust.witnesses).some((other) => sameKey(other, key)));
      trust.witnesses[rest[0]] = key;
    } else if (kind === "group" && rest.length >= 3) {
      const [name, count, ...members] = rest;
      const needed = { any: 1, all: members.length }[count] ?? (/^[1-9][0-9]{0,3}$/.test(count) ? Number(count) : 0);
      wrong(name === "none" || isKnown(name) || needed < 1 || needed > members.length);
      wrong(new Set(members).size !== members.length || members.some((m) => !isKnown(m) || grouped.has(m)));
      for (const member of members) grouped.add(member);
      trust.groups[name] = { needed, members };
    } else if (kind === "quorum" && rest.length === 1) {
      wrong(trust.quorum !== null || (rest[0] !== "none" && !isKnown(rest[0])));
      trust.quorum = rest[0];
    } else wrong(true);
  }
  wrong(trust.quorum === null || trust.logs.length === 0);
  return trust;
}

// --- §4 entries

const HEADER = ["bc", "bl", "id", "or", "os", "rv", "sn", "ts", "ty", "v"];
const MOST = { bc: 43, id: 64, or: 63, sn: 128, ty: 64 };
const isSlug = (value) => isText(value) && /^[A-Za-z0-9-]{1,63}$/.test(value);
const isPrincipal = (value) => isText(value) && /^[A-Za-z0-9_-]{1,64}@[A-Za-z0-9-]{1,63}$/.test(value);
const isPerson = (value) => isPrincipal(value) && !value.startsWith("system@");
const isTime = (value) => isCount(value) && value >= 1577836800000 && value < 4102444800000;

function readHeader(text) {
  must(utf8(text).length <= 8192, "header too long");
  const header = Canonical.parse(text);
  must(isObject(header), "header is no object");
  must(HEADER.every((key) => key in header), "header lacks a key");
  for (const [key, most] of Object.entries(MOST))
    must(isText(header[key]) && header[key] !== "" && length(header[key]) <= most, `header ${key}`);
  must(base64url(header.bc)?.length === 32 && isSlug(header.or) && isId(header.id) && header.v === 1 && header.rv === 1, "header bc, id, v or rv");
  must(isCount(header.bl) && header.bl <= 65_536 && isCount(header.os) && isTime(header.ts), "header numbers");
  must((header.bl === 0) === (header.bc === NO_BODY), "header bl or bc");
  must("room" in header === (header.ty !== "room.create") && isText(header.room ?? ""), "header room");
  must(isObject(header.st ?? {}), "header st");
  const seen = header.seen ?? [0, ""];
  must(Array.isArray(seen) && seen.length === 2 && isCount(seen[0]) && isText(seen[1]), "header seen");
  const parts = header.sn.split("@");
  must(isPrincipal(header.sn) && parts[1] === header.or, "sender of another agency");
  return header;
}

function isSeal(seal) {
  if (seal === null) return true;
  if (!hasKeys(seal, ["i", "k", "n", "p", "s"])) return false;
  const hashes = Array.isArray(seal.p) && seal.p.every((node) => isText(node) && base64url(node)?.length === 32);
  const batch = isCount(seal.i) && isCount(seal.n) && seal.i < seal.n && seal.n <= 64;
  const name = isText(seal.k) && isKeyName(seal.k) && !seal.k.includes("/") && seal.k !== "log" && length(seal.k) <= 32;
  return hashes && batch && name && isText(seal.s) && base64url(seal.s)?.length === 64;
}

function readEntry(text, n) {
  const leaf = Canonical.parse(text);
  must(hasKeys(leaf, ["h", "ht", "n", "rg", "sl"]), "leaf has other keys");
  must(isText(leaf.h) && isTime(leaf.ht) && leaf.n === n && isCount(leaf.rg) && isSeal(leaf.sl), "leaf fields");
  const header = readHeader(leaf.h);
  const room = header.ty === "room.create" ? roomId(leaf.h) : header.room;
  const entry = { n, time: leaf.ht, seal: leaf.sl, text: leaf.h, header, room };
  return { ...entry, st: checkState(entry) };
}

function roomId(headerText) {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  let bits = [...sha256(utf8(headerText))].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  let id = "r_";
  for (let at = 0; at < 26; at += 1, bits = bits.slice(5)) id += alphabet[Number.parseInt(bits.slice(0, 5), 2)];
  return id;
}

function checkBody(entry, salt, body) {
  const [saltBytes, bytes] = [base64url(salt), utf8(body)];
  must(saltBytes?.length === 16 && bytes.length === entry.header.bl, "salt or length of the body");
  must(sha256(saltBytes, bytes).toString("base64url") === entry.header.bc, "not the body of this header");
}

/** Whether a given key made the seal; its path is checked in any case. */
function checkSeal(entry, gateways) {
  const { i, n, p, s } = entry.seal;
  const root = rootFromPath(utf8(entry.text), i, n, p.map(base64url));
  const key = gateways[`${entry.header.or}/${entry.seal.k}`];
  if (!key) return false;
  must(isSigned(key, Buffer.concat([utf8("gchat-seal-v1\n"), root]), base64url(s)), "false seal");
  return true;
}

// --- §7 signed statements

const isSignature = (value) => isText(value) && /^[A-Za-z0-9_-]{86}$/.test(value);
const isKeyPart = (value) => isText(value) && isKeyName(value) && !value.includes("/") && length(value) <= 32;
const isPayload = (value) => isPlain(value) && length(value) <= 49_152;
const KINDS = ["user-card", "user-revoked", "hub-acceptance", "hub-equivocation", "shred-receipt", "registry-order"];
const isKindOfStatement = (value) => KINDS.some((kind) => value === `gchat-${kind}-v1`);
const isStatement = (value) =>
  isObject(value) && isKindOfStatement(value.type) && isPayload(value.payload) && isKeyPart(value.k) && isSignature(value.s);
const isStatements = (value) => Array.isArray(value) && value.length > 0 && value.length <= 100 && value.every(isStatement);
const isOrder = (value) =>
  isObject(value) && isKindOfStatement(value.type) && isPayload(value.payload) &&
  Array.isArray(value.sigs) && value.sigs.length > 0 && value.sigs.length <= 5 &&
  value.sigs.every((one) => isObject(one) && isKeyPart(one.k) && isSignature(one.s));
const isRoomId = (value) => isText(value) && /^r_[a-z2-7]{26}$/.test(value);
const isRootText = (value) => isText(value) && /^[A-Za-z0-9+/]{43}=$/.test(value);
const MINUTES = 600_000;

const PAYLOADS = {
  "gchat-user-card-v1": [
    { ag: isSlug, exp: isCount, iat: isCount, name_th: (value) => isName(value, 640), pos: isLine, st: (value) => ["active", "suspended", "revoked"].includes(value), u: isPerson, unit: isLine },
    { name_en: (value) => value === "" || isName(value, 640), level: isCount },
  ],
  "gchat-user-revoked-v1": [{ ag: isSlug, at: isCount, seq: isCount, u: isPerson }, { why: (value) => isLine(value, 64) }],
  "gchat-hub-acceptance-v1": [{ ag: isSlug, at: isCount, room: isRoomId, root: isRootText, size: isCount }, {}],
  "gchat-registry-order-v1": [
    { at: isCount, hub: isSlug, id: isId, owner: isPerson, reg: isCount, room: isRoomId, root: isRootText, size: isCount },
    { why: isNote },
  ],
};

/** The signed statements of a room's entries: keys that are given, and whose word nobody could check. */
class Statements {
  unproved = new Set();

  constructor(gateways, orders) {
    Object.assign(this, { gateways, orders });
  }

  fields(statement, kind) {
    must(statement.type === kind && utf8(statement.payload).length <= 4096, "a statement of another kind");
    const fields = Canonical.parse(statement.payload);
    const [required, optional] = PAYLOADS[kind];
    must(isObject(fields), "a statement that is no object");
    for (const [key, right] of Object.entries(required)) must(key in fields && right(fields[key]), `statement ${key}`);
    for (const [key, right] of Object.entries(optional)) must(!(key in fields) || right(fields[key]), `statement ${key}`);
    return fields;
  }

  signed(key, { type, payload }, signature) {
    const message = utf8(`DSSEv1 ${type.length} ${type} ${utf8(payload).length} ${payload}`);
    must(isSigned(key, message, base64url(signature) ?? Buffer.alloc(0)), "a false statement");
  }

  read(statement, kind) {
    const fields = this.fields(statement, kind);
    const key = this.gateways[`${fields.ag}/${statement.k}`];
    if (key) this.signed(key, statement, statement.s);
    else this.unproved.add(fields.ag);
    return fields;
  }

  readOrder(order) {
    const fields = this.fields(order, "gchat-registry-order-v1");
    must(new Set(order.sigs.map(({ k }) => k)).size >= 2, "an order of one key");
    const known = order.sigs.filter(({ k }) => this.orders[k]);
    for (const { k, s } of known) this.signed(this.orders[k], order, s);
    if (new Set(known.map(({ k }) => this.orders[k].toString("hex"))).size < 2) this.unproved.add("the registry");
    return fields;
  }

  card(card, entry) {
    if (!card.signed) return must(agencyOf(card.p) === entry.header.or, "a card that nobody signed");
    const said = this.read(card.signed, "gchat-user-card-v1");
    const same = said.u === card.p && said.ag === agencyOf(card.p) && said.level === card.rank;
    must(same && said.name_th === card.name && said.unit === card.unit && said.pos === card.post, "another card");
    must(said.st === "active", "the card of an account that ended");
    const [begins, ends] = [said.iat * 1000, said.exp * 1000];
    must(begins <= entry.time + MINUTES && entry.time < ends && ends <= begins + DAY, "a card out of time");
  }

  /** Judges what stands in an entry, before the entry changes the room. */
  judge(entry, room, roots) {
    const { n, st, time, header: { ty } } = entry;
    for (const card of [st.card, ...(ty === "member.add" ? st.members : [])]) if (card) this.card(card, entry);
    if (ty === "sys.remove") {
      const ended = (st.revoked ?? []).map((one) => this.read(one, "gchat-user-revoked-v1"));
      for (const { u, ag, at } of ended)
        must(agencyOf(u) === ag && at <= time + MINUTES && st.members.includes(u), "another's end of an account");
      const left = st.members.filter((one) => agencyOf(one) !== room.hub && ended.every(({ u }) => u !== one));
      if (left.length > 0) this.unproved.add("the registry");
    }
    if (ty === "owner.transfer") {
      must(st.accepted || agencyOf(st.to) === room.hub, "not accepted");
      const said = st.accepted && this.read(st.accepted, "gchat-hub-acceptance-v1");
      if (said) {
        must(said.ag === agencyOf(st.to) && said.room === entry.room, "an acceptance of another room or agency");
        must(said.size >= room.since && said.size <= n && said.root === roots[said.size].toString("base64"), "of another log");
        must(time - said.at >= -MINUTES && time - said.at <= DAY, "an acceptance out of time");
      }
    }
    if (ty === "owner.reassign") {
      must(st.order || agencyOf(st.to) === room.hub, "not ordered");
      const said = st.order && this.readOrder(st.order);
      if (said) {
        must(said.owner === st.to && said.hub === agencyOf(st.to) && said.room === entry.room, "another order");
        must(said.size === n && said.root === roots[n].toString("base64"), "an order of another log");
      }
    }
  }
}

// --- §5 types and rules

const agencyOf = (person) => person.split("@")[1];
const isPeople = (value) => Array.isArray(value) && value.length > 0 && value.length <= 100 && value.every(isPerson) && new Set(value).size === value.length;
const isCard = (value) => isObject(value) && isPerson(value.p) && isName(value.name, 640) && isLine(value.unit) && isLine(value.post) && isCount(value.rank ?? 0) && (!("signed" in value) || isStatement(value.signed));
const isCards = (value) => Array.isArray(value) && value.length > 0 && value.length <= 100 && value.every(isCard);
const isKind = (value) => value === "direct" || value === "group";

const SHAPES = {
  "room.create": [{ kind: isKind, owner: isPerson }, { name: isName, owner_post: isId, card: isCard }],
  "room.rename": [{ name: isName }, { old: isOldName }],
  "room.close": [{}, {}],
  "member.add": [{ members: isCards }, { rank: isCount, contact: (value) => value === "normal" || value === "public" }],
  "member.remove": [{ members: isPeople }, { self: isFlag }],
  "sys.remove": [{ members: isPeople }, { why: isNote, by: isPeople, revoked: isStatements }],
  "sys.close": [{}, { why: isNote, by: isPeople }],
  "owner.transfer": [{ to: isPerson }, { post: isId, accepted: isStatement }],
  "owner.reassign": [{ to: isPerson }, { post: isId, why: isNote, by: isPeople, card: isCard, order: isOrder }],
  "message.text": [{}, { reply_to: isCount, everyone: isFlag, files: isCount, label: isCount }],
  "message.edit": [{ target: isCount }, { everyone: isFlag }],
  "message.redact": [{ target: isCount }, { reason: isNote }],
  "message.reaction": [{ target: isCount, emoji: isReaction, on: isFlag }, {}],
  shred: [{ from: isCount, to: isCount, rule: (value) => isName(value, 200), at: isCount }, {}],
};

/** Checks `st` against its type; gives the fields that decide. */
function checkState({ n, seal, header: { ty, bl, or, sn, st = {} } }) {
  must(Object.hasOwn(SHAPES, ty), "unknown type");
  const [required, optional] = SHAPES[ty];
  for (const [key, right] of Object.entries(required)) must(key in st && right(st[key]), `st ${key}`);
  for (const [key, right] of Object.entries(optional)) must(!(key in st) || right(st[key]), `st ${key}`);
  const fields = Object.fromEntries(Object.entries(st).filter(([key]) => key in required || key in optional));
  must((bl > 0) === (ty === "message.text" || ty === "message.edit"), "a body of this type");
  if (fields.card) must(fields.card.p === (fields.owner ?? fields.to), "st card");
  if (ty === "room.create") must(n === 0 && seal === null && fields.owner === sn && sn !== `system@${or}`, "not the first entry");
  if (ty === "shred") must(fields.from <= fields.to && fields.to < n, "st to");
  return fields;
}

/** The room as the entries so far leave it. People go by `id@agency`. */
class Room {
  owner = "";
  members = new Set();
  closed = false;
  hub = "";
  epoch = 1;
  since = 0;
  messages = new Map();

  take(entry) {
    const { n, header, st } = entry;
    const who = header.sn;
    if (n === 0) {
      Object.assign(this, { owner: who, group: st.kind === "group", hub: header.or, name: st.name });
      this.members.add(who);
      return;
    }
    const bySystem = ["sys.remove", "sys.close", "owner.reassign", "shred"].includes(header.ty);
    if (bySystem) must(who === `system@${st.order ? agencyOf(st.to) : this.hub}`, "not by the hub's system");
    else must(this.members.has(who) && !this.closed, "no member, or closed");
    const named = (st.members ?? []).map((member) => (isText(member) ? member : member.p));
    const target = this.messages.get(st.target ?? st.reply_to);
    must(header.or === this.hub || Math.abs(header.ts - entry.time) <= 7 * DAY, "times too far apart");
    if (header.ty === "shred") must(st.at <= entry.time && st.to - st.from < 5000, "destroyed in the future, or too much");
    if (this.group === false) must(!["sys.remove", "sys.close", "owner.reassign"].includes(header.ty), "a private chat");
    RULES[header.ty](this, { who, st, named, target, n, ts: header.ts });
    if (header.ty === "owner.transfer" || header.ty === "owner.reassign") {
      this.owner = st.to;
      this.members.add(this.owner);
      const agency = agencyOf(this.owner);
      if (agency !== this.hub) Object.assign(this, { hub: agency, epoch: this.epoch + 1, since: st.order ? n : n + 1 });
    }
  }

  ownerOfGroup(who) {
    must(this.group && who === this.owner, "not the owner of a group");
  }

  remove(named) {
    must(named.every((person) => this.members.has(person)) && !named.includes(this.owner), "cannot be removed");
    for (const person of named) this.members.delete(person);
  }

  standing(target) {
    must(target && !target.retracted, "no standing message");
  }
}

const isNear = (ts, target) => Math.abs(ts - target.ts) <= DAY;

const RULES = {
  "room.create": () => must(false, "a second create"),
  "room.rename": (room, { who, st }) => {
    room.ownerOfGroup(who);
    must(st.name !== room.name && (!st.old || st.old === room.name), "the name it has, or never had");
    room.name = st.name;
  },
  "room.close": (room, { who }) => {
    room.ownerOfGroup(who);
    room.closed = true;
  },
  "member.add": (room, { who, st, named }) => {
    if (room.group) room.ownerOfGroup(who);
    else {
      must(room.members.size === 1 && named.length === 1, "a private chat is fixed");
      const free = st.contact === "public" && named[0].split("@")[1] === who.split("@")[1];
      const [{ rank }] = st.members;
      must(free || rank === undefined || st.rank === undefined || rank <= st.rank, "of higher rank");
    }
    must(named.every((person) => !room.members.has(person)) && new Set(named).size === named.length, "added twice");
    must(room.members.size + named.length <= 5000, "full");
    for (const person of named) room.members.add(person);
  },
  "member.remove": (room, { who, named }) => {
    room.ownerOfGroup(who);
    room.remove(named);
  },
  "sys.remove": (room, { named }) => room.remove(named),
  "sys.close": (room) => {
    must(!room.closed, "closed already");
    room.closed = true;
  },
  "owner.transfer": (room, { who, st }) => {
    room.ownerOfGroup(who);
    must(room.members.has(st.to) && st.to !== room.owner, "no member to hand over to");
  },
  "owner.reassign": (room, { st }) => must((st.card && !st.order) || room.members.has(st.to), "no member"),
  "message.text": (room, { who, st, n, ts, target }) => {
    must(st.reply_to === undefined || target, "a reply to no message");
    must(!st.everyone || !room.group || who === room.owner || room.members.size <= 50, "calls everyone");
    must((st.files ?? 0) <= 20, "too many files");
    must((st.label ?? 0) === 0, "a label above that of the room");
    room.messages.set(n, { author: who, ts, retracted: false });
  },
  "message.edit": (room, { who, target, ts }) => {
    room.standing(target);
    must(target.author === who && isNear(ts, target), "not the author, or too far in time");
  },
  "message.redact": (room, { who, target, ts }) => {
    room.standing(target);
    const mine = target.author === who && isNear(ts, target);
    must(mine || (room.group && who === room.owner), "not the author, or too late");
    target.retracted = true;
  },
  "message.reaction": (room, { target }) => room.standing(target),
  shred: () => {},
};

// --- §8 and §9 a room's export

function exportLines(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    must(end >= 0, "the last newline is missing");
    must(end - at + 1 <= 1_048_576, "line too long");
    lines.push(Canonical.parse(decodeText(bytes.subarray(at, end))));
    at = end + 1;
  }
  return lines;
}

function entryLine(line) {
  must(hasKeys(line, ["b", "l", "s"]) && isText(line.l), "entry line");
  must((line.b === null && line.s === null) || (isText(line.b) && isText(line.s)), "body and salt go together");
  return line;
}

function checkRoom(bytes, trust, gateways, orders = {}) {
  const lines = exportLines(bytes);
  must(lines.length >= 3, "cut");
  const head = lines[0];
  must(hasKeys(head, ["origin", "room", "t", "v", "vkey"]), "first line");
  must(head.t === "gchat-room-export" && head.v === 1 && isText(head.origin) && isText(head.vkey), "first line");
  const origin = roomOrigin(head.origin);
  must(origin && origin.room === head.room, "first line");
  const own = parseKey(head.vkey);
  must(own?.type === 1, "key of the first line");
  const last = lines.at(-1);
  must(hasKeys(last, ["cp", "t"]) && last.t === "checkpoint" && isText(last.cp), "no checkpoint");
  const tree = new Tree();
  const state = checkEntries(lines.slice(1, -1).map(entryLine), head.room, tree, new Statements(gateways, orders));
  const checkpoint = openCheckpoint(last.cp, trust ?? trustOf(own));
  must(checkpoint.origin === head.origin && checkpoint.size === tree.leaves.length, "another checkpoint");
  must(checkpoint.root.equals(tree.roots.at(-1)), "another root");
  must(origin.epoch === state.epoch && checkpoint.agencies.includes(state.hub), "not signed by the hub");
  const speakers = [...state.unproved].every((agency) => checkpoint.agencies.includes(agency));
  const hubAt = (size) => state.hubs.findLast(({ after }) => after < Math.max(size - 1, 1));
  const entries = lines.slice(1, -1);
  return { room: head.room, domain: origin.domain, tree, vkey: head.vkey, note: last.cp, lines: entries, speakers, hubAt };
}

/** Checks the entries in order; gives who signs after the last one, and whose entries or statements nothing proves. */
function checkEntries(lines, room, tree, statements) {
  const [state, counters, ids] = [new Room(), Object.create(null), new Set()];
  const [hubs, unproved] = [[], statements.unproved];
  let [time, hub, epoch] = [0, "", 1];
  for (const [n, line] of lines.entries()) {
    const entry = readEntry(line.l, n);
    const { header } = entry;
    must(entry.room === room && (n === 0) === (header.ty === "room.create"), "another room");
    must(entry.time >= time, "time goes back");
    must(header.os === (counters[header.or] ?? 0), "counter");
    must(!ids.has(header.id), "id twice");
    if (header.seen) must(header.seen[0] <= n && base64(header.seen[1])?.equals(tree.roots[header.seen[0]]), "seen");
    if (!entry.seal) must(n === 0 || header.or === state.hub, "no seal");
    must(n === 0 || header.or === state.hub || header.seen, "nothing seen");
    if (!entry.seal || !checkSeal(entry, statements.gateways)) unproved.add(header.or);
    [time, hub, epoch] = [entry.time, n === 0 ? header.or : state.hub, state.epoch];
    const before = state.since;
    statements.judge(entry, state, tree.roots);
    counters[header.or] = header.os + 1;
    ids.add(header.id);
    state.take(entry);
    const ordered = state.since === n && before !== n;
    if (ordered) [hub, epoch] = [state.hub, state.epoch];
    if (hubs.at(-1)?.epoch !== state.epoch) hubs.push({ after: ordered ? n - 1 : n, hub: state.hub, epoch: state.epoch });
    if (line.b !== null) checkBody(entry, line.s, line.b);
    tree.append(utf8(line.l));
  }
  return { hub, epoch, hubs, unproved };
}

// --- §10 proofs

function checkProof(text, given, trust, gateways) {
  const end = text.indexOf("\n\n");
  must(end > 0, "malformed proof");
  const lines = text.slice(0, end).split("\n");
  must(lines.shift() === "c2sp.org/tlog-proof@v1", "malformed proof");
  const carried = lines[0]?.startsWith("extra ") ? lines.shift().slice(6) : null;
  must(carried !== "", "an empty extra");
  const extra = carried === null ? Buffer.alloc(0) : base64(carried);
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? "");
  const path = lines.map((line) => base64(line));
  must(extra && index && path.every((node) => node?.length === 32), "malformed proof");
  const n = Number(index[1]);
  const checkpoint = openCheckpoint(text.slice(end + 2), trust);
  const origin = roomOrigin(checkpoint.origin);
  if (!origin && (given.body || given.salt !== undefined)) throw new Usage("no bodies in this log");
  if (given.record && extra.length > 0) must(!origin && extra.length === 16, "extra beside a record");
  if (!given.record && extra.length === 0) throw new Usage("the proof does not carry its data");
  const data = Buffer.concat([extra, given.record ?? Buffer.alloc(0)]);
  const { leaf, speaker } = origin
    ? checkRoomLeaf(data, n, origin, checkpoint, given, gateways)
    : { leaf: data, speaker: true };
  must(rootFromPath(leaf, n, checkpoint.exact, path).equals(checkpoint.root), "not in the log");
  return speaker;
}

/** Checks what the proved data of a room's log says; gives the leaf's bytes, and whether its agency is proved to speak. */
function checkRoomLeaf(data, n, origin, checkpoint, given, gateways) {
  const value = Canonical.parse(decodeText(data));
  const line = hasKeys(value, ["b", "l", "s"]) ? entryLine(value) : { l: decodeText(data), b: null, s: null };
  const entry = readEntry(line.l, n);
  must(entry.room === origin.room, "another room");
  const own = checkpoint.agencies.includes(entry.header.or);
  const sealed = entry.seal !== null && checkSeal(entry, gateways);
  must(entry.seal || own || origin.epoch > 1, "not signed by the hub");
  if (given.body || given.salt !== undefined) {
    if (!given.body || given.salt === undefined || line.b !== null) throw new Usage("body and salt, once");
    checkBody(entry, given.salt, decodeText(given.body));
  }
  if (line.b !== null) checkBody(entry, line.s, line.b);
  return { leaf: utf8(line.l), speaker: own || sealed };
}

/** The proof of one entry of a room's export, with its line as `extra`. */
function prove(file, n, trust) {
  const { lines, tree, note } = checkRoom(file, trust, {});
  if (!/^[0-9]+$/.test(n ?? "") || Number(n) >= lines.length) throw new Usage("no such entry");
  const { b, l, s } = lines[Number(n)];
  const extra = utf8(JSON.stringify({ b, l, s })).toString("base64");
  const path = pathOf(tree.leaves, Number(n)).map((node) => node.toString("base64"));
  return ["c2sp.org/tlog-proof@v1", `extra ${extra}`, `index ${Number(n)}`, ...path, "", note].join("\n");
}

/** RFC 6962 §2.1.1. */
function pathOf(leaves, n) {
  if (leaves.length === 1) return [];
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return n < split ? [...pathOf(left, n), rootOf(right)] : [...pathOf(right, n - split), rootOf(left)];
}

function rootOf(leaves) {
  if (leaves.length === 1) return leaves[0];
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

// --- §6 a change of the log key

function checkKeyChange(files, vkey) {
  let former = logKey(vkey ?? "");
  let known = vkey;
  for (const file of files) {
    const { text, signatures } = splitNote(decodeText(file));
    const lines = text.split("\n");
    must(lines.length === 6 && lines[0] === "gchat-key-change/1" && /^[1-9][0-9]{0,15}$/.test(lines[4]), "statement");
    must(lines[1] === former.name && lines[2] === known && lines[3] !== known, "not of this key");
    const next = parseKey(lines[3]);
    must(next && next.type === 1 && next.name === former.name, "a successor of another name");
    const both = [former, next].map((key) => {
      const own = signatures.filter(({ name, id }) => name === key.name && id === key.id);
      return own.length > 0 && own.every(({ blob }) => isSigned(key.raw, utf8(text), blob));
    });
    must(both.every(Boolean), "not signed by both");
    [former, known] = [next, lines[3]];
  }
}

// --- §11 two histories

function checkExtends(old, next, trust) {
  const later = checkRoom(next, trust, {});
  let room, vkey, size, root;
  const known = trust ?? trustOf(parseKey(later.vkey));
  if (old.subarray(0, 6).toString() === '{"at":') {
    const recorded = readHeads(old, known).filter(({ head }) => head[0] === later.room);
    if (recorded.length === 0) throw new Usage("the file of heads does not name the room");
    for (const { signer, head: [, size, root] } of recorded) {
      if (size === 0) continue;
      must(signer.domain === later.domain && signer.agency === later.hubAt(size).hub, "heads of another agency");
      must(size <= later.tree.leaves.length, "entries taken back");
      must(base64(root).equals(later.tree.roots[size]), "two histories");
    }
    if (recorded.every(({ head }) => head[1] === 0)) throw new Usage("nothing to compare");
    return;
  }
  if (old[0] === 0x7b) {
    const earlier = checkRoom(old, trust, {});
    ({ room, vkey } = earlier);
    size = Math.min(earlier.tree.leaves.length, later.tree.leaves.length);
    root = earlier.tree.roots[size];
    if (!trust && vkey !== later.vkey) throw new Usage("two keys");
    if (room !== later.room) throw new Usage("two rooms");
    must(root.equals(later.tree.roots[size]), "two histories");
    must(earlier.tree.leaves.length === size, "entries taken back");
    return;
  }
  const checkpoint = openCheckpoint(decodeText(old), known);
  const origin = roomOrigin(checkpoint.origin);
  if (origin?.room !== later.room) throw new Usage("two rooms");
  if (checkpoint.size === 0) throw new Usage("nothing to compare");
  const { hub, epoch } = later.hubAt(checkpoint.size);
  must(origin.domain === later.domain && origin.epoch === epoch, "a checkpoint of another hub");
  must(checkpoint.agencies.includes(hub), "a checkpoint by another agency");
  must(checkpoint.size <= later.tree.leaves.length, "entries taken back");
  must(checkpoint.root.equals(later.tree.roots[checkpoint.size]), "two histories");
}

/** Every head that a file of heads names, if the file is good from its first line. */
function readHeads(bytes, trust) {
  const [newest, found] = [new Map(), []];
  must(bytes.at(-1) === 10, "the last newline is missing");
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const line = Canonical.parse(decodeText(bytes.subarray(at, end)));
    at = end + 1;
    must(hasKeys(line, ["at", "audit", "note", "rooms"]) && isCount(line.at) && Array.isArray(line.rooms), "heads");
    must(new Set(line.rooms.map((head) => head?.[0])).size === line.rooms.length, "a room twice in a line");
    for (const head of line.rooms) {
      must(Array.isArray(head) && head.length === 3 && isText(head[0]) && isCount(head[1]), "heads");
      must(isText(head[2]) && base64(head[2])?.length === 32, "heads");
      newest.set(head[0], head);
    }
    must(isText(line.note), "heads");
    const { text, signatures } = splitNote(line.note);
    const good = signatures.flatMap(({ name, id, blob }) => {
      const key = trust.logs.find((one) => one.name === name && one.id === id);
      if (key) must(isSigned(key.raw, utf8(text), blob), "false signature");
      return key ? [name] : [];
    });
    const tree = new Tree();
    for (const leaf of [...newest.values()].map((head) => utf8(head.join("/"))).sort(Buffer.compare)) tree.append(leaf);
    const root = tree.roots.at(-1).toString("base64");
    const name = good.find((name) => text === `gchat-heads/1\n${name}\n${newest.size}\n${root}\n`);
    must(name, "the signed root is not that of these lines");
    const signer = logName({ name });
    checkAudit(line.audit, signer, trust);
    found.push(...line.rooms.map((head) => ({ head, signer })));
  }
  return found;
}

function checkAudit(note, { domain, agency }, trust) {
  must(isText(note), "heads");
  const { origin } = openCheckpoint(note, { ...trust, quorum: "none" });
  must(origin === `${domain}/a/${agency}/audit`, "no audit log of the signer");
}

// --- §12 the command

function read(path) {
  try {
    return readFileSync(path);
  } catch {
    throw new Usage(`cannot read ${path}`);
  }
}

function gatewayKeys(vkeys) {
  const keys = Object.create(null);
  for (const vkey of vkeys) {
    const key = parseKey(vkey);
    const name = key && namedKey(key.name);
    if (!name || key.type !== 1 || name.key === "log") throw new Usage("malformed gateway key");
    const place = `${name.agency}/${name.key}`;
    if (keys[place] && !keys[place].equals(key.raw)) throw new Usage("two gateway keys for one id");
    keys[place] = key.raw;
  }
  return keys;
}

function orderKeys(vkeys) {
  const keys = Object.create(null);
  for (const vkey of vkeys) {
    const key = parseKey(vkey);
    const name = key && /^[^/+\p{White_Space}]+\/registry\/([^/+\p{White_Space}]+)$/u.exec(key.name);
    if (!name || key.type !== 1 || length(name[1]) > 32) throw new Usage("malformed key for orders");
    if (keys[name[1]] && !keys[name[1]].equals(key.raw)) throw new Usage("two keys for one id");
    keys[name[1]] = key.raw;
  }
  return keys;
}

function policyText(bytes) {
  try {
    return decodeText(bytes);
  } catch {
    throw new Usage("the policy is not UTF-8");
  }
}

function options(words) {
  const found = { files: [], gateways: [], orders: [] };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === "--trust-file-key") found.own = true;
    else if (word === "--show") found.show = true;
    else if (word.startsWith("--salt=")) found.salt = word.slice(7);
    else if (word === "--gateway") found.gateways.push(words[(at += 1)]);
    else if (word === "--order-key") found.orders.push(words[(at += 1)]);
    else if (word.startsWith("--")) found[word.slice(2)] = words[(at += 1)];
    else found.files.push(word);
  }
  return found;
}

function judge([command, ...words]) {
  const given = options(words);
  if ([given.vkey, given.policy, given.own].filter((way) => way !== undefined).length > 1) throw new Usage("two keys");
  if (given.own && ["checkpoint", "proof", "key-change"].includes(command)) throw new Usage("a key is needed");
  let trust = null;
  if (given.vkey !== undefined) trust = trustOf(logKey(given.vkey));
  if (given.policy !== undefined) trust = parsePolicy(policyText(read(given.policy)));
  const gateways = gatewayKeys(given.gateways);
  const orders = orderKeys(given.orders);
  const [first, second] = given.files.map(read);
  let [written, speakers] = [null, true];
  if (command === "room") ({ speakers } = checkRoom(first, trust, gateways, orders));
  else if (command === "prove") written = prove(first, given.entry, trust);
  else if (command === "extends") checkExtends(first, second, trust);
  else if (!trust) throw new Usage("a key is needed");
  else if (command === "key-change") checkKeyChange(given.files.map(read), given.vkey);
  else if (command === "checkpoint") openCheckpoint(decodeText(first), trust);
  else if (command === "proof") {
    const beside = { record: given.record && read(given.record), body: given.body && read(given.body) };
    speakers = checkProof(decodeText(first), { ...beside, salt: given.salt }, trust, gateways);
  } else throw new Usage("no such command");
  return [(trust || given.own) && speakers ? 0 : 3, "", written];
}

export function run(words) {
  try {
    return judge(words);
  } catch (error) {
    if (error instanceof Failed) return [1, error.message, null];
    if (error instanceof Usage) return [2, error.message, null];
    throw error;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const words = process.argv.slice(2);
  if (words[0] === "batch") {
    const cases = JSON.parse(readFileSync(words[1], "utf8"));
    process.stdout.write(JSON.stringify(cases.map(run).map(([code, , written]) => [code, written])));
  } else {
    const [code, why, written] = run(words);
    if (written !== null) process.stdout.write(written);
    else process.stdout.write(code === 1 ? `FAILED: ${why}\n` : why === "" ? "PASS\n" : `${why}\n`);
    process.exitCode = code;
  }
}
