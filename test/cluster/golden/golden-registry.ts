import { chmodSync, cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ImageLayout,
  openLayout,
  type RegistryAuth,
  type RegistryOptions,
  type RegistryServer,
  serveRegistry,
} from 'oci-client-ts';
import { Workshop } from '../../interop/harness/workshop.ts';
import { originRevision } from './recording.ts';

/** Who may read and write where the recordings asked for a password. */
const recordedUser = { name: 'puller', password: 'right' } as const;

const guard: RegistryAuth = { kind: 'basic', users: [recordedUser] };

export interface RegistrySettings {
  /** Nobody reads without the password of the recordings. */
  readonly guarded?: boolean;
}

type Guarded = Pick<RegistryOptions, 'auth'>;

/** Where the recordings had their registries. */
const recordedHosts = /localhost:500[0-2]\b/g;

/** A registry for what the recordings pushed, which can be stopped and started, and a folder for the programs that push. */
export class GoldenRegistry {
  readonly workshop: Workshop;
  readonly #layout: ImageLayout;
  readonly #auth: Guarded;
  #server: RegistryServer;

  private constructor(workshop: Workshop, layout: ImageLayout, auth: Guarded, server: RegistryServer) {
    this.workshop = workshop;
    this.#layout = layout;
    this.#auth = auth;
    this.#server = server;
  }

  static async open({ guarded = false }: RegistrySettings): Promise<GoldenRegistry> {
    const workshop = new Workshop();
    const layout = await openLayout(workshop.path('registry'));
    const auth = guarded ? { auth: guard } : {};
    return new GoldenRegistry(workshop, layout, auth, await serveRegistry({ layout, ...auth }));
  }

  get host(): string {
    return `127.0.0.1:${this.#server.port}`;
  }

  /** A text of the recordings, with this registry for theirs. */
  named(text: string): string {
    return text.replaceAll(recordedHosts, this.host);
  }

  /** Publishes a tree as the recordings did, so that it has its digest; with other content of `files`, that of another one. */
  async push(
    recorded: string,
    repository: string,
    {
      tag = 'v1',
      files = {},
    }: { readonly tag?: string; readonly files?: Readonly<Record<string, string>> } = {},
  ): Promise<void> {
    const tree = this.workshop.path('tree');
    copyWithModes(recorded, tree);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(tree, name), text);
    const origin = ['--source=https://example.org/app.git', `--revision=${originRevision(tag)}`];
    const who =
      this.#auth.auth === undefined ? [] : [`--creds=${recordedUser.name}:${recordedUser.password}`];
    const reference = `oci://${this.host}/${repository}:${tag}`;
    const how = [`--path=${tree}`, '--reproducible', ...origin, ...who];
    await this.workshop.run('flux', 'push', 'artifact', reference, ...how);
  }

  /** Takes a tag away. */
  async untag(repository: string, tag: string): Promise<void> {
    await this.#layout.repository(repository).untag(tag);
  }

  stop(): Promise<void> {
    return this.#server.close();
  }

  /** On the port it had. */
  async start(): Promise<void> {
    const { port } = this.#server;
    this.#server = await serveRegistry({ layout: this.#layout, port, ...this.#auth });
  }

  async close(): Promise<void> {
    await this.#server.close();
    this.workshop.close();
  }
}

/** Modes are part of an artifact, and a copy of the recordings may have others than they were made from. */
function copyWithModes(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  chmodSync(to, 0o755);
  for (const entry of readdirSync(to, { recursive: true, withFileTypes: true }))
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
}
