/**
 * Passkeys: WebAuthn options and answers as the JSON the server speaks (WebAuthn level 3, section 5.1).
 * The browser talks to the authenticator; nothing secret passes here.
 */
import type { PasskeyCredential, PasskeyProof } from "#core/protocol";

/** Asks for a proof of an existing passkey. Rejects when the person cancels. */
export async function getPasskey(options: Record<string, unknown>): Promise<PasskeyProof> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as unknown as PublicKeyCredentialRequestOptionsJSON);
  return asJson(await navigator.credentials.get({ publicKey })) as PasskeyProof;
}

/** Makes a new passkey on this device or on a key that is plugged in. */
export async function createPasskey(options: Record<string, unknown>): Promise<PasskeyCredential> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as unknown as PublicKeyCredentialCreationOptionsJSON);
  return asJson(await navigator.credentials.create({ publicKey })) as PasskeyCredential;
}

export function passkeysSupported(): boolean {
  return typeof PublicKeyCredential === "function" && "parseRequestOptionsFromJSON" in PublicKeyCredential;
}

function asJson(credential: Credential | null): unknown {
  if (!(credential instanceof PublicKeyCredential)) throw new Error("no passkey was given");
  return credential.toJSON();
}
