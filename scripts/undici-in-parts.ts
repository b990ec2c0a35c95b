import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin } from 'rolldown';

/** What is used of it: without fetch, WebSocket, caches and mocks a command starts sooner. A name that is not here fails the build. */
const parts = Object.entries({
  Agent: 'dispatcher/agent.js',
  ProxyAgent: 'dispatcher/proxy-agent.js',
  buildConnector: 'core/connect.js',
}).map(([name, file]) => `export { default as ${name} } from 'undici/lib/${file}';`);

interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Bytes of machine code that a function may run before it is optimised. https://v8.dev/blog/wasm-dynamic-tiering */
const tierUpAfter = (bytes: number): string =>
  `process.getBuiltinModule('node:v8').setFlagsFromString('--wasm-tiering-budget=${bytes}')`;
const v8Default = 13_000_000;
const practicallyNever = 2_000_000_000;

const changes: readonly Change[] = [
  {
    // Its parser of HTTP/1 is one large function, which V8 would optimise after the first answer: 40 ms of a processor and 8 MiB, for nothing
    // where answers are few. The flag is read when a module is made; left as it was, compiled code that is kept stays valid.
    file: 'dispatcher/client-h1.js',
    from: "new WebAssembly.Module(require('../llhttp/llhttp_simd-wasm.js'))",
    to: `(() => {
      ${tierUpAfter(practicallyNever)}
      try { return new WebAssembly.Module(require('../llhttp/llhttp_simd-wasm.js')) } finally { ${tierUpAfter(v8Default)} }
    })()`,
  },
  {
    // HTTP/2 of Node is loaded when a registry speaks it.
    file: 'dispatcher/client.js',
    from: "const connectH2 = require('./client-h2.js')",
    to: "const connectH2 = (...given) => require('./client-h2.js')(...given)",
  },
  {
    // Of Node's own HTTP a number is read, by those who name none, and the class of streams that are never ours.
    file: 'dispatcher/client.js',
    from: "const http = require('node:http')",
    to: '',
  },
  {
    file: 'dispatcher/client.js',
    from: `http &&
  http.maxHeaderSize &&
  Number.isInteger(http.maxHeaderSize) &&
  http.maxHeaderSize > 0
  ? () => http.maxHeaderSize`,
    to: "true ? () => require('node:http').maxHeaderSize",
  },
  {
    file: 'core/util.js',
    from: "const { IncomingMessage } = require('node:http')",
    to: '',
  },
  {
    file: 'core/util.js',
    from: 'Object.getPrototypeOf(stream).constructor === IncomingMessage',
    to: "Object.getPrototypeOf(stream).constructor?.name === 'IncomingMessage'",
  },
];

/** Loaded when one fails. */
const lateAssert: Omit<Change, 'file'> = {
  from: "const assert = require('node:assert')",
  to: "const assert = (value, ...rest) => { if (!value) require('node:assert')(value, ...rest) }",
};

function applied(code: string, { file, from, to }: Change): string {
  if (code.split(from).length !== 2) throw new Error(`undici/lib/${file}: expected once: ${from}`);
  return code.replace(from, () => to);
}

export const undiciInParts: {
  readonly define: Readonly<Record<string, string>>;
  readonly plugin: (root: string) => Plugin;
} = {
  // The first is how undici itself leaves its experimental parser out of what it gives to Node, the second is for its own tests.
  define: { esbuildDetection: 'true', 'process.env.JEST_WORKER_ID': 'undefined' },
  plugin: (root) => ({
    name: 'undici-in-parts',
    resolveId: {
      filter: { id: /^undici$/ },
      handler: () => path.join(root, 'src/oci-client-ts/undici-parts.js'),
    },
    load: {
      filter: { id: /undici-parts\.js$|\/undici\/lib\/(?:core|dispatcher)\// },
      handler: async (id) => {
        if (id.endsWith('undici-parts.js')) return parts.join('\n');
        const text = (await readFile(id, 'utf8')).replace(lateAssert.from, () => lateAssert.to);
        return changes.filter(({ file }) => id.endsWith(`/undici/lib/${file}`)).reduce(applied, text);
      },
    },
  }),
};
