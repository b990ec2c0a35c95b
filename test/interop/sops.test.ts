import { once } from 'node:events';
import { createServer } from 'node:http';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { createChildProcessExec } from '../../src/build/index.ts';
import { type Asked, BuildSite, type Files } from '../fixtures/build-site.ts';
import { findPeer } from '../peers/find.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import { SopsWorkshop, type Store } from './harness/sops-workshop.ts';

const scalars = `# head
# second
apiVersion: v1 # inline
kind: Secret
# above metadata
metadata:
  name: x
  labels: {a: b, c: "1"}
stringData:
  # first inside
  int: 12
  big: 9007199254740993
  neg: -5
  float: 1.5
  floatint: 1.0
  exp: 1e21
  small: 1.0e-7
  mid: 1234567.5
  bool: true
  "no": "no"
  off: off
  null1: null
  empty: ""
  tilde: ~
  str: "quoted: yes"
  hash: "a # b"
  lead: " lead"
  trail: "trail "
  num: "123"
  date: 2024-01-02
  datetime: 2024-01-02T03:04:05.678Z
  datestr: "2024-01-02"
  octal: 0777
  hex: 0xff
  under: 1_000
  multi: |
    line one
      indented
    line three
  strip: |-
    a
    b
  keep: |+
    a

  folded: >
    a b
    c
  emoji: "smile 😀"
  uni: "grüße"
  ctrl: "tab\\there"
  cr: "a\\r\\nb"
  dash: "- x"
  colon: "a:b"
  colonend: "a:"
  merge: "<<"
  b60: "1:20"
  long: "${'word '.repeat(60)}end"
  spacenl: "a \\nb"
  nllead: "\\na"
  splead: " a\\nb"
  single: "it's"
  back: "a\\\\b"
  dq: 'say "hi"'
  at: "@x"
  q: "?"
  qq: "? x"
  star: "*x"
  comma: "a, b"
  list:
    - a
    - 1
    # in list
    - b # inline in list
    - [x, y]
    - k: v
      k2:
        deep: 1
      # trailing in item
    - - n1
      - n2
    - {}
    - []
  emptymap: {}
  emptylist: []
  # last inside
other: 1
# tail
`;

const comments = `# a

# b
z:
    # deep
    y: 1
    # foot

    # head
    x: 2
# outer
w: 1
l: # on key
  - a # i
  # foot of list
v: |
  text
# mark
u: 2
m:
  # mark
  - s
  - t
`;

const json =
  '{"a":1,"b":"x<y>&\\"\\u2028é😀\\t\\n","c":[1,2.5,null,true,{"d":[],"e":{}}],"big":9007199254740993,"f":1e21,"g":1e-7,"10":"z","2":"y","ct":"\\u0001\\b\\f\\u007f"}';

type Rule = Readonly<Record<string, unknown>>;

