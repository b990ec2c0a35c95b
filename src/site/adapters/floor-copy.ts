import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Floor, floorKey } from '../../api/index.ts';
import { asSealiftError, makePath, type TimeBound } from '../../core/index.ts';
import { type FloorMemory, floorText, timeText } from '../floor-memory.ts';
import { parseFloor, parseTime } from '../parse-floor-memory.ts';
import { writeDurably } from './durable-file.ts';
import { onDisk } from './on-disk.ts';

const timeFile = 'time.json';
const floorFile = /^[0-9a-f]{64}\.json$/;

/** What a second place knows, and what is wrong with it. */
interface Found {
  readonly memory: FloorMemory;
  /** One for each file that cannot be read as what it is. */
  readonly faults: readonly string[];
}

/** Floors and time once more, in a folder beside the database: a file each, so that one that moves costs one small write. */
export class FloorCopy {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  read(): Found {
    const faults: string[] = [];
    const floors: Floor[] = [];
    let time: TimeBound | undefined;
    for (const name of onDisk(this.directory, () => this.#names())) {
      const path = join(this.directory, name);
      try {
        const text = readFileSync(path, 'utf8');
        if (name === timeFile) time = parseTime(text, path);
        else floors.push(parseFloor(text, path));
      } catch (thrown) {
        faults.push(asSealiftError(thrown, path, 'DISK_FAILED').message);
      }
    }
    return { memory: { floors, time }, faults };
  }

  save(floor: Floor): void {
    this.#write(nameOf(floor), floorText(floor));
  }

  saveTime(time: TimeBound): void {
    this.#write(timeFile, timeText(time));
  }

  remove(floor: Floor): void {
    const path = join(this.directory, nameOf(floor));
    onDisk(path, () => rmSync(path, { force: true }));
  }

  #write(name: string, text: string): void {
    const path = join(this.directory, name);
    onDisk(path, () => {
      makePath(this.directory, { mkdirSync, statSync }, 0o700);
      writeDurably(path, text);
    });
  }

  /** What a killed write left behind is none of ours. */
  #names(): readonly string[] {
    try {
      return readdirSync(this.directory).filter((name) => name === timeFile || floorFile.test(name));
    } catch (thrown) {
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return [];
      throw thrown;
    }
  }
}

function nameOf(floor: Floor): string {
  return `${createHash('sha256').update(floorKey(floor)).digest('hex')}.json`;
}
