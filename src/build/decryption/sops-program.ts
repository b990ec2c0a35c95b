import type { KeyMaterial } from './key-material.ts';
import type { SopsFormat } from './sops-format.ts';

/** One run of the real SOPS. */
export interface SopsRequest {
  /** For messages. */
  readonly place: string;
  readonly text: string;
  readonly input: SopsFormat;
  readonly output: SopsFormat;
  /** For objects that were changed by a build after their file was verified. */
  readonly ignoreMac: boolean;
  readonly keys: KeyMaterial;
}

/** The program that holds the keys we do not open ourselves: OpenPGP, clouds, Vault, shares of several groups. */
export interface SopsProgram {
  /** False when there is none. */
  exists(): Promise<boolean>;
  /**
   * The decrypted text. Its environment and files hold the keys of this request and are gone afterwards.
   * @throws SealiftError DECRYPTION_KEY_MISSING, DECRYPTION_FAILED, DISK_FAILED; never quoting a value.
   */
  decrypt(request: SopsRequest, signal: AbortSignal): Promise<Uint8Array>;
}