const files: readonly (readonly [what: string, store: Store, content: string | Uint8Array, rule?: Rule])[] = [
  ['every kind of scalar', 'yaml', scalars],
  ['comments', 'yaml', comments],
  ['several documents', 'yaml', 'a: 1\nb: 2\n---\nc: 3\n---\nd:\n  - x\n'],
  ['anchors', 'yaml', 'b: &x {c: 1}\nd: *x\ne: [*x]\n'],
  ['values by pattern', 'yaml', scalars, { encrypted_regex: '^(data|stringData)$' }],
  [
    'a MAC over encrypted values',
    'yaml',
    scalars,
    { encrypted_regex: '^(data|stringData)$', mac_only_encrypted: true },
  ],
  ['values by suffix', 'yaml', scalars.replace('list:', 'list_x:'), { encrypted_suffix: '_x' }],
  ['values but those of a suffix', 'yaml', scalars.replace('list:', 'list_x:'), { unencrypted_suffix: '_x' }],
  ['values but those of a pattern', 'yaml', scalars, { unencrypted_regex: '^(kind|metadata|uni)$' }],
  ['values by comment', 'yaml', comments, { encrypted_comment_regex: 'mark' }],
  [
    'values by comment, a MAC over them',
    'yaml',
    comments,
    { encrypted_comment_regex: 'mark', mac_only_encrypted: true },
  ],
  ['values but those by comment', 'yaml', comments, { unencrypted_comment_regex: 'mark' }],
  ['JSON', 'json', json],
  ['JSON with clear values', 'json', json, { encrypted_regex: '^(a|c)$' }],
  ['dotenv', 'dotenv', 'A=1\n# comment\nB="quoted"\nC=multi\\nline\n\nD=\nE=a=b\nF= spaced \n#last\n'],
  [
    'dotenv with clear values',
    'dotenv',
    'A=1\nB_x=2\n',
    { unencrypted_suffix: '_x', mac_only_encrypted: true },
  ],
  [
    'INI',
    'ini',
    '; top\n[one]\n; about a\na = 1\nlonger = x y\n# hash\nb = q\n\n[two]\nc = ` back `\nempty =\n',
  ],
  ['INI before any section', 'ini', 'before = 1\n[s.t]\nk = v\n'],
  ['every byte', 'binary', Uint8Array.from({ length: 256 }, (_, at) => at)],
  ['text', 'binary', 'plain text\nwith "quotes"\n'],
  ['nothing', 'binary', ''],
];

const extensions: Readonly<Record<Store, string>> = {
  binary: 'bin',
  dotenv: 'env',
  ini: 'ini',
  json: 'json',
  yaml: 'yaml',
};

const secretYaml = stringify({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's' },
  stringData: { password: 'clear' },
});

/** By its YAML library, when it writes in clear what it had decrypted. */
const isLostBySops = (text: string): boolean => text.startsWith('\t') && text.includes('\n');

