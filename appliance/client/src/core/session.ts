/**
 * Who is signed in here, from the first look at the cookie to the last trace on this device.
 *
 * Rules: the token is the browser's, in a cookie no script can read; this holds only the CSRF value, in memory and sealed
 * in the cache. A cache is opened at once, so that the app works offline, and the server is asked meanwhile; if it says no,
 * or that we are somebody else, everything goes. The end of a session destroys the key before anything else happens, and
 * a logout without network is told to the server at the next start.
 */

import type { Api } from "./api";
import { Backoff } from "./backoff";
import { guardKept, loadGuard, loadMe, meKept } from "./db/meta";
import { loadDrafts } from "./db/drafts";
import { loadOutbox } from "./db/outbox";
import type { Tables } from "./db/tables";
import { filesOf } from "./drafts";
import type { Endpoints } from "./endpoints";
import { CallError } from "./errors";
import { PasswordGuard } from "./passwordGuard";
import type { Ports } from "./ports";
import type { LoginDone, Me, MeChange, PasskeyProof, SecondFactorNeeded, Terms } from "./protocol";
import type { EndCode, SessionState, SignedOutReason, Unsent } from "./snapshots";
import { Store, type Readable } from "./store";
import { arabicDigits } from "./text";
import type { DeviceCache } from "./deviceCache";

const LOGOUT_DUE = "gchat.logout-due";

export interface SessionHooks {
  /** Loads the cache and begins to sync. Rejects when the cache cannot be read. */
  began(me: Me, tables: Tables): Promise<void>;
  /** Stops everything and forgets everything in memory, at once. */
  ended(): void;
  /** The server does not answer, and there is no cache to show meanwhile. */
  unreachable(): void;
  /** Resolves when the sign-in form can stand still: what the page says around it is known, or cannot be known now. */
  formReady(): Promise<void>;
  /** Tells the other tabs. */
  announce(what: { kind: "began" } | { kind: "ended"; reason: SignedOutReason }): void;
}

interface Ticket {
  readonly ticket: string;
  readonly remember: boolean;
}

export class Session implements Readable<SessionState> {
  readonly #state = new Store<SessionState>({ kind: "starting" });
  /** Knows the password typed here, as far as it takes to notice it in a message. */
  readonly passwordGuard: PasswordGuard;
  readonly #backoff: Backoff;
  #tables: Tables | null = null;
  #me: Me | null = null;
  #begun = false;
  /** Another tab has signed in while this one was still asking who is. */
  #begunElsewhere = false;
  /** Signed in a moment ago, and not yet recognised: the browser has to give the cookie back. */
  #proving = false;
  #ticket: Ticket | null = null;
  /** Questions who we are: an answer to an older one says nothing after that to a newer one. */
  #asked = 0;
  #answered = 0;

