/**
 * The caller's own account beyond the session at hand: devices, sign-ins, second factors (C21, F74 to F77).
 *
 * Keeps nothing: every call asks the server, so that what a person sees about their security is what holds now.
 */

import type { Endpoints } from "./endpoints";
import type { Id, OwnSpace, PasskeyCredential, PasskeyOptions, PasskeyView, SecondFactors, SessionView, SignIn, TotpSecret } from "./protocol";
import { arabicDigits } from "./text";

export class Account {
  constructor(private readonly endpoints: Endpoints) {}

  async sessions(): Promise<readonly SessionView[]> {
    return (await this.endpoints.sessions()).sessions;
  }

  async endSession(id: Id): Promise<void> {
    await this.endpoints.endSession(id);
  }

  async signIns(): Promise<readonly SignIn[]> {
    return (await this.endpoints.signIns()).sign_ins;
  }

  /** Says that a sign-in was somebody else: the server ends all other sessions and asks for a new password (F76). */
  async disownSignIn(id: number): Promise<void> {
    await this.endpoints.disownSignIn(id);
  }

  /** How much room the caller's files take, and how much is left. */
  space(): Promise<OwnSpace> {
    return this.endpoints.ownSpace();
  }

  secondFactors(): Promise<SecondFactors> {
    return this.endpoints.secondFactors();
  }

  /** Starts TOTP: shows the secret; `confirmTotp` turns it on. */
  beginTotp(password: string): Promise<TotpSecret> {
    return this.endpoints.beginTotp({ password });
  }

  /** Gives recovery codes, which the server shows this once. */
  async confirmTotp(code: string): Promise<readonly string[]> {
    return (await this.endpoints.confirmTotp({ code: arabicDigits(code).trim() })).codes;
  }

  /** Makes new recovery codes, shown this once; the ones before are good no more. */
  async renewRecoveryCodes(password: string): Promise<readonly string[]> {
    return (await this.endpoints.renewRecoveryCodes({ password })).codes;
  }

  async removeTotp(password: string): Promise<void> {
    await this.endpoints.removeTotp({ password });
  }

  beginPasskey(password: string): Promise<PasskeyOptions> {
    return this.endpoints.beginPasskey({ password });
  }

  addPasskey(name: string, credential: PasskeyCredential): Promise<PasskeyView> {
    return this.endpoints.addPasskey({ name, credential });
  }

  async removePasskey(id: Id, password: string): Promise<void> {
    await this.endpoints.removePasskey(id, { password });
  }
}