describeWithPeers('what the real sops encrypts', ['sops'], () => {
  let workshop: SopsWorkshop;
  let site: BuildSite;

  beforeAll(async () => {
    workshop = await SopsWorkshop.open();
  });
  afterAll(() => workshop.close());
  beforeEach(() => {
    site = new BuildSite();
  });
  afterEach(() => {
    expect(site.leftovers()).toEqual([]);
    site.close();
  });

  function asked(keys: Readonly<Record<string, string>>, more: Asked = {}): Asked {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys', namespace: 'shop' },
      stringData: keys,
    };
    const spec = { decryption: { provider: 'sops', secretRef: { name: 'keys' } }, ...more.spec };
    return { exec: createChildProcessExec(), desired: [secret], ...more, spec };
  }

  const ours = (): Asked => asked({ 'a.agekey': `${workshop.classic.key}\n${workshop.hybrid.key}\n` });

  /** An encrypted file as a value of a Secret, decrypted by Sealift. */
  async function decrypt(store: Store, encrypted: string): Promise<Buffer> {
    const key = `file.${extensions[store]}`;
    const data = { [key]: Buffer.from(encrypted).toString('base64') };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data };
    const { objects } = await site.build({ 's.yaml': JSON.stringify(secret) }, ours());
    const opened = objects[0]?.['data'] as Readonly<Record<string, string>> | undefined;
    return Buffer.from(opened?.[key] ?? '', 'base64');
  }

  it.each(files.map(([what, store, content, rule = {}]) => ({ what, store, content, rule })))(
    '$what ($store) is decrypted to the same bytes',
    async ({ store, content, rule }) => {
      const encrypted = await workshop.encrypt(store, content, rule);
      const real = await workshop.decrypt(store, encrypted);
      expect(real.stderr).toBe('');
      expect((await decrypt(store, encrypted)).toString('latin1')).toBe(
        Buffer.from(real.bytes).toString('latin1'),
      );
    },
  );

  it('is decrypted to the same bytes: trees of all kinds', async () => {
    const text = fc
      .oneof(
        fc.string({ unit: 'grapheme', maxLength: 12 }),
        fc.string({
          unit: fc.constantFrom(' ', '\n', ':', '#', '-', "'", '"', '\\', '0', 'a', '\t'),
          maxLength: 8,
        }),
        fc.constantFrom('true', 'NO', '~', '1e3', '0x1F', '2024-01-01', '1:30', '=', '<<', '...', '---'),
      )
      .filter((each) => !isLostBySops(each));
    const leaf = fc.oneof(
      text,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    );
    const key = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/).filter((name) => name !== 'sops');
    const tree = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('list'), tie('map')),
      list: fc.array(tie('value'), { maxLength: 4 }),
      map: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    }));
    const document = fc.dictionary(key, tree.value, { minKeys: 1, maxKeys: 6, noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(document, fc.constantFrom('yaml', 'json'), async (value, store) => {
        const encrypted = await workshop.encrypt(store, JSON.stringify(value));
        const real = await workshop.decrypt(store, encrypted);
        fc.pre(real.code === 0);
        expect((await decrypt(store, encrypted)).toString()).toBe(real.stdout);
      }),
      // The same trees each time, so that a run says something of the change at hand: SEED=N npm run test:interop tries others.
      { numRuns: 40, seed: Number(process.env['SEED'] ?? 1) },
    );
  });

  it('keeps a text of several lines that begins with a tab, which sops writes as null', async () => {
    const encrypted = await workshop.encrypt('yaml', JSON.stringify({ a: '\tb\n' }));
    expect((await workshop.decrypt('yaml', encrypted)).stdout).toBe('a: null\n');
    expect((await decrypt('yaml', encrypted)).toString()).toBe('a: |\n    \tb\n');
  });

  it('for several recipients is opened by any of ours', async () => {
    const { classic, hybrid, stranger } = workshop;
    for (const recipients of [[stranger, classic], [hybrid, stranger], [hybrid], [classic, hybrid]]) {
      const age = recipients.map(({ recipient }) => recipient).join(',');
      expect((await decrypt('binary', await workshop.encrypt('binary', 'clear', { age }))).toString()).toBe(
        'clear',
      );
    }
  });

  it('for others alone names all of them', async () => {
    const { classic, stranger } = workshop;
    const file = {
      's.yaml': await workshop.encrypt('yaml', secretYaml, {
        age: `${classic.recipient},${stranger.recipient}`,
      }),
    };
    const error = await site.failure(file, asked({}));
    expect(error.code).toBe('DECRYPTION_KEY_MISSING');
    for (const { recipient } of [classic, stranger]) expect(error.message).toContain(recipient);
  });

  it('and that was changed is refused by both', async () => {
    const encrypted = await workshop.encrypt('yaml', secretYaml, { encrypted_regex: '^stringData$' });
    const changed = encrypted.replace('name: s\n', 'name: t\n');
    expect((await workshop.decrypt('yaml', changed)).code).not.toBe(0);
    const error = await site.failure({ 's.yaml': changed }, ours());
    expect(error.code).toBe('DECRYPTION_FAILED');
    expect(error.message).toContain('s.yaml: its MAC does not match');
  });

  describe('with keys that take the program', () => {
    const program = (): Asked => ({ decryption: { sops: workshop.program } });

    async function build(file: Files, keys: Readonly<Record<string, string>>): Promise<unknown> {
      return (await site.build(file, asked(keys, program()))).objects;
    }

    it('shares of several groups', async () => {
      const { classic, hybrid, stranger } = workshop;
      const groups = [classic, hybrid, stranger].map(({ recipient }) => ({ age: [recipient] }));
      const rule = { key_groups: groups, shamir_threshold: 2 };
      const file = { 's.yaml': await workshop.encrypt('yaml', secretYaml, rule) };
      const keys = { 'a.agekey': classic.key, 'b.agekey': hybrid.key };
      expect(await build(file, keys)).toMatchObject([{ stringData: { password: 'clear' } }]);
      const error = await site.failure(file, asked({ 'a.agekey': classic.key }, program()));
      expect(error.code).toBe('DECRYPTION_KEY_MISSING');
    });

    it('Vault, its token in a file', async () => {
      const seen: (string | undefined)[] = [];
      const vault = createServer((request, response) => {
        seen.push(request.headers['x-vault-token'] as string | undefined);
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const { plaintext, ciphertext } = JSON.parse(Buffer.concat(chunks).toString()) as Record<
            string,
            string
          >;
          const data = request.url?.includes('/decrypt/')
            ? { plaintext: ciphertext }
            : { ciphertext: plaintext };
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify({ data }));
        });
      });
      vault.listen(0, '127.0.0.1');
      await once(vault, 'listening');
      try {
        const { port } = vault.address() as { port: number };
        const rule = { hc_vault_transit_uri: `http://127.0.0.1:${port}/v1/transit/keys/k` };
        const encrypted = await workshop.encrypt('yaml', secretYaml, rule, { VAULT_TOKEN: 'publisher' });
        seen.length = 0;
        const objects = await build({ 's.yaml': encrypted }, { 'sops.vault-token': 'site-token\n' });
        expect(objects).toMatchObject([{ stringData: { password: 'clear' } }]);
        expect(new Set(seen)).toEqual(new Set(['site-token']));
      } finally {
        vault.close();
      }
    });
  });
});