  constructor(
    private readonly ports: Ports,
    private readonly api: Api,
    private readonly endpoints: Endpoints,
    private readonly cache: DeviceCache,
    private readonly hooks: SessionHooks,
  ) {
    this.passwordGuard = new PasswordGuard(ports.random);
    this.#backoff = new Backoff(ports.random);
    api.onEnded = (code) => void this.end(this.#proving ? "no_cookie" : endOf(code));
    api.onPreconditionFailed = () => void this.refresh();
  }

  readonly snapshot = (): SessionState => this.#state.snapshot();
  readonly subscribe = (listener: () => void): (() => void) => this.#state.subscribe(listener);

  /** The cache of the session, while there is one. */
  get tables(): Tables | null {
    return this.#tables;
  }

  /** Looks for a session: in the cache, then at the server. Resolves when the first answer is in. */
  async start(): Promise<void> {
    if (this.ports.settings.get(LOGOUT_DUE) !== null) return await this.#finishLogout();
    const tables = await this.cache.reopen();
    const me = tables === null ? null : await meIn(tables);
    if (tables === null || me === null) {
      tables?.leave();
      return await this.#discover();
    }
    this.#tables = tables;
    this.passwordGuard.recall(await loadGuard(tables).catch(() => null));
    await this.#enter(me);
    void this.refresh();
  }

  /** `remember: false` is the shared-PC mode: nothing is written to this device. */
  async login(user: string, password: string, options: { device?: string; remember?: boolean } = {}): Promise<void> {
    const remember = options.remember ?? true;
    const answer = await this.endpoints.login({ user, password, device: options.device ?? "", keep_device: remember });
    this.passwordGuard.learn(password);
    if (!needsSecond(answer)) return await this.#signedIn(answer, remember);
    this.#ticket = { ticket: answer.ticket, remember };
    const passkeyOptions = answer.passkey_options ?? null;
    this.#state.set({ kind: "second_factor", factors: answer.second_factor, passkeyOptions });
  }

  async secondFactor(proof: { code: string } | { passkey: PasskeyProof } | { recovery: string }): Promise<void> {
    const pending = this.#ticket;
    if (pending === null) throw new CallError("refused", 0, { code: "unauthenticated" });
    const shown = "code" in proof ? { code: arabicDigits(proof.code).replace(/\s/g, "") } : proof;
    const done = await this.endpoints.secondFactor({ ticket: pending.ticket, ...shown, keep_device: pending.remember });
    await this.#signedIn(done, pending.remember);
  }

  cancelSecondFactor(): void {
    if (this.snapshot().kind !== "second_factor") return;
    this.#ticket = null;
    this.#state.set({ kind: "signed_out", reason: "none" });
  }

  async readTerms(): Promise<Terms> {
    const terms = await this.endpoints.terms();
    const state = this.snapshot();
    if (state.kind === "terms") this.#state.set({ ...state, terms });
    return terms;
  }

  async acceptTerms(version: number): Promise<void> {
    await this.endpoints.acceptTerms({ version });
    await this.#ask();
    this.hooks.announce({ kind: "began" }); // the tab that leads may wait for this
  }

  async changePassword(old: string, next: string): Promise<void> {
    await this.endpoints.changePassword({ old, new: next });
    await this.proved(next);
    await this.#ask();
    this.hooks.announce({ kind: "began" });
  }

  async changeMe(change: MeChange): Promise<void> {
    await this.endpoints.changeMe(change);
    await this.#ask();
  }

  /** What of one's words would be lost with this session. */
  async unsent(): Promise<Unsent> {
    const tables = this.#tables;
    if (tables === null) return { messages: 0, drafts: 0 };
    const messages = await loadOutbox(tables).catch(() => []);
    const drafts = await loadDrafts(tables).catch(() => []);
    return { messages: messages.length, drafts: drafts.filter(({ draft }) => draft.text.trim() !== "" || filesOf(draft).length > 0).length };
  }

  /** Ends the session here and destroys everything this device holds, even when the server is out of reach. */
  async logout(): Promise<void> {
    const told = this.endpoints.logout().catch((error: unknown) => {
      const unheard = !(error instanceof CallError) || error.kind !== "refused";
      if (unheard) this.ports.settings.set(LOGOUT_DUE, "yes");
    });
    await this.end("logout");
    await told;
  }

  /** Asks the server who we are; without an answer everything stays as it is. */
  async refresh(): Promise<void> {
    if (this.#tables === null) return;
    await this.#ask().catch(() => undefined);
  }

  /** The session is over, for whatever reason; safe to call twice. */
  async end(reason: SignedOutReason): Promise<void> {
    const tables = this.#drop(reason);
    if (tables === null) return;
    try {
      await this.cache.destroy(tables);
    } finally {
      this.hooks.announce({ kind: "ended", reason });
    }
  }

  /** The server has closed the line because the session is over: everything goes first, then the reason is asked. */
  async endedByServer(): Promise<void> {
    await this.end("ended");
    await this.#learnWhy();
  }

  /** Another tab has ended the session, and destroyed what we shared. */
  endedElsewhere(reason: SignedOutReason): void {
    const tables = this.#drop(reason);
    tables?.leave();
    // The server may have told us before that tab did; it only knows that the session has ended.
    const state = this.snapshot();
    if (state.kind === "signed_out" && state.reason === "ended") this.#state.set({ kind: "signed_out", reason });
    if (tables !== null && reason === "ended") void this.#learnWhy();
  }

  /** The owner has typed the right password where it is asked for. */
  async proved(password: string): Promise<void> {
    this.passwordGuard.learn(password);
    await this.#keepGuard();
  }

  /** Another tab has signed in. */
  async begunElsewhere(): Promise<void> {
    const { kind } = this.snapshot();
    if (kind === "starting" && this.#tables === null) this.#begunElsewhere = true;
    else if (kind === "signed_out" || kind === "second_factor") await this.start();
    else await this.refresh(); // the cookie may be another person's now
  }

  async #learnWhy(): Promise<void> {
    const why = await this.endpoints.whyEnded().then(
      () => "ended" as const,
      (error: unknown) => (error instanceof CallError ? endOf(error.code) : "ended"),
    );
    const state = this.snapshot();
    if (state.kind === "signed_out" && state.reason === "ended") this.#state.set({ kind: "signed_out", reason: why });
  }

  /** A reload knows the password again as far as it takes to notice it; what could not be kept is learnt at the next prompt. */
  async #keepGuard(): Promise<void> {
    const mark = this.passwordGuard.mark;
    if (mark !== null) await this.#tables?.write([guardKept(mark)]).catch(() => undefined);
  }

  // --- steps -----------------------------------------------------------------------------------------------------

  async #signedIn(done: LoginDone, remember: boolean): Promise<void> {
    this.#ticket = null;
    this.ports.settings.set(LOGOUT_DUE, null);
    this.#drop("none")?.leave();
    this.api.setCsrf(done.csrf);
    this.#tables = await this.cache.renew(remember);
    await this.#keepGuard();
    this.#proving = true;
    try {
      await this.#ask();
    } catch (error) {
      if (error instanceof CallError && error.status === 401) return; // said by the reason of the sign-out
      throw error;
    } finally {
      this.#proving = false;
    }
    this.hooks.announce({ kind: "began" });
  }

