import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { constants, Script } from 'node:vm';

/** Where the code of each piece begins and ends, by the piece's name, which holds a hash of its content. */
type Places = Readonly<Record<string, readonly [from: number, to: number]>>;

interface Piece {
  exports: unknown;
}

/** What goes around a piece, as Node does it: what it asks for by name comes in from outside. */
const before = '(function (exports, require, module, __filename, __dirname) {';

/** Of the length of the places, and of the whole. */
const prefixBytes = 8;

/** What V8 compiled in an earlier run. Nothing where none was kept, or not all of it is there: V8 would believe it. */
class KeptCode {
  readonly #places: Places = {};
  readonly #code: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    try {
      const content = readFileSync(file);
      if (content.readUInt32LE(4) !== content.length) return;
      const end = prefixBytes + content.readUInt32LE(0);
      this.#places = JSON.parse(content.toString('utf8', prefixBytes, end));
      this.#code = content.subarray(end);
    } catch {
      // None yet.
    }
  }

  of(name: string): Buffer | undefined {
    const place = this.#places[name];
    return place === undefined ? undefined : this.#code.subarray(...place);
  }
}

function keep(file: string, scripts: ReadonlyMap<string, Script>): void {
  const code = [...scripts].map(([name, script]) => [name, script.createCachedData()] as const);
  const places: Record<string, Places[string]> = {};
  let from = 0;
  for (const [name, { length }] of code) {
    places[name] = [from, from + length];
    from += length;
  }
  const header = Buffer.from(JSON.stringify(places));
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32LE(header.length, 0);
  prefix.writeUInt32LE(prefixBytes + header.length + from, 4);
  try {
    replace(file, Buffer.concat([prefix, header, ...code.map(([, bytes]) => bytes)]));
  } catch {
    // Where nothing can be kept the next start takes longer, and nothing else.
  }
}

/** All of the content, or the file as it was: another process may write it too. */
function replace(file: string, content: Buffer): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}`;
  const opened = openSync(fresh, 'wx', 0o600);
  try {
    writeFileSync(opened, content);
    fsyncSync(opened);
    renameSync(fresh, file);
  } catch (thrown) {
    rmSync(fresh);
    throw thrown;
  } finally {
    closeSync(opened);
  }
}

/**
 * Runs the program as `require` would, with what V8 had compiled when the same command ran last. Node's own cache of that kind is taken before
 * any function ran, so it lacks nearly all of them, and compiling them anew is a third of what a short command costs. `file` has it, and is
 * written when a command that went well needed a piece that is not in it.
 */
export function runCompiled(program: string, file: string): void {
  const kept = new KeptCode(file);
  const folder = path.dirname(program);
  const outside = createRequire(program);
  const scripts = new Map<string, Script>();
  const pieces = new Map<string, Piece>();
  let isComplete = true;

  const compiled = (name: string, filename: string): Script => {
    const cachedData = kept.of(name);
    const script = new Script(`${before}${readFileSync(filename, 'utf8')}\n})`, {
      filename,
      columnOffset: -before.length,
      ...(cachedData === undefined ? {} : { cachedData }),
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    if (script.cachedDataRejected !== false) isComplete = false;
    scripts.set(name, script);
    return script;
  };
  const load = (name: string): unknown => {
    const known = pieces.get(name);
    if (known !== undefined) return known.exports;
    const filename = path.join(folder, name);
    const piece: Piece = { exports: {} };
    pieces.set(name, piece);
    compiled(name, filename).runInThisContext()(piece.exports, inside, piece, filename, folder);
    return piece.exports;
  };
  const inside = Object.assign(
    (id: string): unknown => (id.startsWith('./') ? load(id.slice(2)) : outside(id)),
    outside,
  );
  process.on('exit', (code) => {
    if (!isComplete && code === 0) keep(file, scripts);
  });
  // The program itself has no name of its content; it only leads to one that has.
  const [, first = ''] = /^require\('\.\/(.+)'\);$/m.exec(readFileSync(program, 'utf8')) ?? [];
  load(first);
}
