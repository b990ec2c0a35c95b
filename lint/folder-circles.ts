/** One file that imports another; paths from the root of the project. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** Folders beside each other that need each other. */
export interface FolderCircle {
  /** The first one stands at the end again. */
  readonly way: readonly string[];
  /** One for each step. */
  readonly imports: readonly Import[];
}

/** By folder: those beside it that it imports, with the first import of each. */
type Graph = Map<string, Map<string, Import>>;

/** The two folders in which the ways of two files part; `undefined` where one file lies above the other. */
function sidesOf({ from, to }: Import): readonly [string, string] | undefined {
  const [a, b] = [from, to].map((file) => file.split('/').slice(0, -1));
  const parting = a?.findIndex((name, at) => name !== b?.[at]) ?? -1;
  if (a === undefined || b === undefined || parting < 0 || parting >= b.length) return undefined;
  return [a.slice(0, parting + 1).join('/'), b.slice(0, parting + 1).join('/')];
}

function graphOf(imports: readonly Import[]): Graph {
  const graph: Graph = new Map();
  for (const one of imports) {
    const sides = sidesOf(one);
    if (sides === undefined) continue;
    const known = graph.get(sides[0]) ?? new Map<string, Import>();
    graph.set(sides[0], known);
    if (!known.has(sides[1])) known.set(sides[1], one);
  }
  return graph;
}

/** The shortest way from a folder back to it, which stands at both ends. */
function circleThrough(folder: string, graph: Graph): readonly string[] | undefined {
  const seen = new Set<string>();
  const ways: (readonly string[])[] = [[folder]];
  for (const way of ways) {
    const next = [...(graph.get(way.at(-1) ?? folder)?.keys() ?? [])];
    if (next.includes(folder)) return [...way, folder];
    const fresh = next.filter((one) => !seen.has(one));
    for (const one of fresh) seen.add(one);
    ways.push(...fresh.map((one) => [...way, one]));
  }
  return undefined;
}

/** Every circle of folders that lie in one folder, by its shortest way; each once. */
export function folderCircles(imports: readonly Import[]): readonly FolderCircle[] {
  const graph = graphOf(imports);
  const found = new Map<string, FolderCircle>();
  for (const folder of [...graph.keys()].sort()) {
    const way = circleThrough(folder, graph);
    const key = [...new Set(way)].sort().join(' ');
    if (way === undefined || found.has(key)) continue;
    const steps = way.slice(1).map((to, at) => graph.get(way[at] ?? '')?.get(to));
    found.set(key, {
      way,
      imports: steps.filter((step) => step !== undefined),
    });
  }
  return [...found.values()];
}