  /** No cache: whether there is a session only the server can say. */
  async #discover(): Promise<void> {
    for (;;) {
      try {
        const me = await this.endpoints.me();
        this.#tables = await this.cache.join();
        return await this.#enter(me);
      } catch (error) {
        if (error instanceof CallError && error.status === 401) {
          await this.hooks.formReady();
          // Nothing is wiped here: what lies in the cache by now was made by a tab that has signed in meanwhile.
          const again = this.#begunElsewhere;
          this.#begunElsewhere = false;
          if (again) continue;
          return this.#state.set({ kind: "signed_out", reason: "none" });
        }
        this.hooks.unreachable();
        await this.#pause(this.#backoff.next());
      }
    }
  }

  async #finishLogout(): Promise<void> {
    await this.cache.destroy(null);
    this.#state.set({ kind: "signed_out", reason: "logout" });
    try {
      const { csrf } = await this.endpoints.me();
      if (this.ports.settings.get(LOGOUT_DUE) === null) return; // signed in again meanwhile, in another tab
      this.api.setCsrf(csrf);
      await this.endpoints.logout();
    } catch (error) {
      if (!(error instanceof CallError) || error.kind !== "refused") return; // due at the next start
    }
    this.api.setCsrf(null);
    this.ports.settings.set(LOGOUT_DUE, null);
  }

  async #ask(): Promise<void> {
    const tables = this.#tables;
    const question = ++this.#asked;
    const me = await this.endpoints.me();
    if (this.#tables !== tables || tables === null || question < this.#answered) return;
    this.#answered = question;
    if (this.#me !== null && this.#me.person.id !== me.person.id) {
      // The cookie is another person's by now: nothing of the old one may stay.
      await this.end("ended");
      return await this.#discover();
    }
    await this.#enter(me);
  }

  async #enter(me: Me): Promise<void> {
    const tables = this.#tables;
    if (tables === null) return;
    this.#me = me;
    this.api.setCsrf(me.csrf);
    await tables.write([meKept(me)]);
    // The session may have ended meanwhile, and another begun: what begins with this one would keep that from beginning.
    if (this.#tables !== tables) return;
    const state = stateOf(me, this.snapshot());
    if (state.kind === "signed_in" && !this.#begun) {
      this.#begun = true;
      try {
        await this.hooks.began(me, tables);
      } catch {
        return await this.#beginAnew();
      }
      if (this.#tables !== tables) return;
    }
    this.#state.set(state);
  }

  /** A cache that cannot be read is of no use: the log has everything. */
  async #beginAnew(): Promise<void> {
    this.#drop("none")?.leave();
    this.#state.set({ kind: "starting" });
    await this.cache.destroy(null);
    await this.#discover();
  }

  /** Forgets the session in memory and returns the cache it had. */
  #drop(reason: SignedOutReason): Tables | null {
    const tables = this.#tables;
    if (reason !== "none") this.passwordGuard.forget();
    this.#tables = null;
    this.#me = null;
    this.#ticket = null;
    this.api.setCsrf(null);
    if (this.#begun) this.hooks.ended();
    this.#begun = false;
    if (tables !== null) this.#state.set({ kind: "signed_out", reason });
    return tables;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        off();
        this.ports.time.clearTimeout(timer);
        resolve();
      };
      const off = this.ports.online.subscribe(done);
      const timer = this.ports.time.setTimeout(done, ms);
    });
  }
}

/** Who the cache is of; null for nobody yet. One that cannot be read is destroyed. */
async function meIn(tables: Tables): Promise<Me | null> {
  try {
    return await loadMe(tables);
  } catch {
    await tables.destroy();
    return null;
  }
}

function needsSecond(answer: LoginDone | SecondFactorNeeded): answer is SecondFactorNeeded {
  return "second_factor" in answer;
}

function endOf(code: string): "ended" | EndCode {
  return code.startsWith("session_ended_") ? (code as EndCode) : "ended";
}

function stateOf(me: Me, before: SessionState): SessionState {
  if (me.must_change_password) return { kind: "password_change", me };
  // As the server judges: an agency that has published none asks for none (version 0).
  if ((me.terms.accepted ?? 0) < me.terms.version) {
    return { kind: "terms", me, terms: before.kind === "terms" ? before.terms : null };
  }
  return { kind: "signed_in", me };
}