describeWithPeers('trees with files that the real sops encrypts', ['sops', 'kustomize'], () => {
  const clear: Readonly<Record<string, string>> = {
    'base/s.yaml': secretYaml,
    'base/a.yaml': 'a:\n    b: 1\n',
    'base/b.bin': 'text\n',
    'base/c.ini': '[s]\nk = v\n',
    'base/d.env': 'K=V\n',
    'base/p.yaml':
      'apiVersion: v1\nkind: Secret\nmetadata:\n    name: plain\nstringData:\n    more: patched\n',
    'part/e.json': '{\n\t"a": 1\n}\n',
  };
  const rest: Files = {
    'kustomization.yaml': 'resources: [base]\ncomponents: [part]\nnamePrefix: x-\n',
    'base/kustomization.yaml':
      'resources: [s.yaml, plain.yaml]\nsecretGenerator: [{name: g, files: [a.yaml, k=b.bin, c.ini]}, {name: e, envs: [d.env]}]\npatches: [{path: p.yaml}]\n',
    'base/plain.yaml': secretYaml.replace('name: s', 'name: plain'),
    'part/kustomization.yaml':
      'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nsecretGenerator: [{name: h, files: [e.json]}]\n',
  };

  async function build(files: Files, more: Asked): Promise<unknown> {
    const site = new BuildSite();
    try {
      const kustomize = findPeer('kustomize');
      if (kustomize === undefined) throw new Error('expected kustomize');
      const { objects } = await site.build(files, { exec: createChildProcessExec(), kustomize, ...more });
      expect(site.leftovers()).toEqual([]);
      return objects;
    } finally {
      site.close();
    }
  }

  function storeOf(path: string): Store {
    const found = Object.entries(extensions).find(([, extension]) => path.endsWith(`.${extension}`));
    return (found?.[0] ?? 'binary') as Store;
  }

  it('are built as if they had never been encrypted', async () => {
    const workshop = await SopsWorkshop.open();
    try {
      const encrypted: Record<string, string> = {};
      for (const [path, content] of Object.entries(clear)) {
        const rule = path.endsWith('s.yaml') ? { encrypted_regex: '^stringData$' } : {};
        encrypted[path] = await workshop.encrypt(storeOf(path), content, rule);
      }
      const secret = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'keys', namespace: 'shop' },
        stringData: { 'a.agekey': workshop.classic.key },
      };
      const spec = { decryption: { provider: 'sops', secretRef: { name: 'keys' } } };
      const objects = await build({ ...rest, ...encrypted }, { spec, desired: [secret] });
      expect(objects).toEqual(await build({ ...rest, ...clear }, {}));
    } finally {
      workshop.close();
    }
  });
});
