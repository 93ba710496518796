/**
 * The reader's own account: status, sessions, sign-in history, second factors, password (F74 to F77).
 * Passwords and secrets pass through and are never kept.
 */
import { Attempt } from "#core/attempt";
import type { Core } from "#core/index";
import type { OwnSpace, PasskeyCredential, SecondFactors, SessionView, SignIn, TotpSecret } from "#core/protocol";
import { type Readable, Store } from "#core/store";
import { digitsOf } from "#core/text";

export interface AccountSnapshot {
  readonly sessions: readonly SessionView[] | null;
  readonly signIns: readonly SignIn[] | null;
  readonly factors: SecondFactors | null;
  /** Set while a second factor is being put up; gone when it is confirmed. */
  readonly totp: TotpSecret | null;
  /** Recovery codes just made; this is the only time they are seen. */
  readonly codes: readonly string[] | null;
  readonly space: OwnSpace | null;
}

export class AccountModel implements Readable<AccountSnapshot> {
  readonly attempt = new Attempt();
  /** Reading what the pages show, which goes on while something is being changed. */
  readonly reading = new Attempt();
  readonly #core: Core;
  readonly #state = new Store<AccountSnapshot>({ sessions: null, signIns: null, factors: null, totp: null, codes: null, space: null });
  readonly snapshot = this.#state.snapshot;
  readonly subscribe = this.#state.subscribe;

  constructor(core: Core) {
    this.#core = core;
  }

  readonly loadDevices = (): Promise<boolean> =>
    this.reading.run(async () => {
      const [sessions, signIns] = await Promise.all([this.#core.account.sessions(), this.#core.account.signIns()]);
      this.#state.update((state) => ({ ...state, sessions: currentFirst(sessions), signIns }));
    }, "devices");

  readonly loadSpace = (): Promise<boolean> =>
    this.reading.run(async () => {
      const space = await this.#core.account.space();
      this.#state.update((state) => ({ ...state, space }));
    }, "space");

  readonly endSession = (id: string): Promise<boolean> =>
    this.attempt.run(async () => {
      await this.#core.account.endSession(id);
      this.#forget((session) => session.id === id);
    }, `end ${id}`);

  /** Signs out everywhere but here, also where somebody has signed in since the list was drawn. */
  readonly endOthers = (): Promise<boolean> =>
    this.attempt.run(async () => {
      const sessions = currentFirst(await this.#core.account.sessions());
      this.#state.update((state) => ({ ...state, sessions }));
      for (const session of sessions) {
        if (session.current) continue;
        await this.#core.account.endSession(session.id);
        this.#forget((one) => one.id === session.id);
      }
    }, "endOthers");

  /** «This was not me»: the server shuts everybody else out, and what the page may show follows from its answer. */
  readonly disown = (signIn: SignIn): Promise<boolean> =>
    this.attempt.run(async () => {
      await this.#core.account.disownSignIn(signIn.id);
      await this.#core.session.refresh();
    }, `disown ${signIn.id}`);

  readonly loadFactors = (): Promise<boolean> => this.reading.run(() => this.#readFactors(), "factors");

  readonly beginTotp = (password: string): Promise<boolean> =>
    this.attempt.run(async () => {
      const totp = await this.#core.account.beginTotp(password);
      await this.#core.session.proved(password);
      this.#state.update((state) => ({ ...state, totp }));
    });

  readonly confirmTotp = (code: string): Promise<boolean> =>
    this.attempt.run(async () => {
      const codes = await this.#core.account.confirmTotp(digitsOf(code));
      this.#state.update((state) => ({ ...state, totp: null, codes }));
      await this.#readFactors();
    });

  readonly cancelTotp = (): void => {
    this.attempt.clear();
    this.#state.update((state) => ({ ...state, totp: null }));
  };

  readonly renewCodes = (password: string): Promise<boolean> =>
    this.attempt.run(async () => {
      const codes = await this.#core.account.renewRecoveryCodes(password);
      await this.#core.session.proved(password);
      this.#state.update((state) => ({ ...state, codes }));
      await this.#readFactors();
    });

  /** Their owner has kept them: from here on nobody sees them. */
  readonly forgetCodes = (): void => this.#state.update((state) => ({ ...state, codes: null }));

  /** The page is left: no secret, no half-done step and no old failure is there when it is opened again. */
  readonly leaveSecurity = (): void => {
    this.attempt.clear();
    this.#state.update((state) => ({ ...state, totp: null, codes: null }));
  };

  readonly removeTotp = (password: string): Promise<boolean> =>
    this.attempt.run(async () => {
      await this.#core.account.removeTotp(password);
      await this.#core.session.proved(password);
      await this.#readFactors();
    });

  /** `create` asks the browser; it is given so that no browser is needed here. */
  readonly addPasskey = (
    name: string,
    password: string,
    create: (options: Record<string, unknown>) => Promise<PasskeyCredential>,
  ): Promise<boolean> =>
    this.attempt.run(async () => {
      const { options } = await this.#core.account.beginPasskey(password);
      await this.#core.session.proved(password);
      await this.#core.account.addPasskey(name.trim(), await create(options));
      await this.#readFactors();
    });

  readonly removePasskey = (id: string, password: string): Promise<boolean> =>
    this.attempt.run(async () => {
      await this.#core.account.removePasskey(id, password);
      await this.#core.session.proved(password);
      await this.#readFactors();
    });

  readonly changePassword = (old: string, next: string): Promise<boolean> => this.attempt.run(() => this.#core.session.changePassword(old, next));
  readonly setStatus = (status: string): Promise<boolean> => this.attempt.run(() => this.#core.session.changeMe({ status: status.trim() }), "status");

  async #readFactors(): Promise<void> {
    const factors = await this.#core.account.secondFactors();
    this.#state.update((state) => ({ ...state, factors }));
  }

  #forget(gone: (session: SessionView) => boolean): void {
    this.#state.update((state) => ({ ...state, sessions: state.sessions?.filter((session) => !gone(session)) ?? null }));
  }
}

function currentFirst(sessions: readonly SessionView[]): readonly SessionView[] {
  return [...sessions].sort((a, b) => Number(b.current) - Number(a.current) || b.last_used - a.last_used);
}

/** Whether «this was not me» can be said of a sign-in: not of the one this device came in by, nor of the account's making. */
export function mayDisown(signIn: SignIn, sessions: readonly SessionView[]): boolean {
  if (signIn.disowned != null || signIn.outcome === "account_created") return false;
  return signIn.outcome !== "signed_in" || !sessions.some((session) => session.current && session.created === signIn.at);
}
