/**
 * Signing in, the second factor, the terms and a forced change of password, one after the other.
 * The fields live in the view and are gone with it. One thing is carried, in memory alone: the password or one-time code
 * that signed in, to the form that replaces it, so that nobody types it twice (WCAG 3.3.7). It is gone when that form is
 * done or left, when the server does not take it, and when no such form follows.
 */
import { Attempt } from "#core/attempt";
import type { Session } from "#core/index";
import type { PasskeyProof, Terms } from "#core/protocol";
import type { Unsent } from "#core/snapshots";
import { Store } from "#core/store";
import { digitsOf } from "#core/text";

/** Which of the two fields was empty when it was tried. */
export type Empty = "both" | "user" | "password" | null;

function emptyOf(user: string, password: string): Empty {
  if (user.trim() === "") return password === "" ? "both" : "user";
  return password === "" ? "password" : null;
}

export class LoginModel {
  readonly attempt = new Attempt();
  readonly empty = new Store<Empty>(null);
  /** Reading the terms, which begins while signing in is not yet done. */
  readonly reading = new Attempt();
  /** The terms to accept; null until the server has sent them. */
  readonly terms = new Store<Terms | null>(null);
  /** What refusing the terms would lose, when that has to be asked. */
  readonly losing = new Store<Unsent | null>(null);
  /** What was typed to sign in, for the form that asks for it again; null where it has to be typed there. */
  readonly typed = new Store<string | null>(null);
  readonly #session: Session;
  readonly #device: string;
  /** Between the press and the answer the session may go through other states. */
  #signingIn = false;

  constructor(session: Session, device: string) {
    this.#session = session;
    this.#device = device;
    session.subscribe(() => {
      const { kind } = session.snapshot();
      if (kind !== "second_factor" && kind !== "password_change" && !this.#signingIn) this.#forget();
    });
  }

  get session(): Session {
    return this.#session;
  }

  /** `remember` off leaves nothing on this device, for shared computers. Nothing is sent while a field is empty. */
  readonly login = async (user: string, password: string, remember: boolean): Promise<boolean> => {
    this.attempt.clear();
    this.empty.set(emptyOf(user, password));
    if (this.empty.snapshot() !== null) return false;
    if (this.attempt.snapshot().busy) return false;
    this.#signingIn = true;
    this.typed.set(password);
    const done = await this.attempt.run(() => this.#session.login(user.trim(), password, { device: this.#device, remember }));
    this.#signingIn = false;
    const { kind } = this.#session.snapshot();
    if (kind !== "second_factor" && kind !== "password_change") this.#forget();
    return done;
  };

  /** Accepts Thai digits, spaces and dashes. */
  readonly sendCode = (code: string): Promise<boolean> =>
    this.attempt.run(() => this.#session.secondFactor({ code: digitsOf(code) }));

  readonly sendRecovery = (code: string): Promise<boolean> =>
    this.attempt.run(() => this.#session.secondFactor({ recovery: code.trim() }));

  readonly sendPasskey = (credential: PasskeyProof): Promise<boolean> =>
    this.attempt.run(() => this.#session.secondFactor({ passkey: credential }));

  readonly cancel = (): void => {
    this.attempt.clear();
    this.#session.cancelSecondFactor();
  };

  readonly loadTerms = (): Promise<boolean> =>
    this.reading.run(async () => this.terms.set(await this.#session.readTerms()));

  readonly acceptTerms = (version: number): Promise<boolean> => this.attempt.run(() => this.#session.acceptTerms(version));

  /** Refusing signs out; where that would lose words written here, `losing` asks first. */
  readonly refuseTerms = (): Promise<boolean> =>
    this.attempt.run(async () => {
      const unsent = await this.#session.unsent();
      if (unsent.messages + unsent.drafts === 0) return await this.#session.logout();
      this.losing.set(unsent);
    });

  readonly refuseAndLose = (): Promise<boolean> =>
    this.attempt.run(async () => {
      this.losing.set(null);
      await this.#session.logout();
    });

  readonly keepReading = (): void => this.losing.set(null);

  readonly changePassword = async (old: string, next: string): Promise<boolean> => {
    const done = await this.attempt.run(() => this.#session.changePassword(old, next));
    if (done || this.attempt.snapshot().failure?.code === "password_wrong") this.#forget();
    return done;
  };

  #forget(): void {
    this.typed.set(null);
  }
}
